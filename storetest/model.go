package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// model is the contract over again, as plainly as it can be written, for one
// goroutine. It knows no clock: a lease is held until expire is called, and a
// row is due now, later or never.
type model struct {
	rows map[maicontact.Key]*modelRow
}

type modelRow struct {
	contact maicontact.Contact // but for the times; Since is learnt
	due     dueness
	lease   leaseState
	attempt bool
	erased  bool
}

type dueness int

const (
	never dueness = iota
	now
	later
)

type leaseState int

const (
	noLease leaseState = iota
	held
	runOut // and nobody took over
)

func (m *model) want(key maicontact.Key, w maicontact.Wanted) error {
	r, known := m.rows[key]
	if !known {
		r = &modelRow{contact: maicontact.Contact{Key: key, Generation: 1}}
		m.rows[key] = r
	}
	c := &r.contact
	fresh := c.Wanted == maicontact.Stamp{}
	if r.erased || !fresh && w.Revision < c.Revision {
		return nil
	}
	c.Revision = w.Revision
	if w.Stamp == c.Wanted {
		return nil
	}
	c.Wanted, c.Since, c.Failures, c.Reason = w.Stamp, anyTime(), 0, ""
	if w.Stamp == c.Confirmed && !r.attempt {
		r.nothingToDo()
		return nil
	}
	c.Waiting = &w.Profile
	if r.lease == held {
		r.due = later
	} else {
		r.due = now
	}
	return nil
}

func (r *modelRow) nothingToDo() {
	r.contact.Waiting, r.due, r.lease = nil, never, noLease
}

func (m *model) claim(key maicontact.Key) error {
	r, known := m.rows[key]
	switch {
	case !known:
		return maicontact.ErrNotFound
	case r.due != now || r.lease == held:
		return maicontact.ErrNotDue
	}
	r.due, r.lease = later, held
	return nil
}

// expire is the end of a lease.
func (m *model) expire(key maicontact.Key) {
	m.rows[key].due, m.rows[key].lease = now, runOut
}

// holder returns the row if the claim is good.
func (m *model) holder(c maicontact.Claim, alive bool) (*modelRow, error) {
	r, known := m.rows[c.Key]
	if !known || r.lease == noLease || r.contact.Token != c.Token || alive && r.erased {
		return nil, maicontact.ErrFenced
	}
	return r, nil
}

func (m *model) attempt(claim maicontact.Claim) error {
	r, err := m.holder(claim, false)
	if err != nil || r.lease != held {
		return maicontact.ErrFenced
	}
	r.attempt = true
	r.contact.Confirmed.Profile = ""
	if r.contact.Confirmed.Access != r.contact.Wanted.Access {
		r.contact.Confirmed.Access = ""
	}
	return nil
}

func (m *model) bind(claim maicontact.Claim, id webchat.ContactID, confirmed maicontact.Stamp) error {
	r, err := m.holder(claim, true)
	if err != nil || r.contact.ContactID != "" && r.contact.ContactID != id {
		return maicontact.ErrFenced
	}
	for key, other := range m.rows {
		if other != r && key.InboxID == claim.Key.InboxID && other.contact.ContactID == id {
			return maicontact.ErrContactTaken
		}
	}
	r.contact.ContactID, r.contact.Held = id, 0
	return m.confirm(claim, confirmed, 0)
}

func (m *model) confirm(claim maicontact.Claim, confirmed maicontact.Stamp, again time.Duration) error {
	r, err := m.holder(claim, true)
	if err != nil || r.contact.ContactID == "" {
		return maicontact.ErrFenced
	}
	r.contact.Confirmed = confirmed
	r.contact.Failures, r.contact.Reason = 0, ""
	r.attempt = r.attempt && again > 0
	switch {
	case confirmed != r.contact.Wanted: // the claim goes on
	case again > 0:
		r.due, r.lease = later, noLease
	default:
		r.nothingToDo()
	}
	return nil
}

func (m *model) postpone(claim maicontact.Claim, f maicontact.Failure) error {
	r, err := m.holder(claim, false)
	if err != nil {
		return err
	}
	r.due, r.lease = now, noLease
	if f.Delay > 0 {
		r.due = later
	}
	r.contact.Failures++
	r.contact.Reason, r.contact.Held, r.attempt = f.Reason, f.Held, !f.Attempted.IsZero()
	return nil
}

func (m *model) park(claim maicontact.Claim, refused maicontact.Stamp, reason string, attempted time.Time) error {
	r, err := m.holder(claim, true)
	if err != nil {
		return err
	}
	r.due, r.lease, r.attempt = now, noLease, !attempted.IsZero()
	if refused == r.contact.Wanted {
		r.due = never
	}
	r.contact.Reason = reason
	return nil
}

func (m *model) regenerate(claim maicontact.Claim) error {
	r, err := m.holder(claim, true)
	if err != nil {
		return err
	}
	r.contact.ContactID, r.contact.Confirmed, r.attempt = "", maicontact.Stamp{}, false
	r.contact.Generation++
	return nil
}

func (m *model) erase(key maicontact.Key) error {
	r, known := m.rows[key]
	if known && r.erased {
		return nil
	}
	next := &modelRow{contact: maicontact.Contact{Key: key, Generation: 1}, due: now, erased: true}
	if known {
		next.contact.Generation, next.contact.ContactID = r.contact.Generation, r.contact.ContactID
		next.attempt = r.attempt
	}
	m.rows[key] = next
	return nil
}

func (m *model) erasedAt(claim maicontact.Claim) error {
	r, err := m.holder(claim, false)
	if err != nil || !r.erased {
		return maicontact.ErrFenced
	}
	r.contact.ContactID, r.attempt = "", false
	r.contact.Failures, r.contact.Reason = 0, ""
	r.nothingToDo()
	return nil
}

func (m *model) restore(key maicontact.Key) error {
	r, known := m.rows[key]
	switch {
	case !known:
		return maicontact.ErrNotFound
	case !r.erased || r.due != never:
		return maicontact.ErrNotErased
	}
	r.erased = false
	r.contact.Generation++
	return nil
}

// expected is the row for a comparison with a real one.
func (r *modelRow) expected() maicontact.Contact {
	c := r.contact
	c.Created, c.Updated = anyTime(), anyTime()
	if r.due != never {
		c.Due = anyTime()
	}
	if r.lease != noLease {
		c.LeaseUntil = anyTime()
	}
	if r.attempt {
		c.Attempted = anyTime()
	}
	if r.erased {
		c.Erased = anyTime()
	}
	return c
}
