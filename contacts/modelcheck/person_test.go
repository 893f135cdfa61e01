package modelcheck

import "github.com/maicontact/maicontact/contacts"

const (
	live      = int8(contacts.Live)
	suspended = int8(contacts.Suspended)
	erasing   = int8(contacts.Erasing)
	erased    = int8(contacts.Erased)
	reissuing = int8(contacts.Reissuing)
)

// foreignID is the contact that another program has made, where there is one.
const foreignID int8 = 4

// act adds whatever the person, or the site for them, may do. Each is a read,
// a transition and a Put at once: with compare-and-swap it makes no difference
// when it was read.
func (m *model) act(s state) {
	c := s.row.real()
	do := func(what string, n int8, left *int8, next contacts.Row, err error, then func(*state)) {
		if err != nil || *left == 0 {
			return
		}
		*left--
		after := s
		*left++
		then(&after)
		if r := m.fake(&after, c, next, 0); r != s.row {
			after.store(r, m.plusOne)
		}
		m.add(event{"person", what, n}, after)
	}
	for p := int8(1); p <= m.profiles && s.left.asks > 0; p++ {
		if p == s.wanted {
			continue
		}
		next, err := m.setDesired(c, profiles[p], now)
		do("asks for profile", p, &s.left.asks, next, err, func(s *state) { s.wanted = p })
	}
	if s.left.erasures > 0 {
		do("is erased", 0, &s.left.erasures, m.erase(c, now), nil, func(s *state) { s.wanted, s.erased, s.suspended = 0, true, false })
	}
	if s.left.reissues > 0 {
		next, err := m.reissue(c, now)
		do("has the contact reissued", 0, &s.left.reissues, next, err, func(s *state) { s.wanted, s.suspended = 0, false })
	}
	if s.left.suspensions > 0 {
		next, err := m.suspend(c, false, now)
		do("is suspended", 0, &s.left.suspensions, next, err, func(s *state) { s.suspended = true })
	}
	if s.left.resumes > 0 && s.suspended {
		next, err := m.resume(c, now)
		do("is resumed", 0, &s.left.resumes, next, err, func(s *state) { s.suspended = false })
	}
	if s.left.restores > 0 {
		next, err := m.restore(c, now)
		do("is restored", 0, &s.left.restores, next, err, func(s *state) { s.erased, s.again = false, false })
	}
	// Whoever links looks for a contact of the person first.
	if s.left.links > 0 && s.contacts[foreignID-1].generation == foreign && (m.unlooked || s.search(s.row.generation) == 0) {
		next, err := m.link(c, contactIDs[foreignID], now)
		do("is linked", 0, &s.left.links, next, err, func(*state) {})
	}
	if s.left.unconfirms > 0 {
		next, err := m.unconfirm(c, now)
		do("is seen to have something else at MaiAgent", 0, &s.left.unconfirms, next, err, func(*state) {})
	}
	if s.left.outruns > 0 {
		do("is known to have changed since", 0, &s.left.outruns, m.outrun(c, c.Trust+1, now), nil, func(*state) {})
	}
	if s.left.erasuresAgain > 0 && s.search(s.row.generation) != 0 { // which is why
		next, err := m.eraseAgain(c, now)
		do("is erased again", 0, &s.left.erasuresAgain, next, err, func(s *state) { s.again = true })
	}
}
