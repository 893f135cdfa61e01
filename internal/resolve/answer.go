package resolve

import (
	"fmt"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// answer says what the row allows.
func (r *Resolver) answer(reading *contacts.Reading, q *Question, older bool) (Answer, error) {
	row := reading.Row
	switch {
	case row.Life == contacts.Erasing || row.Life == contacts.Erased:
		return Answer{}, contacts.ErrErased
	case row.Life == contacts.Retired:
		return Answer{}, contacts.ErrRetired
	case row.Life == contacts.Reissuing:
		return Answer{}, contacts.ErrReissuing
	case row.Life == contacts.Suspended:
		return Answer{}, contacts.ErrSuspended
	case row.Desired.Access != q.Desired.Stamp.Access && !r.InsecureStalePermissions:
		return Answer{}, ErrPending // not this request's permissions
	case r.reconcile.MayHandOut(row):
		settled := !older && row.Desired == q.Desired.Stamp && row.IsSettled()
		return Answer{ID: row.ContactID, Trust: row.Trust, Checked: reading.ReadAt(), Expires: row.Expires, Settled: settled}, nil
	case row.LastCall.Outcome == contacts.OutcomeRefused && row.Failures > 0:
		return Answer{}, ErrRefused
	case row.LastCall.Outcome == contacts.OutcomeDenied && row.Failures > 0:
		return Answer{}, fmt.Errorf("%w: %s", webchat.ErrUnauthorized, row.Reason)
	case row.LastCall.Outcome == contacts.OutcomeMisconfigured && row.Failures > 0:
		return Answer{}, ErrMisconfigured
	case row.ContactID != "":
		return Answer{}, ErrPending
	case r.API.Down():
		return Answer{}, upstream.ErrDown
	default:
		return Answer{}, fmt.Errorf("the contact is not there yet: %s", row.Reason)
	}
}

// distrust has this process believe nothing older of the person.
func (r *Resolver) distrust(reading *contacts.Reading) {
	owner := identity.Digest(reading.Row.Person)
	r.trust.end(owner, reading.Row.Trust, reading.Now())
	r.memory.forget(owner)
}
