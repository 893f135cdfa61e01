package modelcheck

// send sends a creation or a replacement, before the lease ends.
func (m *model) send(s state, i int) {
	w := &s.workers[i]
	r := w.row
	if r.lease <= 0 {
		m.stop(s, i, "its lease has run out")
		return
	}
	order := write{kind: creation, of: r.generation, profile: w.sent, left: r.lease + m.doubt}
	if r.contact != 0 {
		order.kind, order.of = replacement, r.contact
		if s.contacts[r.contact-1].generation == foreign {
			order.source = r.generation
		}
	}
	fails := func(s state, what string, r reply) {
		s.workers[i].at, s.workers[i].reply = recording, r
		m.addWork(i, what, s)
	}
	answered := func(s state, what string) {
		m.carryOut(s, order, func(s state, a answer, id int8) {
			w := &s.workers[i]
			switch {
			case a == exists:
				w.at = searching
			case a == missing:
				w.at = healing
			case order.kind == creation:
				w.at, w.reply, w.id = recording, made, id
			default:
				w.at, w.reply = recording, replaced
			}
			m.addWork(i, what, s)
		})
	}
	answered(s, "sends and is answered")
	fails(s, "sends and is refused", refused)
	free := -1
	for j := range s.writes[:m.writes] {
		if s.writes[j].kind == 0 {
			free = j
		}
	}
	if free < 0 {
		fails(s, "sends and the request is lost", unclear)
		m.carryOut(s, order, func(s state, _ answer, _ int8) { fails(s, "sends and the reply is lost", unclear) })
		return
	}
	// A request that is lost is a late one that never comes; one whose reply is
	// lost is a late one that comes at once.
	late := s
	late.writes[free] = order
	fails(late, "sends and hears nothing", unclear)
	if s.left.late > 0 {
		late.left.late--
		late.writes[free].late = m.tooLate
		late.writes[free].left += m.tooLate
		fails(late, "sends and hears nothing, for too long", unclear)
	}
}

// deleteAll deletes what the search shows, and the contact that the row has.
func (m *model) deleteAll(s state, i int) {
	w := &s.workers[i]
	if w.row.lease <= 0 && !m.unguarded {
		m.stop(s, i, "its lease has run out")
		return
	}
	last := w.row.generation
	if m.allGenerations {
		last += 2
	}
	for j, c := range s.contacts {
		id := int8(j + 1)
		if id == w.row.contact || c.isListed() && c.generation <= last {
			m.delete(&s, id)
		}
	}
	w.at = checking
	m.addWork(i, "deletes and is answered", s)
	w.at, w.reply = recording, unclear
	m.addWork(i, "deletes and hears nothing", s)
	// That nothing was deleted is as if it had not begun: it may crash.
}

// checkGone reads back.
func (m *model) checkGone(s state, i int) {
	w := &s.workers[i]
	if w.row.lease <= 0 {
		m.stop(s, i, "its lease has run out")
		return
	}
	w.reply = allGone // or so it seems; a doubt stands in the way
	for j, c := range s.contacts {
		if c.generation != 0 && c.generation <= w.row.generation && c.isListed() || int8(j+1) == w.row.contact && c.generation != 0 && !c.deleted {
			w.reply = unclear // it is still there
		}
	}
	w.at = recording
	m.addWork(i, "reads back: "+w.reply.String(), s)
}
