package contacts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// slowPut is how long a Put that ends trust may take. When servers poll for
	// changes they look a little further back than that.
	slowPut = 5 * time.Second
	// conflictPause is how long a change first waits before it is tried again, so
	// that many writers of one row do not keep colliding.
	conflictPause = time.Millisecond
)

// Reading is a row as it was read or put last, together with the store's clock.
// It is the unit of work on one row: read once, and then each Change goes on
// from what the last one left. It is not safe for concurrent use.
type Reading struct {
	Row Row

	store Store
	now   time.Time // the store's clock when it was read
	read  time.Time // our own clock, at the same moment
}

// Read reads the person's row. Where there is none the row is a new one that is
// not stored yet.
func Read(ctx context.Context, s Store, p Person) (*Reading, error) {
	r := &Reading{Row: Row{Person: p}, store: s}
	if err := r.Reload(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Reload reads the row once more. After an error the Reading keeps the row it had.
func (r *Reading) Reload(ctx context.Context) error {
	// Taken before the call, so that Now is never behind the store's clock.
	read := time.Now()
	row, now, err := r.store.Get(ctx, r.Row.Person)
	switch {
	case errors.Is(err, ErrNotFound):
		row = New(r.Row.Person, now)
	case err != nil:
		return err
	}
	r.Row, r.now, r.read = row, now, read
	return nil
}

// IsAnothers reports whether another person of the inbox has that contact.
func (r *Reading) IsAnothers(ctx context.Context, id webchat.ContactID) (bool, error) {
	row, err := r.store.ByContact(ctx, r.Row.InboxID, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && row.Person != r.Row.Person, err
}

// ReadAt is the store's clock at the moment of the last read.
func (r *Reading) ReadAt() time.Time { return r.now }

// Now is the store's clock.
func (r *Reading) Now() time.Time { return millis(r.now.Add(time.Since(r.read))) }

// Transition is what a Change applies: it returns the changed row, and the same
// row where there is nothing to change. It may be called several times.
type Transition func(row Row, now time.Time) (Row, error)

// Change applies the transition and puts the row. On a conflict it reads the row
// again and applies it anew, until ctx ends. The error is the transition's or
// the store's; the Reading then has the row as it was read last.
func (r *Reading) Change(ctx context.Context, f Transition) error {
	return r.change(ctx, f, false)
}

// ChangeInLease is Change that fails with ErrLate once the lease of the row it
// puts is over. It puts the row even if nothing has changed: it precedes every
// write to MaiAgent.
func (r *Reading) ChangeInLease(ctx context.Context, f Transition) error {
	return r.change(ctx, f, true)
}

func (r *Reading) change(ctx context.Context, f Transition, inLease bool) error {
	for pause := conflictPause; ; pause = min(2*pause, 64*conflictPause) {
		next, err := f(r.Row, r.Now())
		if err != nil || next == r.Row && !inLease {
			return err
		}
		next = next.Rounded()
		var guard Guard
		if inLease {
			guard.NotAfter = next.LeaseUntil
		}
		begun, trust := time.Now(), r.Row.Trust
		stored, err := r.store.Put(ctx, next, guard)
		unclear := errors.Is(err, ErrUnclear)
		if unclear || errors.Is(err, ErrConflict) {
			before := r.Row
			if again := r.Reload(ctx); again != nil {
				return errors.Join(err, again)
			}
			if !unclear && before.IsStored() && r.Row.Version == before.Version {
				return fmt.Errorf("maicontact: a row that was read again is the one that was refused as outdated; read from the database that is written to, not from a replica: %w", err)
			}
			if !unclear || !r.Row.isLike(next) {
				select {
				case <-time.After(pause):
					continue
				case <-ctx.Done():
					return errors.Join(err, ctx.Err())
				}
			}
			stored, err = r.Row, nil
		}
		if err != nil {
			return err
		}
		r.Row = stored
		if stored.Trust != trust && (unclear || time.Since(begun) > slowPut) {
			// A server may have polled for the changes of that time already.
			f, inLease = func(row Row, now time.Time) (Row, error) { return row.DistrustAgain(now), nil }, false
			continue
		}
		return nil
	}
}

// isLike reports whether the row is what a Put of other, whose outcome is not
// known, has stored.
func (r Row) isLike(other Row) bool {
	if (r.Waiting == nil) != (other.Waiting == nil) {
		return false
	}
	r.Version, r.Updated, r.Waiting = other.Version, other.Updated, other.Waiting
	return r == other
}
