package reconcile

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// errInDoubt means that a write of unknown outcome is so young that it may still
// land.
var errInDoubt = errors.New("a write of unknown outcome is too young to be repeated")

func sourceID(row contacts.Row) string { return identity.SourceID(row.Person, row.Generation) }

// make looks first, and creates only when MaiAgent clearly has no contact.
func (w *work) make() error {
	found, err := w.find()
	if err != nil {
		return err
	}
	if found != "" {
		return w.bind(found, contacts.Stamp{})
	}
	if !w.at.Row.DoubtUntil.IsZero() {
		return errInDoubt
	}
	return w.create(AsItIs)
}

// create makes the contact. first goes into the same Put as the note that a
// write has begun.
func (w *work) create(first contacts.Transition) error {
	made, err := w.send(first, func(before func(context.Context) (webchat.Draft, error)) (webchat.Contact, error) {
		return w.api.Create(w.ctx, w.purpose(), before)
	})
	if err == nil {
		return w.bindMade(made)
	}
	if !w.began {
		return err
	}
	if !errors.Is(err, webchat.ErrExists) && !(upstream.FailedInside(err) && w.mayBeHeld()) {
		return err
	}
	found, failed := w.findExisting()
	if failed != nil {
		return failed
	}
	if found != "" {
		return w.bind(found, contacts.Stamp{})
	}
	if !w.mayBeHeld() {
		return errHeld
	}
	return w.nextGeneration("a deleted contact holds the source id")
}

// nextGeneration gives up the contact, or the source id, of the row.
func (w *work) nextGeneration(why string) error {
	w.log.WarnContext(w.ctx, "maicontact: "+why+"; the next generation is made", "generation", w.at.Row.Generation+1)
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		doubt := w.doubt
		if !doubt.After(now) {
			doubt = time.Time{} // it was looked for as long as that
		}
		row, err := row.NotWritten(w.owner, doubt, now)
		if err != nil {
			return row, err
		}
		return row.NextGeneration(w.owner, now)
	})
}

// errUntold means that a reply does not say whose contact it has, and that the
// search does not show it.
var errUntold = errors.New("the reply does not say whose contact it is, and the search does not show it")

// bindMade takes a contact that was just made. A reply that holds nothing but an
// id may come from a cache, so that the search must show the contact as ours.
func (w *work) bindMade(made webchat.Contact) error {
	if made.SourceID != "" {
		return w.bind(made.ID, w.sent.Stamp)
	}
	found, err := w.findExisting()
	switch {
	case err != nil:
		return err
	case found == made.ID:
		return w.bind(found, w.sent.Stamp)
	case found != "":
		return w.bind(found, contacts.Stamp{})
	}
	return errUntold
}

// send records that a write has begun, sends it once its turn has come, and
// notes what is then in doubt.
func (w *work) send(first contacts.Transition, call func(before func(context.Context) (webchat.Draft, error)) (webchat.Contact, error)) (webchat.Contact, error) {
	var before time.Time
	result, err := call(func(ctx context.Context) (webchat.Draft, error) {
		err := w.at.ChangeInLease(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row, err := first(row, now)
			if err != nil {
				return row, err
			}
			if row.Waiting == nil {
				return row, contacts.ErrFenced // it has been sent meanwhile
			}
			before = row.DoubtUntil
			return row.BeginWrite(w.owner, w.timing.WriteDoubt, now)
		})
		if err != nil {
			return webchat.Draft{}, err
		}
		row := w.at.Row
		w.began, w.doubt = true, row.DoubtUntil
		w.sent = contacts.Desired{Profile: *row.Waiting, Stamp: row.Desired, Revision: row.Revision}
		return w.draft(), nil
	})
	w.doubt = w.doubtAfter(before, err)
	return result, err
}

// doubtAfter is until when a write may still land, after an answer: as before
// when this one clearly did not happen, and only while the search may lag
// behind when MaiAgent itself has answered. What MaiAgent says of one write says
// nothing of another.
func (w *work) doubtAfter(before time.Time, err error) time.Time {
	api, ok := errors.AsType[*webchat.Error](err)
	switch {
	case !ok:
		return w.doubt
	case !api.Unknown:
		return before
	case api.Status/100 == 2 || api.Status == http.StatusInternalServerError || api.Status == http.StatusServiceUnavailable:
		if lag := w.at.Now().Add(w.timing.SearchLag); lag.After(before) {
			return lag
		}
		return before
	}
	return w.doubt
}

// bind gives the row its contact. A row that could not be written stays as the
// write left it: in doubt.
func (w *work) bind(id webchat.ContactID, confirmed contacts.Stamp) error {
	err := w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.LastCall = contacts.Call{Operation: "create_contact", Outcome: OutcomeOK, At: now}
		if confirmed == (contacts.Stamp{}) && row.Owner == w.owner {
			// It was found; what is in doubt is what the answers left so.
			row, _ = row.NotWritten(w.owner, w.doubt, now)
		}
		return row.Bind(w.owner, id, confirmed, now)
	})
	if err == nil {
		w.doubt = w.at.Row.DoubtUntil
	}
	return err
}

// find returns the contact with exactly the row's source id; none is no error.
// Where MaiAgent has several, the oldest is taken, always.
func (w *work) find() (webchat.ContactID, error) {
	found, err := w.api.Find(w.ctx, w.purpose(), w.at.Row.InboxID, sourceID(w.at.Row))
	if err != nil || len(found) == 0 {
		return "", err
	}
	if len(found) > 1 {
		w.log.ErrorContext(w.ctx, "maicontact: MaiAgent has several contacts with one source id; the oldest is used", "contacts", len(found))
	}
	return found[0].ID, nil
}

// findExisting looks for a contact that MaiAgent says is there already, again
// and again while its search may lag behind. None after that means that a
// deleted contact holds the source id.
func (w *work) findExisting() (webchat.ContactID, error) {
	for start := time.Now(); ; {
		found, err := w.find()
		if err != nil || found != "" || time.Since(start) >= w.timing.SearchLag {
			return found, err
		}
		if err := background.Sleep(w.ctx, w.timing.SearchLag/6); err != nil {
			return "", err
		}
	}
}
