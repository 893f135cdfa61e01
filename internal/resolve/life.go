package resolve

import (
	"context"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/reconcile"
)

// Erase makes the tombstone, and deletes what the person had at MaiAgent. It
// returns the row as it is then.
func (r *Resolver) Erase(ctx context.Context, p contacts.Person, owner string) (contacts.Row, error) {
	return r.condemn(ctx, p, owner, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		return row.Erase(now), nil
	})
}

// Reissue deletes the person's contact, so that they get another. The error is
// [contacts.ErrNotFound] where nothing is known of them.
func (r *Resolver) Reissue(ctx context.Context, p contacts.Person, owner string) (contacts.Row, error) {
	return r.condemn(ctx, p, owner, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if !row.IsStored() {
			return row, contacts.ErrNotFound
		}
		return row.Reissue(now)
	})
}

func (r *Resolver) condemn(ctx context.Context, p contacts.Person, owner string, f contacts.Transition) (contacts.Row, error) {
	at, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return contacts.Row{}, err
	}
	if err := at.Change(ctx, f); err != nil {
		return at.Row, err
	}
	r.distrust(owner, at)
	if at.Row.Due.IsZero() || r.API.Down() {
		return at.Row, nil
	}
	err = r.reconcile.Settle(ctx, at, reconcile.AsItIs)
	return at.Row, err
}

// Restore lifts a complete tombstone. The error is [contacts.ErrNotErased] or
// [contacts.ErrNotFound].
func (r *Resolver) Restore(ctx context.Context, p contacts.Person) error {
	at, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return err
	}
	return at.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if !row.IsStored() {
			return row, contacts.ErrNotFound
		}
		return row.Restore(now)
	})
}
