package resolve

import (
	"context"
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/internal/upstream"
)

// settle records in the row what is desired now, and brings it in step: at once if the
// person can have no answer before that, and later if they can. older is true if the row
// knows a newer revision than the question.
func (r *Resolver) settle(ctx context.Context, reading *contacts.Reading, q *Question) (older bool, err error) {
	desire := func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row = row.Outrun(q.Trust, now)
		if row.Life == contacts.Suspended && row.Passing {
			if !q.Again {
				return row, ErrPassing // the request may be older than the suspension
			}
			row, _ = row.Resume(now) // they are not suspended any more
		}
		next, err := row.SetDesired(q.Desired, now)
		if older = errors.Is(err, contacts.ErrOlderRevision); older {
			next, err = row, nil
		}
		switch {
		case err != nil || !q.Person.IsVisitor():
		case q.Keep > 0:
			next = next.Extend(now.Add(q.Keep))
		case next.Expires.IsZero():
			next = next.Extend(now.Add(r.Keep))
		}
		return next, err
	}
	next, err := desire(reading.Row, reading.Now())
	switch {
	case err != nil:
		return false, err
	case q.Fresh && !r.API.Down():
		err = r.reconcile.Make(ctx, reading, desire)
	case q.Fresh:
		err = upstream.ErrDown // nothing is kept: the visitor comes back with another key
	case q.First && !reading.Row.IsStored() && !r.API.Down():
		err = r.makeFirst(ctx, reading, desire)
	case r.API.Down():
		err = reading.Change(ctx, desire)
	case next.Life == contacts.Suspended || r.reconcile.MayHandOut(next): // waiting would not change the answer
		err = r.settleLater(ctx, reading, desire)
	default:
		err = r.reconcile.Settle(ctx, reading, desire)
	}
	if older && err == nil {
		r.Logger.WarnContext(ctx, "maicontact: the row knows a newer revision than this request; its profile is not sent")
	}
	return older, err
}

// errKnown means that a row is there already.
var errKnown = errors.New("the row is known")

// makeFirst makes the contact of a person who has no row. If another request was quicker
// to store one, it may have written to MaiAgent too, so the contact is looked for then.
func (r *Resolver) makeFirst(ctx context.Context, reading *contacts.Reading, desire contacts.Transition) error {
	err := r.reconcile.Make(ctx, reading, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if row.IsStored() {
			return row, errKnown
		}
		return desire(row, now)
	})
	if !errors.Is(err, errKnown) {
		return err
	}
	if err := reading.Reload(ctx); err != nil {
		return err
	}
	return r.reconcile.Settle(ctx, reading, desire)
}

// settleLater changes the row, and brings it in step without anybody waiting.
func (r *Resolver) settleLater(ctx context.Context, reading *contacts.Reading, f contacts.Transition) error {
	if !r.work.Begin(maxFlights) {
		return reading.Change(ctx, f) // Run does the rest, here or elsewhere; a claim would only be in its way
	}
	begun := false
	defer func() {
		if !begun {
			r.work.End()
		}
	}()
	owner, err := r.reconcile.Claim(ctx, reading, f)
	if err != nil || owner == 0 {
		return err
	}
	begun = true
	later := *reading // the caller goes on with its own
	go func() {
		err := r.work.Finish(ctx, r.Timing.Flight(), r.Logger, func(ctx context.Context) error { return r.reconcile.Continue(ctx, &later, owner) })
		if err != nil {
			r.Logger.WarnContext(ctx, "maicontact: a change stays in the store for now", "error", err)
		}
	}()
	return nil
}

// settleNow brings the row in step while the caller waits. It is counted, so that the
// end of Run waits for it: a person whose contact is reissued has no chat while a stopped
// process holds their row. If no new work is begun any more, another server's Run does
// it.
func (r *Resolver) settleNow(caller context.Context, reading *contacts.Reading) error {
	if !r.work.Begin(maxFlights) {
		return nil
	}
	// Another may hold the row for a lease before it is our turn.
	err := r.work.Finish(caller, 2*r.Timing.Lease, r.Logger, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(caller, cancel)()
		return r.reconcile.Settle(ctx, reading, reconcile.NoChange)
	})
	if errors.Is(err, context.Canceled) && caller.Err() != nil {
		return caller.Err()
	}
	return err
}
