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
// time they ask. ErrErased, ErrRetired; ErrReissuing when it is under way.
func (r Row) Reissue(now time.Time) (Row, error) {
	switch r.Life {
	case Erasing, Erased:
		return r, ErrErased
	case Retired:
		return r, ErrRetired
	case Reissuing:
		return r, ErrReissuing
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
	return next.endTrust(now)
}

// Deleted records that MaiAgent has none of the row's contacts any more. An
// erased person is a tombstone from then on; a reissued one may have the next
// generation. Only a claim that began without a write in doubt may: one that lands
// after MaiAgent was asked would stay for ever. ErrFenced.
func (r Row) Deleted(owner int64, now time.Time) (Row, error) {
	if owner == 0 || r.Owner != owner || !r.DoubtUntil.IsZero() {
		return r, ErrFenced
	}
	switch r.Life {
	case Erasing:
		r.Life = Erased
	case Reissuing:
		r.Life = Live
		r.Generation++
	default:
		return r, ErrFenced
	}
	r.ContactID, r.Confirmed, r.Failures, r.Reason, r.Updated = "", Stamp{}, 0, "", now
	return r.settled(), nil
}

// Restore lifts a complete tombstone: the person may have a contact again, of
// the next generation. ErrNotErased.
func (r Row) Restore(now time.Time) (Row, error) {
	if r.Life != Erased {
		return r, ErrNotErased
	}
	r.Life, r.Updated = Live, now
	r.Generation++
	return r, nil
}

// Retire ends a visitor who has logged in: nobody is given the contact any
// more, whatever cookie comes back. The row stays until then, when no cookie can
// name the visitor any more. A contact that is being replaced is erased instead.
// Retiring again changes nothing but the time.
func (r Row) Retire(until, now time.Time) Row {
	switch r.Life {
	case Live:
		r.Life = Retired
		r.Confirmed, r.Failures, r.Reason = Stamp{}, 0, ""
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
	return !r.Expires.IsZero() && !r.Expires.After(now) && r.Due.IsZero() && !r.DoubtUntil.After(now)
}
