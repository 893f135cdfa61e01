package maicontact

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// makeContact looks first, and creates only when MaiAgent clearly has none.
func (r *resolver) makeContact(ctx context.Context, row, claimed Contact) (Contact, error) {
	source := r.sourceOf(row)
	found, err := r.find(ctx, toMake, source)
	if err != nil {
		return row, err
	}
	if found != "" {
		return r.adopt(ctx, row, found)
	}
	if sinceAttempt(claimed) < r.settleTime {
		return row, errUnsettled
	}
	if row, err = r.attempt(ctx, row); err != nil {
		return row, err
	}
	made, err := r.create(ctx, r.draft(row))
	switch {
	case err == nil:
		next, err := r.bind(ctx, row, made.ID, row.Wanted)
		if errors.Is(err, ErrFenced) {
			r.deleteIfErased(ctx, row.Key, made.ID)
		}
		return next, err
	case !errors.Is(err, webchat.ErrExists):
		return row, err
	}
	if found, err = r.findExisting(ctx, source); err != nil {
		return row, err
	}
	if found != "" {
		return r.adopt(ctx, row, found)
	}
	return r.skipHeldSourceID(ctx, row, claimed)
}

// errHeld means that MaiAgent says a contact is there and does not show it.
var errHeld = errors.New("MaiAgent has the source id already, but shows no contact with it")

const (
	// heldDelay is how long to wait before a held source id is given up.
	heldDelay = 30 * time.Second
	// mostHeld bounds how many in a row are given up; then heldRest is waited.
	mostHeld = 3
	heldRest = time.Hour
)

// skipHeldSourceID starts the next generation when a deleted contact holds the
// source id. That cannot be told from a search that lags behind, or from a
// MaiAgent that answers so to everything; so it looks twice, goes one
// generation at a time, and not far.
func (r *resolver) skipHeldSourceID(ctx context.Context, row, claimed Contact) (Contact, error) {
	if claimed.Failures == 0 || claimed.Failures > mostHeld || row.Generation != claimed.Generation {
		return row, errHeld
	}
	r.log.WarnContext(ctx, "maicontact: a deleted contact holds the source id; the next generation is made", "generation", row.Generation+1)
	return r.store.Regenerate(ctx, row.Claim())
}

// deleteIfErased takes back a contact whose member was erased while it was
// being made.
func (r *resolver) deleteIfErased(ctx context.Context, key Key, id webchat.ContactID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	row, err := r.store.Contact(ctx, key)
	if err == nil && !row.Erased.IsZero() {
		err = r.client.Delete(ctx, id)
	}
	if err != nil {
		r.log.WarnContext(ctx, "maicontact: a contact made during an erasure is left to the erasure", "error", err)
	}
}

// attempt records that a write is about to be sent. The row it returns has the
// newest profile.
func (r *resolver) attempt(ctx context.Context, row Contact) (Contact, error) {
	newest, err := r.store.Attempt(ctx, row.Claim())
	if err != nil {
		return row, err
	}
	return newest, nil
}

// errUnsettled means that an attempt of unknown outcome is so young that
// MaiAgent's search may not show its contact yet.
var errUnsettled = errors.New("an attempt of unknown outcome is too young to be repeated")

// sinceAttempt returns how long before its claim a row's last write of unknown
// outcome was sent, by the store's own clock; a long time when there was none.
func sinceAttempt(claimed Contact) time.Duration {
	if claimed.Attempted.IsZero() {
		return math.MaxInt64
	}
	return claimed.LeaseUntil.Add(-lease).Sub(claimed.Attempted)
}

// adopt takes a contact that is there already. What it holds is not known, so
// the wanted profile stays to be sent.
func (r *resolver) adopt(ctx context.Context, row Contact, id webchat.ContactID) (Contact, error) {
	return r.bind(ctx, row, id, Stamp{})
}

func (r *resolver) bind(ctx context.Context, row Contact, id webchat.ContactID, confirmed Stamp) (Contact, error) {
	// What MaiAgent did must be recorded even when the flight's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return r.store.Bind(ctx, row.Claim(), id, confirmed)
}

// replaceContact sends the waiting profile. Where an older write may still
// land after this one, it is sent once more later.
func (r *resolver) replaceContact(ctx context.Context, row, claimed Contact) (Contact, error) {
	// The turn comes before the attempt, which reads the newest profile.
	end, err := r.pace.begin(ctx, toKeep)
	if err != nil {
		return row, err
	}
	if row, err = r.attempt(ctx, row); err == nil {
		err = r.client.Replace(ctx, row.ContactID, r.draft(row))
	}
	end()
	if errors.Is(err, webchat.ErrNotFound) {
		return r.heal(ctx, row)
	}
	if err != nil {
		return row, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	var again time.Duration
	if sinceAttempt(claimed) < lateTime {
		again = lateTime
	}
	next, err := r.store.Confirm(ctx, row.Claim(), row.Wanted, again)
	if err == nil && claimed.Confirmed.Access != row.Wanted.Access {
		r.log.InfoContext(ctx, "maicontact: MaiAgent has confirmed a change of permissions", "after", next.Updated.Sub(row.Since))
	}
	return next, err
}

// heal starts the next generation of a contact that was deleted at MaiAgent.
// A 404 alone could also come from a wrong address, so the search must work
// and not show the contact.
func (r *resolver) heal(ctx context.Context, row Contact) (Contact, error) {
	found, err := r.find(ctx, toKeep, r.sourceOf(row))
	if err != nil {
		return row, err
	}
	if found == row.ContactID {
		return row, errors.New("the contact is listed but cannot be written")
	}
	r.log.WarnContext(ctx, "maicontact: a contact was deleted at MaiAgent; the next generation is made", "generation", row.Generation+1)
	return r.store.Regenerate(ctx, row.Claim())
}

func (r *resolver) sourceOf(row Contact) string {
	return sourceID(row.Key.owner(), row.Generation)
}

func (r *resolver) draft(row Contact) webchat.Draft {
	d := webchat.Draft{InboxID: row.Key.InboxID, SourceID: r.sourceOf(row)}
	if row.Waiting != nil {
		d.Profile = *row.Waiting
	}
	return d
}
