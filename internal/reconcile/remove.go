package reconcile

import (
	"errors"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// furtherGenerations is how far beyond the generation of a tombstone an erasure
// looks: a table that was lost may have known of later ones. A reissue looks no
// further than its own; what comes after it is another's.
const furtherGenerations = 2

// remove deletes what the row had at MaiAgent: the contact it knows, and any
// that an unfinished attempt or a former row has left. Contacts are looked for
// first, then the claim is checked, and nothing that was made after that is
// touched.
func (w *work) remove() error {
	left, err := w.remaining()
	if err != nil {
		return err
	}
	if len(left) > 0 {
		err := w.at.ChangeInLease(w.ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.BeginDelete(w.owner, now)
		})
		if err != nil {
			return err
		}
	}
	for _, id := range left {
		if err := w.delete(id); err != nil {
			return err
		}
	}
	if !w.at.Row.DoubtUntil.IsZero() {
		return errInDoubt // a contact may still appear
	}
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: "delete_contact", Outcome: OutcomeOK, At: now}
		return row.Deleted(w.owner, now)
	})
}

// remaining lists the contacts that the row may have at MaiAgent.
func (w *work) remaining() ([]webchat.ContactID, error) {
	row := w.at.Row
	var ids []webchat.ContactID
	if row.ContactID != "" {
		ids = append(ids, row.ContactID)
	}
	further := 0
	if row.Life == contacts.Erasing {
		further = furtherGenerations
	}
	for generation, last := 1, row.Generation+further; generation <= last; generation++ {
		found, err := w.api.Find(w.ctx, upstream.Upkeep, row.InboxID, identity.SourceID(row.Person, generation))
		if err != nil {
			return nil, err
		}
		for _, contact := range found {
			last = max(last, generation+further)
			if !slices.Contains(ids, contact.ID) {
				ids = append(ids, contact.ID)
			}
		}
	}
	return ids, nil
}

// delete deletes a contact and reads back.
func (w *work) delete(id webchat.ContactID) error {
	if err := w.api.Delete(w.ctx, id); err != nil {
		return err
	}
	gone, err := w.isGone(id)
	if err == nil && !gone {
		return errors.New("the contact is still there after its deletion")
	}
	return err
}
