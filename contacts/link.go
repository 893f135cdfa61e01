package contacts

import (
	"errors"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Errors of [Row.Link], to be matched with errors.Is.
var (
	// ErrLinked: the person has another contact already.
	ErrLinked = errors.New("maicontact: the person has another contact already")
	// ErrUnderWay: a contact of the person is just being made, or may be.
	ErrUnderWay = errors.New("maicontact: a contact of the person is being made; try again later")
)

// Link gives the row, which has none, a contact that is at MaiAgent already, as
// another program has made it. What MaiAgent holds of it is not known, so that it
// is handed out only after what is desired was sent, with the row's own source id.
// A row for which a creation is under way, or may still land, is left alone: the
// person would have two. The row does not say whether one was made before and not
// recorded, by a server that died: look for its source id at MaiAgent first.
// Linking the same again changes nothing.
//
// ErrLinked, ErrUnderWay, ErrErased, ErrReissuing, ErrRetired.
func (r Row) Link(id webchat.ContactID, now time.Time) (Row, error) {
	if err := r.isGone(); err != nil {
		return r, err
	}
	switch {
	case id == "":
		return r, errors.New("maicontact: there is no contact to link")
	case r.ContactID == id:
		return r, nil
	case r.ContactID != "":
		return r, ErrLinked
	case r.IsClaimed(now), !r.DoubtUntil.IsZero():
		return r, ErrUnderWay
	}
	r.ContactID, r.Confirmed = id, Stamp{}
	r.Conflicts, r.Denials, r.Failures, r.Reason, r.Updated = 0, 0, 0, "", now
	if r.Waiting != nil || r.Life == Suspended {
		r.Due = now
	}
	return r.released(), nil
}
