package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// replace sends the profile that waits. Where an older write may still land
// after this one, it is sent once more later.
func (w *work) replace() error {
	before, held := w.doubt, w.at.Row.Confirmed
	_, err := w.send(AsItIs, func(begin func(context.Context) (webchat.Draft, error)) (webchat.Contact, error) {
		return webchat.Contact{}, w.api.Replace(w.ctx, w.at.Row.ContactID, begin)
	})
	if errors.Is(err, webchat.ErrNotFound) {
		return w.heal()
	}
	if err != nil {
		return err
	}
	since := w.at.Row.Since
	err = w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: "replace_contact", Outcome: OutcomeOK, At: now}
		return row.Confirm(w.owner, w.sent.Stamp, before, now)
	})
	if err != nil {
		return err
	}
	w.doubt = w.at.Row.DoubtUntil
	if held.Access != w.sent.Stamp.Access {
		w.log.InfoContext(w.ctx, "maicontact: MaiAgent has confirmed a change of permissions", "after", w.at.Row.Updated.Sub(since))
	}
	return nil
}

// heal starts the next generation of a contact that was deleted at MaiAgent.
// A 404 alone could also come from a wrong address or a copy that lags behind,
// so reading it must say the same, and the search must work and not show it.
func (w *work) heal() error {
	id := w.at.Row.ContactID
	gone, err := w.isGone(id)
	if err != nil {
		return err
	}
	if !gone {
		return errors.New("the contact can be read but not written")
	}
	found, err := w.findExisting()
	if err != nil {
		return err
	}
	if found == id {
		return errors.New("the contact is listed but cannot be written")
	}
	if !w.doubt.IsZero() {
		return errInDoubt
	}
	return w.nextGeneration("a contact was deleted at MaiAgent")
}

func (w *work) isGone(id webchat.ContactID) (bool, error) {
	_, err := w.api.Get(w.ctx, w.purpose(), id)
	if errors.Is(err, webchat.ErrNotFound) {
		return true, nil
	}
	return false, err
}
