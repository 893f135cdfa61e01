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

// Link gives a row without a contact one that another program has made at MaiAgent.
// It is not known what MaiAgent holds of it, so it is handed out only after what is
// desired has been sent, with the row's own source id. A row for which a creation is
// under way, or may still land, is refused: the person would have two contacts. The
// row cannot tell whether a server made a contact and died before it recorded that:
// look for the row's source id at MaiAgent first.
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
