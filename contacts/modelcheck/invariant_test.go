package modelcheck

import "github.com/maicontact/maicontact/contacts"

// fault is what must never be so.
type fault int8

const (
	fine fault = iota
	lostErasure
	lostSuspension
	answered
	lostRequest
	lostWaiting
	tooMany
	older
	otherAccess
	otherComing
	wrongContact
	survived
	deletedNewer
	trusted
	restless
	tooManyStates // the exploration was given up
)

var faultTexts = [...]string{
	fine:           "nothing is wrong",
	lostErasure:    "the row has lost that the person is erased",
	lostSuspension: "the row has lost that the person is suspended",
	answered:       "the person is suspended, nothing is due, and the contact has, or may get, another access",
	lostRequest:    "the row has lost what the person asked for last",
	lostWaiting:    "what waits is not what is desired",
	tooMany:        "there are more contacts than there may be",
	older:          "an older contact is there, or may still come, beside the newest",
	otherAccess:    "the id is handed out while the contact has another access",
	otherComing:    "the id is handed out while a write with another access may land",
	wrongContact:   "the id is handed out of a contact that is not of this generation",
	survived:       "the person is erased, and a contact is there or may still come",
	deletedNewer:   "a worker has deleted a contact of a newer generation",
	trusted:        "what sessions believe has become false, and the trust has not grown",
	restless:       "with a MaiAgent that works and a fresh worker the row does not come to rest",
	tooManyStates:  "there are too many states",
}

func (f fault) String() string { return faultTexts[f] }

// check looks for what must never be so in a state.
func (m *model) check(s *state) fault {
	r := &s.row
	c := r.real()
	ready := m.ready(c)
	switch {
	case s.wrong != fine:
		return s.wrong
	case s.erased && r.life != erasing && r.life != erased:
		return lostErasure
	case s.suspended && r.life != suspended:
		return lostSuspension
	case (r.life == live || r.life == suspended) && r.desired != s.wanted:
		return lostRequest
	case (r.life == live || r.life == suspended) && r.waiting != 0 && r.waiting != r.desired:
		return lostWaiting
	case ready && r.life != live:
		return lostErasure
	}
	alive, aliveBefore := int8(0), false
	for i, c := range s.contacts {
		if s.isOurs(int8(i+1)) && !c.deleted {
			if c.generation < r.generation {
				aliveBefore = true
			} else {
				alive++
			}
		}
	}
	if alive > 1+s.late {
		return tooMany
	}
	if s.late > 0 {
		return fine // what came too late may do anything else
	}
	coming := false // a contact of this row may still come, or another before it
	for _, w := range s.writes {
		if w.kind == creation && w.left > w.late && m.wouldMake(s, w.of) {
			coming = true
			aliveBefore = aliveBefore || w.of < r.generation
		}
	}
	for _, w := range s.workers {
		if w.at == sending && w.row.lease > 0 && w.row.contact == 0 && m.wouldMake(s, w.row.generation) {
			coming = true
			aliveBefore = aliveBefore || w.row.generation < r.generation
		}
	}
	switch {
	case r.life == erased && (alive > 0 || aliveBefore || coming):
		return survived
	case (r.life == live || r.life == suspended) && aliveBefore:
		return older
	case r.life == suspended && r.due == never && (coming || m.answers(s)):
		return answered
	}
	if !ready {
		return fine
	}
	holder := s.contacts[r.contact-1]
	switch {
	case holder.generation != r.generation:
		return wrongContact
	case holder.deleted:
		return fine // by somebody at MaiAgent
	case accessOf[holder.profile] != accessOf[r.desired]:
		return otherAccess
	}
	for _, w := range s.writes {
		if w.kind == replacement && w.of == r.contact && w.left > w.late && accessOf[w.profile] != accessOf[r.desired] {
			return otherComing
		}
	}
	for _, w := range s.workers {
		if w.at == sending && w.row.lease > 0 && w.row.contact == r.contact && accessOf[w.sent] != accessOf[r.desired] {
			return otherComing
		}
	}
	return fine
}

// answers reports whether the contact of a suspended person has another access
// than nothing, or may get it.
func (m *model) answers(s *state) bool {
	for i, c := range s.contacts {
		if s.isOurs(int8(i+1)) && !c.deleted && c.profile != answersNothing {
			return true
		}
	}
	for _, w := range s.writes {
		if w.kind == replacement && w.left > w.late && w.profile != answersNothing && !s.contacts[w.of-1].deleted {
			return true
		}
	}
	for _, w := range s.workers {
		if w.at == sending && w.row.lease > 0 && w.row.contact != 0 && w.sent != answersNothing {
			return true
		}
	}
	return false
}

// isAlive reports whether there is a contact of the person.
func (s *state) isAlive() bool {
	for i, c := range s.contacts {
		if s.isOurs(int8(i+1)) && !c.deleted && c.generation <= s.row.generation {
			return true
		}
	}
	return false
}

// wouldMake reports whether a creation of the generation makes a contact.
func (m *model) wouldMake(s *state, generation int8) bool {
	for _, c := range s.contacts {
		if m.unique && c.generation == generation && (!c.deleted || m.held) {
			return false
		}
	}
	return true
}

// isAtRest reports whether there is nothing to do any more, and all is as it
// should be.
func (m *model) isAtRest(s *state) bool {
	r := &s.row
	switch {
	case r.due != never:
		return false
	case r.life == erased:
		return !s.again || !s.isAlive()
	case r.life == suspended:
		return true
	case r.life != live:
		return false
	case r.desired == 0:
		return r.waiting == 0
	}
	c := r.real()
	if !m.ready(c) || c.State() != contacts.StateSettled || r.waiting != 0 {
		return false
	}
	holder := s.contacts[r.contact-1]
	return holder.deleted || s.late > 0 || holder.profile == r.desired
}
