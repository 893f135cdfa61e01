package contacts

import "time"

// Unconfirm records that it is not known any more what MaiAgent holds of the person,
// because a look at MaiAgent has shown something else. The contact is handed out again
// once what is desired has been sent, which happens when the person next asks and also
// heals a contact that was deleted. ErrFenced if the row has no contact that could be
// handed out; ErrErased, ErrReissuing, ErrRetired.
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

// dueAtOnce has a profile that waits for a later try sent now, because the contact is
// not handed out until then. A claim goes on.
func (r Row) dueAtOnce(now time.Time) Row {
	if r.Waiting != nil && r.Due.After(now) && !r.LeaseUntil.After(now) {
		r.Due = now
	}
	return r
}

// Outrun is for a row whose trust is below one that a session or a server was told of:
// the table has lost changes, because a backup was restored or a failover lost commits.
// It is then not known what MaiAgent holds, as with [Row.Unconfirm]. A row that is
// erased, reissued or retired stays as it is.
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
