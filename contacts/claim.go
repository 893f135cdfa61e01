package contacts

import (
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Claim takes the row for the length of the lease, if it is due and nobody
// holds it. owner is random, so that no two claims ever take each other for
// themselves. The row is due again at the end of the lease, so that the work of an
// owner who dies is taken over. A doubt whose time is over ends here and nowhere
// else: from then on it is not known what MaiAgent holds, until what is desired has
// been sent once more. ErrNotDue.
func (r Row) Claim(owner int64, lease time.Duration, now time.Time) (Row, error) {
	if r.Due.IsZero() || r.Due.After(now) || r.LeaseUntil.After(now) || owner == 0 {
		return r, ErrNotDue
	}
	r.Owner, r.LeaseUntil, r.Updated = owner, now.Add(max(lease, time.Millisecond)), now
	r.Due = r.LeaseUntil
	if !r.DoubtUntil.IsZero() && !r.DoubtUntil.After(now) {
		r.Confirmed.Profile = ""
		if r.DoubtOther {
			r.Confirmed.Access = ""
		}
		r = r.inDoubt(time.Time{})
	}
	return r, nil
}

// inDoubt sets until when a write may still land. The zero time means that none can.
func (r Row) inDoubt(until time.Time) Row {
	r.DoubtUntil, r.DoubtOther = until, r.DoubtOther && !until.IsZero()
	return r
}

// owns reports whether the claim is the newest, even if its lease has run out.
func (r Row) owns(owner int64) bool { return owner != 0 && r.Owner == owner }

// holds reports whether the claim is the newest and its lease has not run out.
func (r Row) holds(owner int64, now time.Time) bool { return r.owns(owner) && r.LeaseUntil.After(now) }

// BeginWrite records that a creation or a change, with what is desired now, is about
// to be sent. Its outcome is not known until the call ends, which is before the lease
// does; a write whose reply is lost may land until doubt after the lease. Put the row
// with a Guard of its LeaseUntil before anything is sent. ErrFenced.
func (r Row) BeginWrite(owner int64, doubt time.Duration, now time.Time) (Row, error) {
	if !r.holds(owner, now) || r.Life != Live && r.Life != Suspended {
		return r, ErrFenced
	}
	if until := r.LeaseUntil.Add(doubt); until.After(r.DoubtUntil) {
		r.DoubtUntil = until
	}
	r.Confirmed.Profile = ""
	if r.Life == Suspended || r.Confirmed.Access != r.Desired.Access {
		r.Confirmed.Access = ""
	}
	r.Updated = now
	return r, nil
}

// NotWritten records that the write of this claim clearly did not happen: the doubt
// is again what it was before. ErrFenced.
func (r Row) NotWritten(owner int64, before, now time.Time) (Row, error) {
	if !r.owns(owner) {
		return r, ErrFenced
	}
	r.Updated = now
	return r.inDoubt(before), nil
}

// BeginDelete records that the contacts of the claimed row are about to be
// deleted. Put the row with a Guard of its LeaseUntil before anything is sent:
// whoever has lost the claim must not delete what another has made. ErrFenced.
func (r Row) BeginDelete(owner int64, now time.Time) (Row, error) {
	if !r.holds(owner, now) || r.Life != Erasing && r.Life != Reissuing && r.Life != Erased {
		return r, ErrFenced
	}
	r.Updated = now
	return r, nil
}

// Bind gives a row without a contact its contact, and records what MaiAgent is known
// to hold of it: what was sent if the contact was just made, the zero Stamp if it was
// there already. In the second case the doubt about the creation stays: it may yet be
// carried out once more, even after a deletion. If what is known is what is desired,
// the claim ends; otherwise it goes on. The lease may have run out, as long as no
// other claim has been made. ErrFenced.
func (r Row) Bind(owner int64, id webchat.ContactID, confirmed Stamp, now time.Time) (Row, error) {
	if !r.owns(owner) || r.Life != Live && r.Life != Suspended || id == "" || r.ContactID != "" && r.ContactID != id {
		return r, ErrFenced
	}
	r.ContactID, r.Conflicts, r.Denials = id, 0, 0
	var before time.Time
	if confirmed == (Stamp{}) {
		before = r.DoubtUntil
	}
	return r.confirm(confirmed, before, now), nil
}

// Confirm records what MaiAgent is known to hold after a write of this claim.
// before is the doubt that the row had when that write began: an older write may
// have landed after this one, or may still land, even if that doubt is over by now.
// What is desired then waits to be sent once more after the doubt. Without such a
// doubt the claim ends if MaiAgent holds what is desired. ErrFenced.
func (r Row) Confirm(owner int64, confirmed Stamp, before, now time.Time) (Row, error) {
	if !r.owns(owner) || r.Life != Live || r.ContactID == "" {
		return r, ErrFenced
	}
	return r.confirm(confirmed, before, now), nil
}

func (r Row) confirm(confirmed Stamp, before, now time.Time) Row {
	r.Confirmed, r.Failures, r.Reason, r.Updated = confirmed, 0, "", now
	r = r.inDoubt(before)
	switch {
	case r.Life == Suspended || r.Confirmed != r.Desired:
		return r
	case !r.DoubtUntil.IsZero():
		r.Due = r.DoubtUntil
		return r.released()
	}
	return r.settled()
}

// RefusedTime is how long what MaiAgent did not take is left out.
const RefusedTime = 24 * time.Hour

// ConfirmWithout is Confirm for a write that left out what MaiAgent does not
// take. The access is confirmed; the whole is tried again after RefusedTime, and
// as soon as something else is desired. refused is kept in the row. ErrFenced.
func (r Row) ConfirmWithout(owner int64, confirmed Stamp, refused string, before, now time.Time) (Row, error) {
	if !r.owns(owner) || r.Life != Live || r.ContactID == "" {
		return r, ErrFenced
	}
	whole := confirmed == r.Desired
	r = r.confirm(Stamp{Access: confirmed.Access}, before, now)
	r.Refused = refused
	if !whole {
		return r, nil // something else is desired by now
	}
	if r.Due = r.DoubtUntil; r.Due.IsZero() {
		r.Due = now.Add(RefusedTime)
	}
	return r.released(), nil
}

// ConfirmSuspended records that MaiAgent is known to hold the access of a
// suspended person; before is as for Confirm. What is desired waits until the
// person is resumed. ErrFenced.
func (r Row) ConfirmSuspended(owner int64, access string, before, now time.Time) (Row, error) {
	if !r.owns(owner) || r.Life != Suspended {
		return r, ErrFenced
	}
	r.Confirmed, r.Failures, r.Reason, r.Updated = Stamp{Access: access}, 0, "", now
	r = r.inDoubt(before)
	r.Due = r.DoubtUntil
	return r.released(), nil
}

// Unseen ends the claim as Postpone does, because MaiAgent, when it was read, did not
// show the access that was sent: what it holds is not known. ErrFenced.
func (r Row) Unseen(owner int64, f Failure, now time.Time) (Row, error) {
	ready := r.Ready()
	next, err := r.Postpone(owner, f, now)
	if err != nil {
		return r, err
	}
	next.Confirmed = Stamp{}
	if ready {
		next = next.endTrust(now)
	}
	return next, nil
}

// Failure says how the work of a claim failed.
type Failure struct {
	Delay      time.Duration // until the row is due again; negative counts as 0
	Reason     string        // holds no personal data
	DoubtUntil time.Time     // until when a write may still land; zero: none can
	Conflicts  int           // the row's Conflicts from now on
	Denials    int           // the row's Denials from now on
}

// Postpone ends the claim after a failure: the row is due again after the
// delay. ErrFenced.
func (r Row) Postpone(owner int64, f Failure, now time.Time) (Row, error) {
	if !r.owns(owner) {
		return r, ErrFenced
	}
	r.Due, r.Failures, r.Reason = now.Add(max(f.Delay, 0)), r.Failures+1, f.Reason
	r.Conflicts, r.Denials, r.Updated = f.Conflicts, f.Denials, now
	return r.inDoubt(f.DoubtUntil).released(), nil
}

// Release ends a claim when there is nothing to do: what is desired was sent by
// another claim, or is not known here. ErrFenced.
func (r Row) Release(owner int64, now time.Time) (Row, error) {
	if !r.owns(owner) {
		return r, ErrFenced
	}
	r.Due, r.Updated = r.DoubtUntil, now
	if r.Due.IsZero() && (r.Waiting != nil && r.Life == Live || r.Life == Erasing || r.Life == Reissuing) {
		r.Due = now
	}
	return r.released(), nil
}

// NextGeneration takes the contact from the row and starts the next generation: when
// the contact was deleted at MaiAgent, or when one that MaiAgent does not show holds
// the source id. Only a claim that began without a write in doubt may. ErrFenced.
func (r Row) NextGeneration(owner int64, now time.Time) (Row, error) {
	if !r.holds(owner, now) || r.Life != Live && r.Life != Suspended || !r.DoubtUntil.IsZero() {
		return r, ErrFenced
	}
	if r.ContactID != "" {
		r = r.endTrust(now)
	}
	r.ContactID, r.Confirmed, r.Updated = "", Stamp{}, now
	r.Generation++
	return r, nil
}

// Lost is for a worker that lost its claim after it had sent a write, which may land
// until that time. So it is not known what MaiAgent holds, and a complete tombstone is
// looked at again. sent is what was sent. A claim of another worker is void, because
// it does not know of this doubt. Its lease stays, and the row is due at the end of it,
// because a call of that claim may be under way until then; but nobody waits for that
// lease, as the row is not claimed any more.
func (r Row) Lost(sent Desired, until, now time.Time) Row {
	r.Updated = now
	if until.After(r.DoubtUntil) {
		r.DoubtUntil = until
	}
	switch r.Life {
	case Retired:
		return r
	case Erased:
		r.Life = Erasing
		fallthrough
	case Erasing, Reissuing:
		if r.Life == Erasing {
			r.Checks = len(checkAfter)
		}
		if r.Due.IsZero() {
			r.Due = now
		}
		return r
	}
	ready := r.Ready()
	r.Owner = 0
	r.DoubtOther = r.DoubtOther || sent.Stamp.Access != r.Desired.Access
	r.Confirmed.Profile = ""
	if r.DoubtOther {
		r.Confirmed.Access = ""
	}
	if r.Waiting == nil && sent.Stamp == r.Desired {
		r.Waiting = &sent.Profile
	}
	if r.Due.IsZero() {
		r.Due = now
	}
	if ready && !r.Ready() {
		r = r.endTrust(now)
	}
	return r
}
