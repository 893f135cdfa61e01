package contacts

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Errors of transitions, to be matched with errors.Is. A transition that fails
// returns the row as it was.
var (
	// ErrErased: the person was erased, or is being erased.
	ErrErased = errors.New("maicontact: the person is erased; Restore lifts that")
	// ErrReissuing: the person's contact is being replaced by a new one.
	ErrReissuing = errors.New("maicontact: the contact is being reissued")
	// ErrRetired: the visitor has logged in since.
	ErrRetired = errors.New("maicontact: the visitor has logged in since")
	// ErrOlderRevision: the row knows a newer revision of the profile.
	ErrOlderRevision = errors.New("maicontact: a newer revision of the profile is known")
	// ErrSuspended: the person gets no chat for now.
	ErrSuspended = errors.New("maicontact: the person is suspended")
	// ErrNotErased: the row is no tombstone, or its contact is not deleted yet.
	ErrNotErased = errors.New("maicontact: the person is not erased, or not completely")
	// ErrNotDue: another holds the row, or there is nothing to do yet.
	ErrNotDue = errors.New("maicontact: the row is not due")
	// ErrFenced: the claim is no longer the newest, its lease has run out, or
	// the row is not of the kind that the transition is for.
	ErrFenced = errors.New("maicontact: the claim on the row has ended")
)

// Desired is a profile that a person should have at MaiAgent.
type Desired struct {
	Profile  webchat.Profile
	Stamp    Stamp // of Profile, see StampOf
	Revision int64 // of two, the higher is newer; 0: whoever comes later is
}

// Format writes "[desired]" for every verb.
func (d Desired) Format(f fmt.State, _ rune) { io.WriteString(f, desiredText) }

// LogValue returns "[desired]".
func (d Desired) LogValue() slog.Value { return slog.StringValue(desiredText) }

// MarshalText returns "[desired]", which is also what encoding/json writes.
func (d Desired) MarshalText() ([]byte, error) { return []byte(desiredText), nil }

const desiredText = "[desired]"

// SetDesired records what MaiAgent should hold of the person. If that is new it waits
// to be sent, and the row is due at once, or at the end of the lease while it is
// claimed. Nothing waits if MaiAgent holds it already and no write is in doubt.
// Setting the same again changes nothing.
//
// ErrErased, ErrReissuing, ErrRetired, ErrOlderRevision.
func (r Row) SetDesired(d Desired, now time.Time) (Row, error) {
	if d.Stamp.Profile == "" || d.Stamp.Access == "" {
		return r, errors.New("maicontact: what is desired needs both fingerprints, see contacts.StampOf")
	}
	if err := r.isGone(); err != nil {
		return r, err
	}
	if d.Revision != 0 && d.Revision < r.Revision {
		return r, ErrOlderRevision
	}
	next := r
	if d.Revision > r.Revision {
		next.Revision, next.Updated = d.Revision, now
	}
	if r.Desired == d.Stamp && (r.Waiting != nil || r.Confirmed == r.Desired) {
		return next, nil
	}
	if r.Desired.Access != d.Stamp.Access {
		if r.Desired != (Stamp{}) {
			next = next.endTrust(now)
		}
		// A write under way has the access of before.
		next.DoubtOther = next.DoubtOther || r.DoubtUntil.After(now)
	}
	if r.Desired != d.Stamp {
		next.Desired, next.Since = d.Stamp, now
		next.Failures, next.Reason = 0, ""
	}
	next.Updated = now
	if r.Life == Live && next.ContactID != "" && next.Confirmed == next.Desired && next.DoubtUntil.IsZero() {
		return next.settled(), nil
	}
	profile := d.Profile
	next.Waiting = &profile
	if r.Life == Suspended {
		return next, nil // it is sent when the person is resumed
	}
	next.Due = now
	if next.LeaseUntil.After(now) {
		next.Due = next.LeaseUntil
	}
	return next, nil
}

// endTrust makes what sessions believe of the person void. Trust is also a time, so
// that a row that was lost and made anew has a higher trust than the former one.
func (r Row) endTrust(now time.Time) Row {
	r.Trust = max(r.Trust+1, now.UnixMicro())
	r.Updated = now
	return r
}

// DistrustAgain raises the trust once more, for a Put that ended trust and took so
// long that servers may have polled before it was stored.
func (r Row) DistrustAgain(now time.Time) Row { return r.endTrust(now) }

// settled ends what there is to do with the row, and the claim with it.
func (r Row) settled() Row {
	r.Waiting, r.Due, r.Refused = nil, time.Time{}, ""
	r.DoubtUntil, r.DoubtOther = time.Time{}, false
	return r.released()
}

func (r Row) released() Row {
	r.Owner, r.LeaseUntil = 0, time.Time{}
	return r
}
