package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// replace sends what is desired, and looks whether MaiAgent holds the access then. If
// an older write may still land after this one, it is sent once more later.
func (w *work) replace() error {
	id := w.reading.Row.ContactID
	held, err := w.API.Get(w.ctx, w.purpose(), id)
	switch {
	case errors.Is(err, webchat.ErrNotFound):
		return w.heal()
	case err != nil:
		return err
	}
	w.vendor.noteRead(held)
	if w.isMoved(held) {
		if w.RemakeMoved && w.doubt.IsZero() && w.reading.Row.Life == contacts.Live {
			return w.nextGeneration("a contact was moved out of the inbox, which counts as deleted")
		}
		w.Logger.WarnContext(w.ctx, "maicontact: a contact is in another inbox than ours now; it is kept in step there and not moved back")
	}
	before, confirmed := w.doubt, w.reading.Row.Confirmed
	w.planned = contacts.Stamp{} // the style depends on the contact that is held
	for {
		told, err := w.send(NoChange, held, func(begin func(context.Context) (webchat.Draft, error)) (webchat.Contact, error) {
			return w.API.Replace(w.ctx, id, begin)
		})
		switch {
		case errors.Is(err, webchat.ErrNotFound):
			return w.heal()
		case errors.Is(err, webchat.ErrExists) && w.began && held.SourceID != "" && held.SourceID != sourceID(w.reading.Row) && !w.keepSource:
			w.keepSource = true // it stays as it is there
			continue
		case err != nil && w.began && w.adapt(err, w.sent, held):
			continue
		case err != nil:
			return err
		}
		w.doubt = before // it was answered
		changed := confirmed.Access != w.sent.Stamp.Access
		seen, err := w.isAccessSeen(id, told, w.sent.Profile.QueryMetadata, changed)
		if err != nil {
			return err
		}
		if seen {
			return w.confirm(before, changed)
		}
		if !w.sent.Profile.QueryMetadata.IsZero() || w.style.none == webchat.NoneOmitted {
			return errUnseen
		}
		w.style.none++ // "none" in another style
	}
}

// confirm records that MaiAgent holds what was sent.
func (w *work) confirm(before time.Time, changed bool) error {
	since := w.reading.Row.Since
	if changed && w.sent.Profile.QueryMetadata.IsZero() {
		w.vendor.none.Store(int64(w.style.none))
	}
	err := w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: upstream.OpReplace, Outcome: contacts.OutcomeOK, At: now}
		refused := w.refused(w.sent, now)
		switch {
		case row.Life == contacts.Suspended && w.sent.Stamp.Profile == "":
			return row.ConfirmSuspended(w.owner, w.sent.Stamp.Access, before, now)
		case refused != "":
			return row.ConfirmWithout(w.owner, w.sent.Stamp, refused, before, now)
		}
		return row.Confirm(w.owner, w.sent.Stamp, before, now)
	})
	if err != nil {
		return err
	}
	w.doubt = w.reading.Row.DoubtUntil
	w.vendor.forgetUnseen(w.reading.Row.Person)
	w.reportRefused(w.ctx)
	if changed {
		w.Logger.InfoContext(w.ctx, "maicontact: MaiAgent has confirmed a change of permissions", "after", w.reading.Row.Updated.Sub(since))
	}
	return nil
}

// heal starts the next generation of a contact that was deleted at MaiAgent. One 404
// could also come from a wrong address, the key of another organisation or a replica
// that lags behind. So a second read must give it too, the search must not show the
// contact, and this key must be able to read the inbox.
func (w *work) heal() error {
	id := w.reading.Row.ContactID
	gone, err := w.isGone(id)
	if err != nil {
		return err
	}
	if !gone {
		return errors.New("the contact can be read but not written")
	}
	found, err := w.findExisting()
	switch {
	case err != nil:
		return err
	case found != nil && found.ID == id:
		return errors.New("the contact is listed but cannot be read")
	case !w.doubt.IsZero():
		return errInDoubt
	}
	if found == nil {
		if err := w.API.CanRead(w.ctx, upstream.Upkeep, w.reading.Row.InboxID); err != nil {
			return err
		}
	}
	return w.nextGeneration("a contact was deleted at MaiAgent")
}

func (w *work) isGone(id webchat.ContactID) (bool, error) {
	_, err := w.API.Get(w.ctx, w.purpose(), id)
	if errors.Is(err, webchat.ErrNotFound) {
		return true, nil
	}
	return false, err
}
