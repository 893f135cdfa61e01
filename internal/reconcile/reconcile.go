// Package reconcile brings one row in step with MaiAgent: look, create, replace,
// delete. It closes the difference between what the row says is desired and what
// it says is confirmed, under a claim of the row, and writes down what came of
// it. Members and visitors are treated alike.
package reconcile

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// Timing says how late MaiAgent may be.
type Timing struct {
	// Lease is how long a claim of a row lasts. Work under it ends before.
	Lease time.Duration
	// WriteDoubt is how long a write of unknown outcome may still land.
	WriteDoubt time.Duration
	// SearchLag is how long MaiAgent's search may need to show a contact that
	// was just made.
	SearchLag time.Duration
}

// The usual [Timing].
const (
	DefaultLease      = 30 * time.Second
	DefaultWriteDoubt = time.Minute
	DefaultSearchLag  = 5 * time.Second
)

// Flight is how long work under a claim may take. It ends before the lease does.
func (t Timing) Flight() time.Duration { return t.Lease * 2 / 3 }

// Options configures a [Reconciler].
type Options struct {
	API    *upstream.Client
	Timing Timing
	// Suspended is the access of people who are suspended. Defaults to
	// webchat.NoAccess().
	Suspended webchat.QueryMetadata
	// VendorKeys are keys that MaiAgent adds to query metadata, and that mean nothing.
	VendorKeys []string
	// RemakeMoved counts a contact that is in other inboxes only as deleted.
	RemakeMoved bool
	// InsecureStalePermissions hands out an id before its access is confirmed.
	InsecureStalePermissions bool
	// OnRefused is told which fields of a person MaiAgent did not take. Optional.
	OnRefused func(context.Context, contacts.Person, []webchat.Field)
	Logger    *slog.Logger
}

// Reconciler is made by [New] and safe for concurrent use.
type Reconciler struct {
	Options
	vendor vendor
}

// New returns a Reconciler.
func New(o Options) *Reconciler {
	if o.Suspended.IsZero() {
		o.Suspended = webchat.NoAccess()
	}
	return &Reconciler{Options: o}
}

// Settle applies the transition to the row, and brings the row in step with
// MaiAgent. While another process holds the row it waits, unless the contact may be
// handed out meanwhile or the row's life changes. A failure at MaiAgent is in the row,
// not in the error. Nobody else may use the reading.
func (r *Reconciler) Settle(ctx context.Context, reading *contacts.Reading, first contacts.Transition) error {
	owner, err := r.Claim(ctx, reading, first)
	life := reading.Row.Life
	for delay := 25 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		switch {
		case err != nil:
			return err
		case owner != 0:
			w := r.begin(ctx, reading, owner)
			return w.do(w.runSteps)
		case !reading.Row.IsClaimed(reading.Now()) || r.MayHandOut(reading.Row):
			return nil // also when a claim was made void and its lease must pass, see [contacts.Row.Lost]
		}
		if err := background.Sleep(ctx, delay/2+rand.N(delay)); err != nil {
			return err
		}
		if err := reading.Reload(ctx); err != nil {
			return err
		}
		if reading.Row.Life != life {
			return nil // what first asked for cannot be had any more
		}
		owner, err = r.Claim(ctx, reading, NoChange) // first must not undo what came after it
	}
}

// MayHandOut reports whether the contact id of the row may be handed out.
func (r *Reconciler) MayHandOut(row contacts.Row) bool {
	return row.Ready() || r.InsecureStalePermissions && row.Life == contacts.Live && row.ContactID != ""
}

// Make applies the transition to the row of a new person and makes their contact. It
// does not look for one first: nobody else can know of the person yet.
func (r *Reconciler) Make(ctx context.Context, reading *contacts.Reading, first contacts.Transition) error {
	w := r.begin(ctx, reading, newOwner())
	unsent := func(row contacts.Row, now time.Time) (contacts.Row, error) {
		return row.NotWritten(w.owner, w.doubt, now)
	}
	return w.do(func() error {
		err := w.create(func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row, err := first(row, now)
			switch {
			case err != nil:
				return row, err
			case row.Owner == w.owner: // a Put of unclear outcome was stored after all
				return unsent(row, now)
			}
			return row.Claim(w.owner, r.Timing.Lease, now)
		})
		if err != nil && !w.began {
			r.abandon(ctx, reading, w.owner, err, unsent)
			return err
		}
		if err != nil {
			return w.giveUp(err)
		}
		return w.runSteps()
	})
}

// Upkeep works on a row that is due. A row that is not, or that somebody else
// holds, is left alone.
func (r *Reconciler) Upkeep(ctx context.Context, s contacts.Store, p contacts.Person) error {
	reading, err := contacts.Read(ctx, s, p)
	if err != nil {
		return err
	}
	owner, err := r.Claim(ctx, reading, NoChange)
	if err != nil || owner == 0 {
		return err
	}
	return r.Continue(ctx, reading, owner)
}

// Continue works on a row that Claim has claimed. Nobody waits for it.
func (r *Reconciler) Continue(ctx context.Context, reading *contacts.Reading, owner int64) error {
	w := r.begin(ctx, reading, owner)
	w.upkeep = true
	return w.do(w.runSteps)
}

// NoChange is a transition that changes nothing.
func NoChange(row contacts.Row, _ time.Time) (contacts.Row, error) { return row, nil }
