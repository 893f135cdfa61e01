package maicontact

import (
	"context"
	"errors"
	"math"
	"net/http"
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
	if sinceAttempt(claimed) < lateTime && row.Generation == claimed.Generation {
		return row, errUnsettled
	}
	made, row, err := r.createFor(ctx, row)
	switch {
	case err == nil:
		next, err := r.bind(ctx, row, made.ID, row.Wanted)
		if errors.Is(err, ErrFenced) {
			r.deleteIfErased(ctx, row.Key, made.ID)
		}
		return next, err
	case !errors.Is(err, webchat.ErrExists) && !(failedInside(err) && mayBeHeld(row, claimed)):
		return row, err
	}
	if found, err = r.findExisting(ctx, toMake, source); err != nil {
		return row, err
	}
	if found != "" {
		return r.adopt(ctx, row, found)
	}
	if !mayBeHeld(row, claimed) {
		return row, errHeld
	}
	r.log.WarnContext(ctx, "maicontact: a deleted contact holds the source id; the next generation is made", "generation", row.Generation+1)
	return orBefore(row)(r.store.Regenerate(ctx, row.Claim()))
}

// orBefore returns the row as the store has changed it or, when the store
// failed, as it was before. A write that was sent stays in doubt then.
func orBefore(before Contact) func(Contact, error) (Contact, error) {
	return func(changed Contact, err error) (Contact, error) {
		if err != nil {
			return before, err
		}
		return changed, nil
	}
}

// createFor creates the contact of a row. The turn comes before the attempt,
// which reads the newest profile.
func (r *resolver) createFor(ctx context.Context, row Contact) (webchat.Contact, Contact, error) {
	var made webchat.Contact
	err := r.call(ctx, toMake, func() (err error) {
		before := row.Attempted
		if row, err = r.attempt(ctx, row); err != nil {
			return err
		}
		made, err = r.client.Create(ctx, r.draft(row))
		row = r.doubt(row, before, err)
		return err
	})
	return made, row, err
}

// doubt sets since when a write of unknown outcome may be under way: as before
// when this one clearly did not happen, and only while the search may lag
// behind when MaiAgent has answered. An older write in doubt stays so: what
// MaiAgent says of one says nothing of another.
func (r *resolver) doubt(row Contact, before time.Time, err error) Contact {
	api, ok := errors.AsType[*webchat.Error](err)
	switch {
	case !ok:
	case !api.Unknown:
		row.Attempted = before
	case api.Status/100 == 2 || api.Status == http.StatusInternalServerError || api.Status == http.StatusServiceUnavailable:
		row.Attempted = row.Attempted.Add(r.settleTime - lateTime)
		if row.Attempted.Before(before) {
			row.Attempted = before
		}
	}
	return row
}

// errHeld means that MaiAgent says a contact is there and does not show it.
var errHeld = errors.New("MaiAgent has the source id already, but shows no contact with it")

const (
	// heldDelay is how long to wait before a held source id is given up.
	heldDelay = 30 * time.Second
	// signsOfHeld is how many signs it takes to believe that a source id is
	// held. To be told so counts as all at once, a failure inside MaiAgent,
	// which is how some versions may say it, as one.
	signsOfHeld = 3
	// mostHeld bounds how many source ids in a row are given up; after that,
	// where MaiAgent goes on to say "already there", heldRest is waited.
	mostHeld = 3
	heldRest = time.Hour
)

// heldAfter counts the signs, to the next multiple of signsOfHeld when
// MaiAgent says it.
func heldAfter(held int, err error) int {
	switch {
	case errors.Is(err, errHeld):
		return (held/signsOfHeld + 1) * signsOfHeld
	case failedInside(err):
		return held + 1
	}
	return held
}

// mayBeHeld reports whether the next generation is to be started when there is
// one more sign that a deleted contact holds the source id. That cannot be told
// from a search that lags behind, or from a MaiAgent that answers so to
// everything; so it takes signs of an earlier claim, goes one generation at a
// time, and not far.
func mayBeHeld(row, claimed Contact) bool {
	return claimed.Held > 0 && claimed.Held%signsOfHeld == 0 && claimed.Held <= signsOfHeld*mostHeld &&
		row.Generation == claimed.Generation
}

// failedInside reports whether MaiAgent failed on a creation by itself, which
// may be how it says that the source id is taken.
func failedInside(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return ok && api.Operation == "create_contact" && api.Status == http.StatusInternalServerError
}

// deleteIfErased takes back a contact whose member was erased while it was
// being made.
func (r *resolver) deleteIfErased(ctx context.Context, key Key, id webchat.ContactID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	row, err := r.store.Contact(ctx, key)
	if err == nil && !row.Erased.IsZero() {
		err = r.remove(ctx, id)
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
	return orBefore(row)(r.bindHeld(id, row.Key.epoch(), func() (Contact, error) {
		return r.store.Bind(ctx, row.Claim(), id, confirmed)
	}))
}

// replaceContact sends the waiting profile. Where an older write may still
// land after this one, it is sent once more later.
func (r *resolver) replaceContact(ctx context.Context, row, claimed Contact) (Contact, error) {
	row, err := r.replaceFor(ctx, row)
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
	next, err := orBefore(row)(r.store.Confirm(ctx, row.Claim(), row.Wanted, again))
	if err == nil && claimed.Confirmed.Access != row.Wanted.Access {
		r.log.InfoContext(ctx, "maicontact: MaiAgent has confirmed a change of permissions", "after", next.Updated.Sub(row.Since))
	}
	return next, err
}

// replaceFor sends the waiting profile of a row. The turn comes before the
// attempt, which reads the newest profile.
func (r *resolver) replaceFor(ctx context.Context, row Contact) (Contact, error) {
	err := r.call(ctx, toKeep, func() (err error) {
		before := row.Attempted
		if row, err = r.attempt(ctx, row); err != nil {
			return err
		}
		err = r.client.Replace(ctx, row.ContactID, r.draft(row))
		row = r.doubt(row, before, err)
		return err
	})
	return row, err
}

// heal starts the next generation of a contact that was deleted at MaiAgent.
// A 404 alone could also come from a wrong address or a copy that lags behind,
// so reading it must say the same, and the search must work and not show it.
func (r *resolver) heal(ctx context.Context, row Contact) (Contact, error) {
	gone, err := r.isGone(ctx, row.ContactID)
	if err != nil {
		return row, err
	}
	if !gone {
		return row, errors.New("the contact can be read but not written")
	}
	found, err := r.findExisting(ctx, toKeep, r.sourceOf(row))
	if err != nil {
		return row, err
	}
	if found == row.ContactID {
		return row, errors.New("the contact is listed but cannot be written")
	}
	r.log.WarnContext(ctx, "maicontact: a contact was deleted at MaiAgent; the next generation is made", "generation", row.Generation+1)
	return orBefore(row)(r.store.Regenerate(ctx, row.Claim()))
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
