package modelcheck

import "github.com/maicontact/maicontact/contacts"

// fake makes what stands for a row after a transition, and looks whether the
// trust has ended where it must.
func (m *model) fake(s *state, before, after contacts.Row, behind int8) row {
	ended := after.Life != before.Life || before.Ready() && !after.Ready() ||
		before.ContactID != "" && after.ContactID != before.ContactID ||
		before.Desired != (contacts.Stamp{}) && after.Desired.Access != before.Desired.Access
	if before.Life == contacts.Live && ended && after.Trust <= before.Trust {
		s.wrong = trusted
	}
	return fake(&after, behind)
}

// store replaces the stored row; all copies are a version behind then.
func (s *state) store(r row, counts bool) {
	most := int8(1)
	if counts {
		most = 2
	}
	for i := range s.workers {
		s.workers[i].row.behind = min(s.workers[i].row.behind+1, most)
	}
	s.pending.row.behind = min(s.pending.row.behind+1, most)
	r.behind = 0
	s.row = r
}

// put puts a worker's next row and goes on with what follows. next.behind tells
// which version it was made from, last is the Guard.
func (m *model) put(s state, i int, next row, last int8) {
	if (last == never || last >= 0) && s.left.unclear > 0 && !s.pending.on {
		defer func() {
			// The worker gives up waiting, and looks.
			s.left.unclear--
			s.pending = pendingPut{on: true, row: next, last: last}
			w := &s.workers[i]
			w.at, w.then, w.row = looking, w.at, next
			m.addWork(i, "puts and hears nothing", s)
		}()
	}
	after := s
	w := &after.workers[i]
	switch {
	case last != never && last < 0:
		m.stop(after, i, "its Put comes too late")
	case next.behind != 0 && !m.blind:
		w.row = after.row
		m.again(after, i, w.at)
	default:
		after.store(next, m.plusOne)
		w.row = after.row
		m.stored(after, i, w.at)
	}
}

// stored goes on after a Put that has happened.
func (m *model) stored(s state, i int, at place) {
	w := &s.workers[i]
	w.then = idle
	switch at {
	case idle:
		w.at = choosing
		m.addWork(i, "claims", s)
	case beginning:
		w.at, w.sent, w.until = sending, w.row.waiting, w.row.lease+m.doubt
		if w.row.life == suspended {
			w.sent = answersNothing
		}
		m.addWork(i, "has put that it writes", s)
	case condemning:
		w.at = deleting
		m.addWork(i, "has put that it deletes", s)
	case recording:
		what := "records: " + w.reply.String()
		*w = worker{row: w.row}
		if w.row.owner == first+int8(i) {
			w.at = choosing
		}
		m.addWork(i, what, s)
	}
}

// again goes on after a Put that was refused as outdated: with the row as it is,
// if the worker still has its claim.
func (m *model) again(s state, i int, at place) {
	w := &s.workers[i]
	w.then = idle
	me := first + int8(i)
	switch {
	case at == recording:
		w.at = recording
		m.record(s, i, int64(me))
	case at == idle || w.row.owner != me:
		m.stop(s, i, "has no claim any more")
	default:
		w.at = choosing
		m.addWork(i, "reads again", s)
	}
}

// look finds out whether an unclear Put has happened.
func (m *model) look(s state, i int) {
	w := &s.workers[i]
	at := w.then
	stored := s.row.isLike(w.row)
	if m.plusOne {
		stored = w.row.behind == 1 // the version that was to be put is there
	}
	if stored {
		if m.plusOne {
			w.row.behind = 0
		} else {
			w.row = s.row
		}
		m.stored(s, i, at)
		return
	}
	w.row = s.row
	m.again(s, i, at)
}

// isLike compares everything but the version.
func (r row) isLike(other row) bool {
	r.behind, other.behind = 0, 0
	r.lease, other.lease = max(r.lease, 0), max(other.lease, 0)
	return r == other
}

// putPending lets a Put happen that its worker has given up.
func (m *model) putPending(s state) {
	if !s.pending.on {
		return
	}
	p := s.pending
	s.pending = pendingPut{}
	if p.row.behind == 0 && (p.last == never || p.last >= 0) {
		s.store(p.row, m.plusOne)
		m.add(event{"store", "a Put happens that was given up", 0}, s)
	}
}
