package contacts

import "time"

// Unconfirm records that what MaiAgent holds of the person is not known any more,
// because a look at MaiAgent has shown something else: the contact is handed out
// again once what is desired was sent, which heals one that was deleted, too. It
// is sent when the person next asks. ErrFenced where there is no contact to speak
// of; ErrErased, ErrReissuing, ErrRetired.
func (r Row) Unconfirm(now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	if r.Life != Live || r.ContactID == "" {
		return r, ErrFenced
	}
	if r.Confirmed == (Stamp{}) {
		return r, nil
	}
	ready := r.Ready()
	r.Confirmed, r.Updated = Stamp{}, now
	r = r.dueAtOnce(now)
	if ready {
		r = r.endTrust(now)
	}
	return r, nil
}

// dueAtOnce has what waits for a later try sent now: what was handed out meanwhile is
// not any more. A claim goes on.
func (r Row) dueAtOnce(now time.Time) Row {
	if r.Waiting != nil && r.Due.After(now) && !r.LeaseUntil.After(now) {
		r.Due = now
	}
	return r
}

// Outrun takes in that somebody was told of a trust above the row's: the table has lost
// changes, by a backup that was restored, or a failover. What MaiAgent holds is then
// not known, as with [Row.Unconfirm]. Somebody who is gone stays so.
func (r Row) Outrun(trust int64, now time.Time) Row {
	if trust <= r.Trust || r.isGone() != nil {
		return r
	}
	r.Trust, r.Confirmed = trust, Stamp{}
	if r.Life == Suspended && r.Due.IsZero() {
		r.Due = now
	}
	return r.dueAtOnce(now).endTrust(now)
}

// EraseAgain has the deletion of a complete tombstone made once more, because
// MaiAgent has been seen to have a contact of the person. ErrNotErased.
func (r Row) EraseAgain(now time.Time) (Row, error) {
	if r.Life != Erased {
		return r, ErrNotErased
	}
	r.Life, r.Due, r.Updated = Erasing, now, now
	return r.released(), nil
}
