package modelcheck

// contact is one that MaiAgent has, or had.
type contact struct {
	generation int8 // in its source id; 0: no contact, foreign: of another program
	profile    int8
	deleted    bool
	lag        int8 // until the search shows that it is there, or that it is not
}

// foreign stands for the source id of another program.
const foreign int8 = 9

// write is a request under way whose sender was told nothing.
type write struct {
	kind    int8 // creation or replacement
	of      int8 // generation to make, or contact to replace
	source  int8 // generation that a foreign contact is of from then on
	profile int8
	left    int8 // ticks in which it may still be carried out
	late    int8 // of these, how many are later than the doubt allows for
}

const (
	creation int8 = 1 + iota
	replacement
)

func (w write) less(v write) bool {
	switch {
	case w.kind != v.kind:
		return w.kind < v.kind
	case w.of != v.of:
		return w.of < v.of
	case w.profile != v.profile:
		return w.profile < v.profile
	case w.left != v.left:
		return w.left < v.left
	case w.source != v.source:
		return w.source < v.source
	}
	return w.late < v.late
}

// answer is what MaiAgent says to a write.
type answer int8

const (
	done    answer = iota
	exists         // a creation: the source id is taken
	missing        // a replacement: there is no such contact
)

// carryOut does what a write asks for. A new contact is listed at once, or only
// after the lag. It yields each outcome.
func (m *model) carryOut(s state, w write, yield func(state, answer, int8)) {
	if w.kind == replacement {
		if c := &s.contacts[w.of-1]; c.generation != 0 && !c.deleted {
			c.profile = w.profile
			if c.generation == foreign && !(m.unique && s.has(w.source)) { // otherwise it keeps its source id
				c.generation = w.source
			}
			yield(s, done, w.of)
		} else {
			yield(s, missing, 0)
		}
		return
	}
	free := -1
	for i, c := range s.contacts {
		switch {
		case c.generation == 0 && free < 0:
			free = i
		case m.unique && c.generation == w.of && (!c.deleted || m.held):
			yield(s, exists, 0)
			return
		}
	}
	if free < 0 {
		s.wrong = tooMany
		yield(s, exists, 0)
		return
	}
	s.contacts[free] = contact{generation: w.of, profile: w.profile}
	yield(s, done, int8(free+1))
	if m.lag > 0 {
		s.contacts[free].lag = m.lag
		yield(s, done, int8(free+1))
	}
}

// land lets the writes under way be carried out, in any order and at any time.
// A repeated one goes on being under way.
func (m *model) land(s state) {
	for i, w := range s.writes {
		if w.kind == 0 {
			continue
		}
		m.carryOut(s, w, func(s state, a answer, _ int8) {
			if a == done && w.left <= w.late {
				s.late++
				s.again = false
			}
			// Twice the same creation makes two contacts where source ids are
			// not unique, and nobody could do anything about it.
			if m.repeats && a == done && (w.kind == replacement || m.unique) {
				m.add(event{"MaiAgent", "carries out a late write, and will again", int8(i)}, s)
			}
			s.writes[i] = write{}
			m.add(event{"MaiAgent", "carries out a late write", int8(i)}, s)
		})
	}
}

// search looks for a contact by the source id of a generation. It may not show a
// new one yet, and may still show a deleted one.
func (s *state) search(generation int8) int8 {
	stale := int8(0)
	for i, c := range s.contacts {
		switch {
		case c.generation != generation || !c.isListed():
		case !c.deleted:
			return int8(i + 1)
		case stale == 0:
			stale = int8(i + 1)
		}
	}
	return stale
}

// has reports whether there is a contact of the generation.
func (s *state) has(generation int8) bool {
	for _, c := range s.contacts {
		if c.generation == generation && !c.deleted {
			return true
		}
	}
	return false
}

// isOurs reports whether the contact is of the person: those of another program
// are only once they are linked.
func (s *state) isOurs(id int8) bool {
	c := s.contacts[id-1]
	return c.generation != 0 && (c.generation != foreign || s.row.contact == id)
}

func (c contact) isListed() bool { return c.generation != 0 && c.deleted == (c.lag > 0) }

// delete deletes a contact for a worker.
func (m *model) delete(s *state, id int8) {
	c := &s.contacts[id-1]
	if c.generation == 0 || c.deleted {
		return
	}
	if s.row.life == live && c.generation >= s.row.generation {
		s.wrong = deletedNewer
	}
	c.deleted, c.lag = true, m.lag
}

// deleteByHand is somebody at MaiAgent who deletes the contact.
func (m *model) deleteByHand(s state) {
	if s.left.deletions == 0 {
		return
	}
	s.left.deletions--
	for i, c := range s.contacts {
		if c.generation != 0 && !c.deleted {
			next := s
			next.contacts[i].deleted, next.contacts[i].lag = true, m.lag
			m.add(event{"MaiAgent", "somebody deletes contact", int8(i + 1)}, next)
		}
	}
}

// canForget reports whether nothing can tell that the contact was ever there.
func (m *model) canForget(s *state, id int8) bool {
	c := s.contacts[id-1]
	if !c.deleted || c.lag > 0 || m.held && c.generation >= s.row.generation {
		return false
	}
	used := false
	s.rows(func(r *row) { used = used || r.contact == id })
	for _, w := range s.workers {
		used = used || w.id == id
	}
	for _, w := range s.writes {
		used = used || w.kind == replacement && w.of == id
	}
	return !used
}
