package contacts

import "time"

// Erase turns the row into a tombstone that is due at once: claims on it are
// void, and only the contact and the doubt stay, for the deletion at MaiAgent.
// It overrides a Reissue at any moment. Erasing again changes nothing.
func (r Row) Erase(now time.Time) Row {
	if r.Life == Erasing || r.Life == Erased {
		return r
	}
	return r.condemn(Erasing, now)
}

// Reissue has the contact deleted, so that the person gets another the next
// time they ask. ErrErased, ErrRetired; ErrSuspended, as they would come back
// live; ErrReissuing when it is under way.
func (r Row) Reissue(now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	if r.Life == Suspended {
		return r, ErrSuspended
	}
	next := r.condemn(Reissuing, now)
	next.Revision = r.Revision // an older one stays older
	return next, nil
}

// condemn keeps what is needed to delete the contact, and forgets the rest.
func (r Row) condemn(life Life, now time.Time) Row {
	next := New(r.Person, now)
	next.Version, next.Trust, next.Created = r.Version, r.Trust, r.Created
	next.ContactID, next.Generation = r.ContactID, r.Generation
	next.DoubtUntil, next.LastCall, next.Expires = r.DoubtUntil, r.LastCall, r.Expires
	next.Life, next.Due = life, now
	if life == Erasing && !r.DoubtUntil.IsZero() {
		next.Checks = len(checkAfter)
	}
	return next.endTrust(now)
}

// checkAfter is how long after an erasure with a write in doubt it is looked at
// again, the last first: a day in all.
var checkAfter = [...]time.Duration{11 * time.Hour, 8 * time.Hour, 4 * time.Hour, 50 * time.Minute, 10 * time.Minute}

// Deleted records that MaiAgent has none of the row's contacts any more. An
// erased person is a tombstone from then on; a reissued one may have the next
// generation. Only a claim that began without a write in doubt may: one that lands
// after MaiAgent was asked would stay for ever. ErrFenced.
func (r Row) Deleted(owner int64, now time.Time) (Row, error) {
	if !r.owns(owner) || !r.DoubtUntil.IsZero() {
		return r, ErrFenced
	}
	switch r.Life {
	case Erasing, Erased:
		r.Life = Erased
	case Reissuing:
		r.Life = Live
		r.Generation++
	default:
		return r, ErrFenced
	}
	r.ContactID, r.Confirmed, r.Failures, r.Reason, r.Updated = "", Stamp{}, 0, "", now
	r = r.settled()
	if r.Checks > 0 {
		r.Checks--
		r.Due = now.Add(checkAfter[r.Checks])
	}
	return r, nil
}

// Restore lifts a complete tombstone that is not to be looked at again: the person
// may have a contact again, of the next generation, and is not suspended any more
// if they were. ErrNotErased.
func (r Row) Restore(now time.Time) (Row, error) {
	if r.Life != Erased || r.Checks > 0 {
		return r, ErrNotErased // a contact may still land
	}
	r.Life, r.Updated = Live, now
	r.Generation++
	return r.settled(), nil
}

// Suspend takes the chat from a person for now: nothing is handed out, and
// MaiAgent is to be told that they may be answered from nothing; a row without a
// contact is due as well, since MaiAgent may have one that was lost here. Claims
// are void. What is desired stays, for Resume. passing is for a suspension that
// ends as soon as the person asks and is not suspended; it does not weaken one
// that is not. Suspending again changes nothing. ErrErased, ErrReissuing,
// ErrRetired.
func (r Row) Suspend(passing bool, now time.Time) (Row, error) {
	if r.Life == Suspended {
		if r.Passing && !passing {
			r.Passing, r.Updated = false, now
		}
		return r, nil
	}
	if err := r.isGone(); err != nil {
		return r, err
	}
	r = r.turn(Suspended, now)
	r.Passing, r.Due = passing, now
	return r, nil
}

// Resume gives a suspended person the chat back. It is handed out when MaiAgent
// holds the access that is desired. A claim goes on with that: once the write that
// takes the access away is answered, nothing is in doubt. Resuming who is not
// suspended changes nothing. ErrErased, ErrReissuing, ErrRetired.
func (r Row) Resume(now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	if r.Life == Live {
		return r, nil
	}
	next := r.turn(Live, now)
	if next.Due = next.DoubtUntil; next.Waiting != nil {
		next.Due = now
	}
	if r.LeaseUntil.After(now) {
		next.Owner, next.LeaseUntil, next.Due = r.Owner, r.LeaseUntil, r.LeaseUntil
	}
	return next, nil
}

// turn ends what is believed and under way. A write that may still land has
// another access than is desired from now on.
func (r Row) turn(life Life, now time.Time) Row {
	r.Life, r.Passing, r.Failures, r.Reason, r.Due, r.Since = life, false, 0, "", time.Time{}, now
	r.DoubtOther = r.DoubtOther || !r.DoubtUntil.IsZero()
	return r.released().endTrust(now)
}

// isGone says why the person can have no contact at all.
func (r Row) isGone() error {
	switch r.Life {
	case Erasing, Erased:
		return ErrErased
	case Reissuing:
		return ErrReissuing
	case Retired:
		return ErrRetired
	}
	return nil
}

// Retire ends a visitor who has logged in: nobody is given the contact any
// more, whatever cookie comes back. The row stays until then, when no cookie can
// name the visitor any more. A contact that is being replaced is erased instead.
// Retiring again changes nothing but the time.
func (r Row) Retire(until, now time.Time) Row {
	switch r.Life {
	case Live, Suspended:
		r.Life = Retired
		r.Passing, r.Confirmed, r.Failures, r.Reason = false, Stamp{}, 0, ""
		doubt := r.DoubtUntil // for an erasure
		r = r.settled().endTrust(now)
		r.DoubtUntil = doubt
	case Reissuing:
		r = r.condemn(Erasing, now)
	}
	return r.Extend(until)
}

// Extend keeps the row of a visitor at least until then.
func (r Row) Extend(until time.Time) Row {
	if until.After(r.Expires) {
		r.Expires = until
	}
	return r
}

// IsQuiet reports whether the row has expired and may go: nothing is to be done
// with it, and it is no tombstone whose visitor could come back.
func (r Row) IsQuiet(now time.Time) bool {
	at := r.quietAt()
	return !at.IsZero() && !at.After(now)
}

// quietAt is from when on the row is quiet as it is; zero: never.
func (r Row) quietAt() time.Time {
	switch {
	case r.Expires.IsZero() || !r.Due.IsZero():
		return time.Time{}
	case r.DoubtUntil.After(r.Expires):
		return r.DoubtUntil
	}
	return r.Expires
}
