package modelcheck

import (
	"fmt"
	"strings"
)

// Everything in a state is a small number, so that two states can be compared
// and remembered. Times are ticks from now: 0 is now or past, never is the zero
// time. Random numbers do not appear, only what they are compared with: a copy
// of the row knows how many versions it is behind, an owner is a worker.

const never int8 = -9

// The owners of a claim: nobody, the workers, and one who is no more.
const (
	nobody int8 = iota
	first
	second
	gone
)

// row is a contacts.Row, or a copy of it.
type row struct {
	behind            int8 // how many versions the stored row is ahead
	life, generation  int8
	contact           int8 // number of the contact, 0: none
	desired, waiting  int8 // numbers of profiles
	confirmed, access int8 // number of a profile, and of an access
	due, lease, doubt int8
	owner             int8
	other             bool
	conflicts         int8
}

// state is the whole world at one moment.
type state struct {
	row      row
	workers  [2]worker
	contacts [4]contact
	writes   [2]write
	pending  pendingPut
	left     budget

	// What the row must not lose.
	wanted    int8 // what the person asked for last
	erased    bool // and that they are erased
	suspended bool // or suspended
	again     bool // and that they are erased once more, whatever came too late before
	late      int8 // writes that came later than the doubt allows for
	wrong     fault
}

// pendingPut is a Put that was given up and may still happen.
type pendingPut struct {
	on   bool
	row  row
	last int8 // its Guard
}

// budget says how often something may still happen.
type budget struct {
	asks, erasures, reissues, restores int8
	suspensions, resumes               int8
	links                              int8 // with a contact that another program has made
	unconfirms, erasuresAgain          int8 // after a look at MaiAgent
	outruns                            int8 // by a session that knows of changes which the table has lost
	deletions                          int8 // of the contact, by somebody at MaiAgent
	unclear                            int8 // Puts of unknown outcome
	failing                            int8 // Puts of a contact that fail
	late                               int8 // writes that come too late
}

// config is one exploration.
type config struct {
	name              string
	left              budget
	profiles          int8 // of which the person asks for the first ones
	lease, doubt, lag int8 // in ticks; the lag is 0 or 1
	unique            bool // source ids are
	held              bool // by deleted contacts as well
	repeats           bool // writes are carried out twice
	tooLate           int8 // how many ticks too late a late write may come
	one               bool // only one worker
	writes            int  // how many may be under way
}

// event is something that happened, for people to read.
type event struct {
	who  string
	what string
	n    int8
}

func (e event) String() string {
	s := e.who + ": " + e.what
	if e.n != 0 {
		s += fmt.Sprintf(" %d", e.n)
	}
	return s
}

// step is an event and the state after it.
type step struct {
	event event
	state state
}

// rows calls f with each copy of the row, the stored one included.
func (s *state) rows(f func(*row)) {
	f(&s.row)
	for i := range s.workers {
		f(&s.workers[i].row)
	}
	f(&s.pending.row)
}

// normalize makes states alike that cannot be told apart by what follows.
func (m *model) normalize(s *state) {
	for i := range s.workers {
		w := &s.workers[i]
		if !m.blind {
			w.forget()
		}
		if w.at == idle {
			*w = worker{}
			// Whoever had that claim is no more.
			s.rows(func(r *row) {
				if r.owner == first+int8(i) {
					r.owner = gone
				}
			})
		}
	}
	if !s.pending.on {
		s.pending = pendingPut{}
	}
	s.rows(func(r *row) {
		if r.owner == gone && r.lease <= 0 {
			r.owner, r.lease = nobody, never
		}
	})
	if s.row.owner == nobody && s.row.lease <= 0 {
		s.row.lease = never
	}
	if s.writes[0] != (write{}) && s.writes[1] != (write{}) && s.writes[1].less(s.writes[0]) || s.writes[0] == (write{}) {
		s.writes[0], s.writes[1] = s.writes[1], s.writes[0]
	}
	for i := range s.contacts {
		if m.canForget(s, int8(i+1)) {
			s.contacts[i] = contact{}
		}
	}
	// The workers are alike.
	if s.workers[1].less(&s.workers[0]) {
		s.workers[0], s.workers[1] = s.workers[1], s.workers[0]
		s.rows(func(r *row) {
			switch r.owner {
			case first:
				r.owner = second
			case second:
				r.owner = first
			}
		})
	}
}

// forget drops what the worker does not look at any more: of a row that is
// outdated all but what it acts on, as its next Put is refused.
func (w *worker) forget() {
	if w.at == recording || w.at == looking && w.then == recording {
		if !w.reply.afterSending() {
			w.sent, w.until = 0, 0
		}
		switch w.reply {
		case replaced, refused, notShown, startAnew, bindFailed:
		default:
			w.before = 0
		}
		if w.reply != found && w.reply != made {
			w.id = 0
		}
	}
	r := row{behind: w.row.behind, due: never, lease: never, doubt: never}
	if r.behind == 0 {
		return
	}
	switch w.at {
	case sending:
		r.lease, r.generation, r.contact = w.row.lease, w.row.generation, w.row.contact
	case searching:
		r.generation, r.conflicts = w.row.generation, w.row.conflicts
	case healing:
		r.contact = w.row.contact
	case deleting, checking:
		r.lease, r.generation, r.contact, r.doubt = w.row.lease, w.row.generation, w.row.contact, w.row.doubt
	case beginning, condemning, recording:
	default:
		return
	}
	w.row = r
}

// tick lets time pass, if that changes anything.
func (m *model) tick(s state) (state, bool) {
	before := s
	s.rows(func(r *row) {
		count(&r.due, 0)
		count(&r.doubt, 0)
		if r == &s.row {
			count(&r.lease, 0)
		} else {
			count(&r.lease, -1) // a Guard may still be just in time at 0
		}
	})
	count(&s.pending.last, -1)
	for i := range s.workers {
		count(&s.workers[i].before, 0)
		count(&s.workers[i].until, 0)
	}
	for i := range s.contacts {
		count(&s.contacts[i].lag, 0)
	}
	for i := range s.writes {
		if w := &s.writes[i]; w.kind != 0 {
			if w.left--; w.left == 0 {
				*w = write{}
			}
		}
	}
	m.normalize(&s)
	return s, s != before
}

func count(t *int8, least int8) {
	if *t != never && *t > least {
		*t--
	}
}

func (r row) String() string {
	lives := []string{"live", "suspended", "retired", "erasing", "erased", "reissuing"}
	ticks := func(name string, t int8) string {
		if t == never {
			return ""
		}
		return fmt.Sprintf(" %s=%d", name, t)
	}
	return fmt.Sprintf("{%s gen=%d contact=%d desired=%d waiting=%d confirmed=%d/%d owner=%d%s%s%s other=%v conflicts=%d behind=%d}", lives[r.life], r.generation,
		r.contact, r.desired, r.waiting, r.confirmed, r.access, r.owner, ticks("due", r.due), ticks("lease", r.lease), ticks("doubt", r.doubt), r.other, r.conflicts, r.behind)
}

func (s state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", s.row)
	for i, w := range s.workers {
		if w.at != idle {
			fmt.Fprintf(&b, " w%d[%v before=%d sent=%d id=%d]", i+1, w.at, w.before, w.sent, w.id)
		}
	}
	for i, c := range s.contacts {
		if c != (contact{}) {
			fmt.Fprintf(&b, " c%d%+v", i+1, c)
		}
	}
	for _, w := range s.writes {
		if w != (write{}) {
			fmt.Fprintf(&b, " write%+v", w)
		}
	}
	if s.pending.on {
		fmt.Fprintf(&b, " pending%v", s.pending.row)
	}
	return b.String()
}
