package modelcheck

import (
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// worker is a process that brings the row in step with MaiAgent. It may stall
// for any time before each of its steps, and crash.
type worker struct {
	at     place
	then   place // after looking: the Put that was unclear
	row    row   // as it was read or put last, or is about to be put
	before int8  // the doubt before the write
	until  int8  // how long the write may take to land, at most
	sent   int8  // number of the profile
	id     int8  // the contact that was made or found
	reply  reply
}

// place is where a worker stands: what it does next.
type place int8

const (
	idle       place = iota
	choosing         // has a claim
	beginning        // to put that a write is about to be sent
	sending          //
	searching        // was told that the source id is taken
	healing          // was told that the contact is not there
	recording        // to put what has come out
	condemning       // to put that a deletion is about to be sent
	deleting         //
	checking         // to read back whether everything is gone
	looking          // whether a Put has happened
)

func (p place) String() string {
	return []string{"idle", "choosing", "beginning", "sending", "searching", "healing", "recording", "condemning", "deleting", "checking", "looking"}[p]
}

// reply is what a worker has learned, and has to record.
type reply int8

const (
	none reply = iota
	found
	made
	replaced
	refused    // the write clearly did not happen
	unclear    // nobody knows whether it did
	mustWait   // for the end of the doubt
	notShown   // the source id is taken, by a contact that is not shown
	startAnew  // with the next generation
	bindFailed // the store did not take the contact
	allGone
	nothing // to do
)

func (r reply) String() string {
	return []string{"none", "found", "made", "replaced", "refused", "unclear", "must wait", "not shown", "start anew", "bind failed", "all gone", "nothing to do"}[r]
}

// afterSending: a worker that has lost its claim after it sent says so.
func (r reply) afterSending() bool {
	return r == made || r == replaced || r == unclear || r == bindFailed
}

func (w *worker) less(v *worker) bool {
	a := [...]int8{int8(w.at), int8(w.then), w.before, w.until, w.sent, w.id, int8(w.reply)}
	b := [...]int8{int8(v.at), int8(v.then), v.before, v.until, v.sent, v.id, int8(v.reply)}
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	x, y := &w.row, &v.row
	c := [...]int8{x.behind, x.life, x.generation, x.contact, x.desired, x.waiting, x.confirmed, x.access, x.due, x.lease, x.doubt}
	d := [...]int8{y.behind, y.life, y.generation, y.contact, y.desired, y.waiting, y.confirmed, y.access, y.due, y.lease, y.doubt}
	for i := range c {
		if c[i] != d[i] {
			return c[i] < d[i]
		}
	}
	return false
}

// work adds every next step of a worker. The first one added is what happens
// when all goes well.
func (m *model) work(s state, i int) {
	w := &s.workers[i]
	me := int64(first) + int64(i)
	switch w.at {
	case idle:
		m.startWork(s, i, me)
	case choosing:
		m.choose(s, i, me)
	case beginning:
		m.put(s, i, w.row, w.row.lease)
	case sending:
		m.send(s, i)
	case searching:
		switch id := s.search(w.row.generation); {
		case id != 0:
			w.id, w.reply = id, found
		case w.row.conflicts > 0:
			w.reply = startAnew
		default:
			w.reply = notShown
		}
		w.at = recording
		m.addWork(i, w.reply.String(), s)
	case healing:
		w.reply = startAnew
		if s.contacts[w.row.contact-1].isListed() {
			w.reply = refused
		}
		w.at = recording
		m.addWork(i, "looks after the contact: "+w.reply.String(), s)
	case recording:
		m.record(s, i, me)
	case condemning:
		m.put(s, i, w.row, w.row.lease)
	case deleting:
		m.deleteAll(s, i)
	case checking:
		m.checkGone(s, i)
	case looking:
		m.look(s, i)
	}
	if s.workers[i].at != idle {
		crashed := s
		crashed.workers[i] = worker{}
		m.add(m.workerEvent(i, "crashes"), crashed)
	}
}

func (m *model) startWork(s state, i int, me int64) {
	if m.one && s.workers[1-i].at != idle {
		return
	}
	c := s.row.real()
	next, err := m.claim(c, me, time.Duration(m.lease)*tickLength, now)
	if err != nil {
		return
	}
	s.workers[i].row = s.row
	m.put(s, i, m.fake(&s, c, next, 0), never)
}

// choose decides what is to be done with the claimed row.
func (m *model) choose(s state, i int, me int64) {
	w := &s.workers[i]
	if w.row.lease <= 0 {
		m.stop(s, i, "its lease has run out")
		return
	}
	c := w.row.real()
	conclude := func(r reply) {
		w.at, w.reply = recording, r
		m.addWork(i, r.String(), s)
	}
	switch {
	case c.Life == contacts.Erasing || c.Life == contacts.Reissuing:
		if m.unguarded {
			w.at = deleting
			m.addWork(i, "is about to delete", s)
			return
		}
		next, err := m.beginDelete(c, me, now)
		if err != nil {
			m.stop(s, i, "is fenced")
			return
		}
		w.at, w.row = condemning, m.fake(&s, c, next, w.row.behind)
		m.addWork(i, "is about to delete", s)
	case c.ContactID == "" && s.search(w.row.generation) != 0:
		w.id = s.search(w.row.generation)
		conclude(found)
	case c.Life == contacts.Suspended && c.ContactID != "":
		m.begin(s, i, me, c)
	case c.Life == contacts.Suspended && w.row.doubt > 0:
		conclude(mustWait)
	case c.Waiting == nil || c.Life != contacts.Live:
		conclude(nothing)
	case c.ContactID == "" && w.row.doubt > 0:
		conclude(mustWait)
	default:
		m.begin(s, i, me, c)
	}
}

// begin prepares the Put that precedes a write.
func (m *model) begin(s state, i int, me int64, c contacts.Row) {
	w := &s.workers[i]
	next, err := m.beginWrite(c, me, time.Duration(m.doubt)*tickLength, now)
	if err != nil {
		m.stop(s, i, "is fenced")
		return
	}
	w.before = w.row.doubt // also one that is over by now
	w.at, w.row = beginning, m.fake(&s, c, next, w.row.behind)
	m.addWork(i, "is about to write", s)
}

// record puts what has come out.
func (m *model) record(s state, i int, me int64) {
	w := &s.workers[i]
	for {
		c := w.row.real()
		next, err := m.outcome(c, w, me)
		if err == nil {
			m.put(s, i, m.fake(&s, c, next, w.row.behind), never)
			break
		}
		if w.row.behind == 0 {
			m.fenced(s, i)
			break
		}
		w.row = s.row
	}
	if s.left.failing > 0 && (w.reply == made || w.reply == found) {
		s.left.failing--
		w.reply = bindFailed
		m.addWork(i, "the store fails", s)
	}
}

// outcome is the transition for what has come out.
func (m *model) outcome(c contacts.Row, w *worker, me int64) (contacts.Row, error) {
	keep := contacts.Failure{DoubtUntil: c.DoubtUntil, Conflicts: c.Conflicts}
	before := contacts.Failure{DoubtUntil: timeOf(w.before), Conflicts: c.Conflicts}
	switch w.reply {
	case found:
		return m.bind(c, me, contactIDs[w.id], contacts.Stamp{}, now)
	case made:
		return m.bind(c, me, contactIDs[w.id], profiles[w.sent].Stamp, now)
	case replaced:
		if w.sent == answersNothing && c.Life == contacts.Suspended {
			return m.confirmNothing(c, me, profiles[w.sent].Stamp.Access, before.DoubtUntil, now)
		}
		return m.confirm(c, me, profiles[w.sent].Stamp, before.DoubtUntil, now)
	case refused:
		return m.postpone(c, me, before, now)
	case unclear:
		return m.postpone(c, me, keep, now)
	case bindFailed:
		if m.bindForgets {
			return m.postpone(c, me, before, now)
		}
		return m.postpone(c, me, keep, now)
	case mustWait:
		keep.Delay = c.DoubtUntil.Sub(now)
		return m.postpone(c, me, keep, now)
	case notShown:
		before.Conflicts++
		return m.postpone(c, me, before, now)
	case startAnew:
		next, err := m.notWritten(c, me, before.DoubtUntil, now)
		if err != nil {
			return next, err
		}
		return m.nextGeneration(next, me, now)
	case allGone:
		return m.deleted(c, me, now)
	case nothing:
		return m.rest(c, me, now)
	}
	return c, errors.New("nothing to record")
}

// fenced is for a transition that the row as it is stored does not allow.
func (m *model) fenced(s state, i int) {
	w := &s.workers[i]
	mine := s.row.owner == first+int8(i)
	switch {
	case mine && w.reply == startAnew:
		w.reply = refused // by now a write is in doubt, or the lease is over
		m.addWork(i, "may not start anew", s)
	case mine && w.reply == allGone:
		w.reply = mustWait
		m.addWork(i, "has to wait", s)
	case mine || !w.reply.afterSending():
		m.stop(s, i, "is fenced")
	default:
		c := s.row.real()
		until := now.Add(time.Duration(w.until) * tickLength)
		next := m.lost(c, profiles[w.sent], until, now)
		s.store(m.fake(&s, c, next, 0), m.plusOne)
		m.stop(s, i, "says that it has lost its claim")
	}
}

func (m *model) stop(s state, i int, why string) {
	s.workers[i] = worker{}
	m.addWork(i, "stops: "+why, s)
}
