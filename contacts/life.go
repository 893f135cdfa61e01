package contacts

import "time"

// Erase turns the row into a tombstone that is due at once. Claims on it are void, and
// only what the deletion at MaiAgent needs stays: the contact and the doubt. It
// overrides a Reissue at any moment. Erasing again changes nothing.
func (r Row) Erase(now time.Time) Row {
	if r.Life == Erasing || r.Life == Erased {
		return r
	}
	return r.deleting(Erasing, now)
}

// Reissue has the contact deleted, so that the person gets another the next time they
// ask. ErrErased, ErrRetired; ErrSuspended, because afterwards the person would not
// be suspended any more; ErrReissuing if a reissue is under way already.
func (r Row) Reissue(now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	if r.Life == Suspended {
		return r, ErrSuspended
	}
	next := r.deleting(Reissuing, now)
	next.Revision = r.Revision // a revision that is older now must stay so
	return next, nil
}

// deleting returns the row in a life that deletes its contact: it keeps what that
// needs, and forgets everything else.
func (r Row) deleting(life Life, now time.Time) Row {
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

// checkAfter is when a tombstone is looked at again if a write was in doubt during the
// erasure: the pauses, the last one first, a day in all.
var checkAfter = [...]time.Duration{11 * time.Hour, 8 * time.Hour, 4 * time.Hour, 50 * time.Minute, 10 * time.Minute}

// Deleted records that MaiAgent has none of the row's contacts any more. The row of an
// erased person is then a complete tombstone; a reissued person may have a contact of
// the next generation. Only a claim that began without a write in doubt may: a contact
// made by a write that lands after MaiAgent was asked would stay for ever. ErrFenced.
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

// Suspend takes the chat from a person for now: no contact id is handed out, and
// MaiAgent is to be told to answer them from nothing. A row without a contact is due as
// well, because MaiAgent may have a contact that the table has lost. Claims are void.
// What is desired stays, for Resume. A passing suspension ends by itself when the person
// asks and the site does not call them suspended; it does not replace a lasting one.
// Suspending again changes nothing. ErrErased, ErrReissuing, ErrRetired.
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
	r = r.withLife(Suspended, now)
	r.Passing, r.Due = passing, now
	return r, nil
}

// Resume gives a suspended person the chat back. The contact id is handed out once
// MaiAgent holds the access that is desired. A claim that is under way goes on with
// that: as soon as its write is answered nothing is in doubt. Resuming a person who is
// not suspended changes nothing. ErrErased, ErrReissuing, ErrRetired.
func (r Row) Resume(now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	if r.Life == Live {
		return r, nil
	}
	next := r.withLife(Live, now)
	if next.Due = next.DoubtUntil; next.Waiting != nil {
		next.Due = now
	}
	if r.LeaseUntil.After(now) {
		next.Owner, next.LeaseUntil, next.Due = r.Owner, r.LeaseUntil, r.LeaseUntil
	}
	return next, nil
}

// withLife suspends or resumes: it ends trust and claims. From now on the access of a
// write that may still land is not the one that is desired.
func (r Row) withLife(life Life, now time.Time) Row {
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

// Retire ends a visitor who has logged in: nobody is given the contact any more,
// whatever cookie comes back. The row stays until that time, when no cookie can name the
// visitor any more. If the contact is just being reissued it is erased instead.
// Retiring again changes nothing but the time.
func (r Row) Retire(until, now time.Time) Row {
	switch r.Life {
	case Live, Suspended:
		r.Life = Retired
		r.Passing, r.Confirmed, r.Failures, r.Reason = false, Stamp{}, 0, ""
		doubt := r.DoubtUntil // an erasure must know of it
		r = r.settled().endTrust(now)
		r.DoubtUntil = doubt
	case Reissuing:
		r = r.deleting(Erasing, now)
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

// quietAt is when the row, as it is now, becomes quiet. The zero time means never.
func (r Row) quietAt() time.Time {
	switch {
	case r.Expires.IsZero() || !r.Due.IsZero():
		return time.Time{}
	case r.DoubtUntil.After(r.Expires):
		return r.DoubtUntil
	}
	return r.Expires
}
