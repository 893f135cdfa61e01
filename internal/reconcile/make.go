package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

var (
	// errInDoubt means that a write of unknown outcome is so young that it may
	// still land.
	errInDoubt = errors.New("a write of unknown outcome is too young to be repeated")
	// errUntold means that a reply does not say whose contact it is about, and
	// that the search does not show that contact.
	errUntold = errors.New("the reply does not say whose contact it is, and the search does not show it")
	// errAnothers means that the reply to a creation is about the contact of
	// another person, probably because a proxy had cached it.
	errAnothers = errors.New("the reply is that of another person's creation")
	// errDenied means that creations for the person were answered with something
	// else so often that there is to be no other.
	errDenied = errors.New("MaiAgent answers creations for this person with something else")
)

// maxDenials is how many creations for one person may be answered with what
// contradicts them.
const maxDenials = 2

func sourceID(row contacts.Row) string { return identity.SourceID(row.Person, row.Generation) }

// make looks first, and creates only when MaiAgent clearly has no contact. For
// a suspended person it only looks: a contact that is there must lose its access.
func (w *work) make() error {
	found, err := w.find()
	switch {
	case err != nil:
		return err
	case found != nil:
		return w.bindFound(found.ID)
	case !w.reading.Row.DoubtUntil.IsZero():
		return errInDoubt
	}
	if row := w.reading.Row; row.Trust != 0 && row.Generation == 1 { // a table that has lost changes looks so
		switch further, err := w.laterGeneration(); {
		case err != nil:
			return err
		case further > 0:
			return w.advance(further, "the table has lost the record of a contact that was made later")
		}
	}
	switch {
	case w.reading.Row.Life == contacts.Suspended:
		return w.endClaim()
	case w.reading.Row.Denials >= maxDenials:
		return errDenied
	}
	return w.create(NoChange)
}

// create makes the contact. first is applied in the Put that records the beginning of
// the write. What MaiAgent refuses is left out.
func (w *work) create(first contacts.Transition) error {
	for {
		made, err := w.send(first, webchat.Contact{}, func(before func(context.Context) (webchat.Draft, error)) (webchat.Contact, error) {
			return w.API.Create(w.ctx, w.purpose(), before)
		})
		first = NoChange
		switch {
		case err == nil:
			return w.bindMade(made)
		case !w.began, upstream.Setting(err) != "":
			return err
		case errors.Is(err, webchat.ErrExists), upstream.FailedInside(err) && w.mayBeHeld():
			return w.adoptExisting()
		case errors.Is(err, webchat.ErrMismatch):
			return w.denied(made.ID, err)
		case !w.adapt(err, w.sent, webchat.Contact{}):
			return err
		}
	}
}

// denied is for a creation that was answered with a different contact. If that contact
// is another person's, the reply says nothing about this creation.
func (w *work) denied(id webchat.ContactID, cause error) error {
	if anothers, err := w.reading.IsAnothers(w.ctx, id); err == nil && anothers {
		return fmt.Errorf("%w: %w", errAnothers, cause)
	}
	return cause
}

// adoptExisting looks for the contact that MaiAgent says is there.
func (w *work) adoptExisting() error {
	found, err := w.findExisting()
	switch {
	case err != nil:
		return err
	case found != nil:
		return w.bindFound(found.ID)
	case !w.mayBeHeld():
		return errHeld
	}
	return w.nextGeneration("a deleted contact holds the source id")
}

// nextGeneration gives up the row's contact, or its source id. If the table has lost
// changes, MaiAgent may already have a contact of the next generation or the one after.
func (w *work) nextGeneration(why string) error {
	further, err := w.laterGeneration()
	if err != nil {
		return err
	}
	return w.advance(max(1, further), why)
}

// laterGeneration returns how many generations later MaiAgent has a contact; 0: it has
// none.
func (w *work) laterGeneration() (int, error) {
	for further := 1; further <= FurtherGenerations; further++ {
		if found, err := w.list(w.reading.Row.Generation + further); err != nil || len(found) > 0 {
			return further, err
		}
	}
	return 0, nil
}

func (w *work) advance(generations int, why string) error {
	w.Logger.WarnContext(w.ctx, "maicontact: "+why+"; another generation is taken", "generation", w.reading.Row.Generation+generations)
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		doubt := w.doubt
		if !doubt.After(now) {
			doubt = time.Time{} // it ended while the contact was looked for
		}
		row, err := row.NotWritten(w.owner, doubt, now)
		for range generations {
			if err == nil {
				row, err = row.NextGeneration(w.owner, now)
			}
		}
		return row, err
	})
}

// bindMade takes a contact that was just made. A reply that holds nothing but an
// id may come from a cache, so that the search must show the contact as ours.
func (w *work) bindMade(made webchat.Contact) error {
	if made.SourceID == "" {
		found, err := w.findExisting()
		switch {
		case err != nil:
			return err
		case found == nil:
			return w.denied(made.ID, errUntold)
		case found.ID != made.ID:
			return w.bindFound(found.ID)
		}
		made = *found
	}
	access := w.sent.Profile.QueryMetadata
	// A person without access of their own was sent without any, and a new contact
	// had none before.
	seen, err := w.isAccessSeen(made.ID, made, access, !access.IsZero())
	if err != nil || !seen {
		return w.bind(made.ID, contacts.Stamp{}, upstream.OpCreate)
	}
	return w.bind(made.ID, w.sent.Stamp, upstream.OpCreate)
}

// bindFound gives the row a contact that the search has shown.
func (w *work) bindFound(id webchat.ContactID) error {
	return w.bind(id, contacts.Stamp{}, upstream.OpFind)
}

// bind records the contact that the operation has shown. If the store fails, the row
// stays as the write left it: in doubt.
func (w *work) bind(id webchat.ContactID, confirmed contacts.Stamp, operation string) error {
	err := w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: operation, Outcome: contacts.OutcomeOK, At: now}
		refused := w.refused(w.sent, now)
		switch {
		case confirmed == (contacts.Stamp{}):
			// It was found, so that only what the answers left in doubt is so.
			row, _ = row.NotWritten(w.owner, w.doubt, now)
		case refused != "":
			row, err := row.Bind(w.owner, id, contacts.Stamp{Access: confirmed.Access}, now)
			if err != nil || row.Life != contacts.Live {
				return row, err
			}
			return row.ConfirmWithout(w.owner, confirmed, refused, row.DoubtUntil, now)
		}
		return row.Bind(w.owner, id, confirmed, now)
	})
	if err == nil {
		w.doubt = w.reading.Row.DoubtUntil
		w.reportRefused(w.ctx)
	}
	return err
}

// find returns the contact with exactly the row's source id, or nil. If MaiAgent has
// several it always takes the oldest.
func (w *work) find() (*webchat.Contact, error) {
	found, err := w.list(w.reading.Row.Generation)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	w.vendor.noteReply(found[0])
	if len(found) > 1 {
		w.Logger.ErrorContext(w.ctx, "maicontact: MaiAgent has several contacts with one source id; the oldest is used", "contacts", len(found))
	}
	return &found[0], nil
}

// findExisting looks for a contact that MaiAgent says is there already, repeatedly
// while the search may lag behind. If it finds none, a deleted contact may hold the
// source id.
func (w *work) findExisting() (*webchat.Contact, error) {
	for start := time.Now(); ; {
		found, err := w.find()
		if err != nil || found != nil || time.Since(start) >= w.Timing.SearchLag {
			return found, err
		}
		if err := background.Sleep(w.ctx, w.Timing.SearchLag/6); err != nil {
			return nil, err
		}
	}
}
