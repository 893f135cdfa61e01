// Package reconcile brings one row in step with MaiAgent: look, create, replace,
// delete. It closes the difference between what the row says is desired and what
// it says is confirmed, under a claim of the row, and writes down what came of
// it. Members and visitors are treated alike.
package reconcile

import (
	"context"
	"errors"
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

// Flight is how long work under a claim may take. It ends before the lease does.
func (t Timing) Flight() time.Duration { return t.Lease * 2 / 3 }

const (
	// mostSteps bounds the work on one row under one claim: make, replace,
	// and once more when the contact turns out to be deleted.
	mostSteps = 6
	// recordTime is how long the outcome of a call may take to be written.
	recordTime = 5 * time.Second
)

// Reconciler is made by [New] and safe for concurrent use.
type Reconciler struct {
	api    *upstream.Client
	timing Timing
	log    *slog.Logger
}

// New returns a Reconciler.
func New(api *upstream.Client, timing Timing, log *slog.Logger) *Reconciler {
	return &Reconciler{api: api, timing: timing, log: log}
}

// Settle applies the transition to the row, and brings the row in step with
// MaiAgent. When another process holds the row it waits until that one is done,
// unless the row may be handed out meanwhile. A failure at MaiAgent is in the
// row, not in the error. The reading must be the caller's alone.
func (r *Reconciler) Settle(ctx context.Context, at *contacts.Reading, first contacts.Transition) error {
	for delay := 25 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		owner, err := r.Claim(ctx, at, first)
		first = AsItIs // once: what came after it must not be undone
		switch {
		case err != nil:
			return err
		case owner != 0:
			return r.work(ctx, at, owner, false)
		case !at.Row.IsClaimed(at.Now()) || at.Row.Ready():
			return nil
		}
		if err := background.Sleep(ctx, delay/2+rand.N(delay)); err != nil {
			return err
		}
		if err := at.Again(ctx); err != nil {
			return err
		}
	}
}

// Make applies the transition to the row of a person whom nobody can know yet,
// and makes their contact: there is nothing to look for.
func (r *Reconciler) Make(ctx context.Context, at *contacts.Reading, first contacts.Transition) error {
	w := r.begin(ctx, at, newOwner())
	defer w.cancel()
	err := w.create(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row, err := first(row, now)
		if err != nil {
			return row, err
		}
		return row.Claim(w.owner, r.timing.Lease, now)
	})
	if err != nil && !w.began {
		return err // nothing was written anywhere
	}
	if err != nil {
		return w.giveUp(err)
	}
	return w.carryOn()
}

// Upkeep works on a row that is due. A row that is not, or that somebody else
// holds, is left alone.
func (r *Reconciler) Upkeep(ctx context.Context, s contacts.Store, p contacts.Person) error {
	at, err := contacts.Read(ctx, s, p)
	if err != nil {
		return err
	}
	owner, err := r.Claim(ctx, at, AsItIs)
	if err != nil || owner == 0 {
		return err
	}
	return r.Continue(ctx, at, owner)
}

// Claim applies the transition to the row and, if it is due then, takes it. The
// owner names the claim; 0: there is none, as the row is not due, or another's.
func (r *Reconciler) Claim(ctx context.Context, at *contacts.Reading, f contacts.Transition) (owner int64, err error) {
	mine := newOwner()
	err = at.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		owner = 0
		row, err := f(row, now)
		if err != nil {
			return row, err
		}
		next, err := row.Claim(mine, r.timing.Lease, now)
		if err != nil {
			return row, nil
		}
		owner = mine
		return next, nil
	})
	if err != nil {
		return 0, err
	}
	return owner, nil
}

// Continue works on a row under a claim of Claim, without anybody waiting.
func (r *Reconciler) Continue(ctx context.Context, at *contacts.Reading, owner int64) error {
	return r.work(ctx, at, owner, true)
}

// AsItIs is a transition that changes nothing.
func AsItIs(row contacts.Row, _ time.Time) (contacts.Row, error) { return row, nil }

func (r *Reconciler) work(ctx context.Context, at *contacts.Reading, owner int64, upkeep bool) error {
	w := r.begin(ctx, at, owner)
	w.upkeep = upkeep
	defer w.cancel()
	return w.carryOn()
}

func newOwner() int64 {
	for {
		if owner := rand.Int64(); owner != 0 {
			return owner
		}
	}
}

// work is what one claim does.
type work struct {
	*Reconciler
	ctx    context.Context
	cancel context.CancelFunc
	at     *contacts.Reading
	owner  int64
	upkeep bool // nobody waits for it

	claimed contacts.Row     // as the claim found it
	began   bool             // a write was recorded as begun
	sent    contacts.Desired // by the newest write
	doubt   time.Time        // until when a write may still land, if the work fails now
}

func (r *Reconciler) begin(ctx context.Context, at *contacts.Reading, owner int64) *work {
	w := &work{Reconciler: r, at: at, owner: owner, claimed: at.Row, doubt: at.Row.DoubtUntil}
	left := r.timing.Flight()
	if at.Row.Owner == owner {
		// The Put that claimed the row may have taken long.
		left = min(left, at.Row.LeaseUntil.Sub(at.Now())-r.timing.Lease/10)
	}
	w.ctx, w.cancel = context.WithTimeout(ctx, left)
	return w
}

// carryOn does one thing after the other until the claim ends.
func (w *work) carryOn() error {
	for range mostSteps {
		if w.at.Row.Owner != w.owner {
			return nil
		}
		if err := w.step(); err != nil {
			return w.giveUp(err)
		}
	}
	if w.at.Row.Owner != w.owner {
		return nil
	}
	return w.giveUp(errors.New("no end of changes"))
}

// step does the next thing.
func (w *work) step() error {
	switch row := w.at.Row; {
	case row.Life == contacts.Erasing || row.Life == contacts.Reissuing:
		return w.remove()
	case row.Life != contacts.Live || row.Waiting == nil:
		return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Rest(w.owner, now) })
	case row.ContactID == "":
		return w.make()
	default:
		return w.replace()
	}
}

// record writes down what happened, even when the time of the work is over.
func (w *work) record(f contacts.Transition) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), recordTime)
	defer cancel()
	return w.at.Change(ctx, f)
}

// giveUp ends the claim after a failure. What was in doubt stays so.
func (w *work) giveUp(cause error) error {
	if errors.Is(cause, contacts.ErrFenced) || errors.Is(cause, contacts.ErrLate) {
		return w.lost()
	}
	if errors.Is(cause, contacts.ErrContactTaken) {
		w.log.ErrorContext(w.ctx, "maicontact: MaiAgent gave one contact for two people; the second does not get it. Look for a proxy that answers API calls from a cache")
	}
	var failure contacts.Failure
	err := w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		failure = w.failure(row, cause, now)
		row.LastCall = callOf(cause, now)
		return row.Postpone(w.owner, failure, now)
	})
	if errors.Is(err, contacts.ErrFenced) {
		return w.lost()
	}
	if err == nil {
		w.log.WarnContext(w.ctx, "maicontact: a contact is not in step yet", "error", cause, "failures", w.at.Row.Failures, "retry_in", failure.Delay)
	}
	return err
}

// lost is for a claim that somebody else has taken over, or that an erasure has
// made void: what was sent may still land.
func (w *work) lost() error {
	return w.record(func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if row.Owner == w.owner {
			// It is ours, and only its lease is over.
			return row.Postpone(w.owner, contacts.Failure{Reason: "the lease was over", DoubtUntil: row.DoubtUntil, Conflicts: row.Conflicts}, now)
		}
		if w.doubt.IsZero() || !w.began {
			return row, nil
		}
		return row.Lost(w.sent, w.doubt, now), nil
	})
}

func (w *work) purpose() upstream.Purpose {
	switch {
	case w.upkeep:
		return upstream.Upkeep
	case w.at.Row.IsVisitor():
		return upstream.MakeVisitor
	}
	return upstream.MakeMember
}

func (w *work) draft() webchat.Draft {
	row := w.at.Row
	d := webchat.Draft{InboxID: row.InboxID, SourceID: sourceID(row)}
	if row.Waiting != nil {
		d.Profile = *row.Waiting
	}
	return d
}
