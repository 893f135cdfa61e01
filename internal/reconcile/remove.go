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

// FurtherGenerations is how many generations beyond its row's a person's contacts are
// looked for, by an erasure for example: a table that was lost may have known of later
// ones. A reissue looks no further than its own generation: what comes after it is not
// its to delete.
const FurtherGenerations = 2

// errListed means that MaiAgent still shows what it has deleted.
var errListed = errors.New("the contact is still there after its deletion")

// remove deletes what the row had at MaiAgent: the contact it knows, and those that an
// unfinished attempt or a former row has left. It looks for contacts first and then
// checks the claim, so that it touches nothing that was made after the check. Contacts
// count as gone when they can neither be read nor listed, and the key is shown to be
// one that can read the inbox.
func (w *work) remove() error {
	left, err := w.findLeftovers()
	if err != nil {
		return err
	}
	operation := upstream.OpFind // which has found nothing
	if len(left.ids) > 0 {
		operation = upstream.OpDelete
		err := w.reading.ChangeInLease(w.ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.BeginDelete(w.owner, now)
		})
		if err != nil {
			return err
		}
	}
	for _, id := range left.ids {
		if err := w.delete(id); err != nil {
			return err
		}
	}
	if err := w.proveGone(left); err != nil {
		return err
	}
	if !w.reading.Row.DoubtUntil.IsZero() {
		return errInDoubt // a contact may still appear
	}
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: operation, Outcome: contacts.OutcomeOK, At: now}
		return row.Deleted(w.owner, now)
	})
}

// leftovers is what a row may have at MaiAgent.
type leftovers struct {
	ids      []webchat.ContactID
	listed   []int // the generations that had one
	readable bool  // a contact said that it is in our inbox
}

// findLeftovers looks for the contacts that the row may have.
func (w *work) findLeftovers() (leftovers, error) {
	row := w.reading.Row
	var all leftovers
	if row.ContactID != "" {
		all.ids = append(all.ids, row.ContactID)
	}
	further := 0
	if row.Life == contacts.Erasing {
		further = FurtherGenerations
	}
	for generation, last := 1, row.Generation+further; generation <= last; generation++ {
		found, err := w.list(generation)
		if err != nil {
			return leftovers{}, err
		}
		if len(found) > 0 {
			last = max(last, generation+further)
			all.listed = append(all.listed, generation)
		}
		for _, contact := range found {
			all.readable = all.readable || contact.IsIn(row.InboxID)
			if !slices.Contains(all.ids, contact.ID) {
				all.ids = append(all.ids, contact.ID)
			}
		}
	}
	return all, nil
}

func (w *work) list(generation int) ([]webchat.Contact, error) {
	row := w.reading.Row
	return w.API.Find(w.ctx, w.purpose(), row.InboxID, identity.SourceID(row.Person, generation))
}

// proveGone looks once more for what was deleted. An empty search proves something
// only if the inbox can be read.
func (w *work) proveGone(was leftovers) error {
	for _, generation := range was.listed {
		switch found, err := w.list(generation); {
		case err != nil:
			return err
		case len(found) > 0:
			return errListed
		}
	}
	if was.readable {
		return nil
	}
	return w.API.CanRead(w.ctx, upstream.Upkeep, w.reading.Row.InboxID)
}

// delete deletes a contact and reads back.
func (w *work) delete(id webchat.ContactID) error {
	if err := w.API.Delete(w.ctx, id); err != nil {
		return err
	}
	gone, err := w.isGone(id)
	if err == nil && !gone {
		return errListed
	}
	return err
}
