package reconcile

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// Claim applies the transition to the row and claims it if it is due then. It returns
// the owner of the claim, or 0 if the row is not due or another holds it.
func (r *Reconciler) Claim(ctx context.Context, reading *contacts.Reading, f contacts.Transition) (owner int64, err error) {
	mine := newOwner()
	err = reading.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		owner = 0
		row, err := f(row, now)
		if err != nil {
			return row, err
		}
		if row.Owner == mine { // a Put of unclear outcome was stored after all
			owner = mine
			return row, nil
		}
		next, err := row.Claim(mine, r.Timing.Lease, now)
		if err != nil {
			return row, nil
		}
		owner = mine
		return next, nil
	})
	if err != nil {
		r.abandon(ctx, reading, mine, err, NoChange)
		return 0, err
	}
	return owner, nil
}

// abandonTime is how long abandon may take. Its caller may have no time left.
const abandonTime = 2 * time.Second

// abandon ends a claim that may be in the row although taking it has failed. Nobody
// works under it, and everybody would wait for it. before takes back what else was
// changed. If the store fails again, the claim ends with its lease.
func (r *Reconciler) abandon(ctx context.Context, reading *contacts.Reading, owner int64, cause error, before contacts.Transition) {
	if !errors.Is(cause, contacts.ErrUnclear) && reading.Row.Owner != owner {
		return // it was not taken
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if reading.Reload(ctx) != nil || reading.Row.Owner != owner {
		return
	}
	_ = reading.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row, err := before(row, now)
		if err != nil {
			return row, err
		}
		return row.Postpone(owner, contacts.Failure{
			Reason: "the store did not say whether the row was taken", DoubtUntil: row.DoubtUntil, Conflicts: row.Conflicts, Denials: row.Denials,
		}, now)
	})
}

func newOwner() int64 {
	for {
		if owner := rand.Int64(); owner != 0 {
			return owner
		}
	}
}
