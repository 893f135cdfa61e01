package resolve

import (
	"context"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
)

// Erase makes the tombstone, and deletes what the person had at MaiAgent. It
// returns the row as it is then.
func (r *Resolver) Erase(ctx context.Context, p contacts.Person) (contacts.Row, error) {
	return r.deleteContact(ctx, p, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		return row.Erase(now), nil
	})
}

// EraseAgain repeats the deletion of a complete tombstone, or goes on with one that is
// not complete. It returns the row as it is then. The error is [contacts.ErrNotErased]
// where there is no tombstone.
func (r *Resolver) EraseAgain(ctx context.Context, p contacts.Person) (contacts.Row, error) {
	return r.deleteContact(ctx, p, func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if row.Life == contacts.Erasing {
			return row, nil
		}
		return row.EraseAgain(now)
	})
}

// Reissue deletes the person's contact, so that they get another. The error is
// [contacts.ErrNotFound] where nothing is known of them.
func (r *Resolver) Reissue(ctx context.Context, p contacts.Person) (contacts.Row, error) {
	row, err := r.deleteContact(ctx, p, ifStored(contacts.Row.Reissue))
	if err == nil && (row.Life == contacts.Erasing || row.Life == contacts.Erased) {
		err = contacts.ErrErased // an Erase came meanwhile, and wins
	}
	return row, err
}

// ifStored is the transition for a person who has a row. For others it is ErrNotFound.
func ifStored(f contacts.Transition) contacts.Transition {
	return func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if !row.IsStored() {
			return row, contacts.ErrNotFound
		}
		return f(row, now)
	}
}

// Suspend takes the chat from the person for now. MaiAgent is told without
// anybody waiting.
func (r *Resolver) Suspend(ctx context.Context, p contacts.Person, passing bool) error {
	return r.changeRow(ctx, p, suspension(passing))
}

func suspension(passing bool) contacts.Transition {
	return func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Suspend(passing, now) }
}

// Resume gives a suspended person the chat back. The error is
// [contacts.ErrNotFound] where nothing is known of them.
func (r *Resolver) Resume(ctx context.Context, p contacts.Person) error {
	return r.changeRow(ctx, p, ifStored(contacts.Row.Resume))
}

func (r *Resolver) changeRow(ctx context.Context, p contacts.Person, f contacts.Transition) error {
	reading, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return err
	}
	return r.change(ctx, reading, f)
}

// change changes a row, and brings it in step without anybody waiting.
func (r *Resolver) change(ctx context.Context, reading *contacts.Reading, f contacts.Transition) (err error) {
	r.warnWithoutRun(ctx)
	before := reading.Row.Trust
	if r.API.Down() {
		err = reading.Change(ctx, f)
	} else {
		err = r.settleLater(ctx, reading, f)
	}
	if reading.Row.Trust != before {
		r.distrust(reading)
	}
	return err
}

// Settled brings the person's row in step now, if MaiAgent can be reached, and returns
// the row, for callers who report what came of a change. A failure at MaiAgent is in
// the row.
func (r *Resolver) Settled(ctx context.Context, p contacts.Person) (contacts.Row, error) {
	reading, err := contacts.Read(ctx, r.Store, p)
	if err == nil && reading.Row.IsStored() {
		err = r.settleNow(ctx, reading)
	}
	if err != nil {
		return contacts.Row{}, err
	}
	return reading.Row, nil
}

// suspendedProfile is the key under which the memory has the answer of a suspended
// person: no profile has that fingerprint.
const suspendedProfile = "suspended"

// SuspendAsked suspends a person because a request says that they are suspended, until
// one says otherwise. Nobody waits for it, and it is written once.
func (r *Resolver) SuspendAsked(ctx context.Context, p contacts.Person) {
	owner := identity.Digest(p)
	known, ok := r.memory.get(owner, suspendedProfile)
	if ok && r.Believes(owner, known.Trust, known.Checked, time.Now()) {
		return
	}
	r.flights.DoChan(owner+"|"+suspendedProfile, func() (any, error) {
		err := r.detached(ctx, maxFlights, func(ctx context.Context) error {
			reading, err := r.read(ctx, p)
			if err == nil && reading.Row.Life != contacts.Suspended {
				err = r.change(ctx, reading, suspension(true))
			}
			if err != nil {
				return err
			}
			r.memory.put(owner, suspendedProfile, Answer{Trust: reading.Row.Trust, Checked: reading.ReadAt()})
			return nil
		})
		if err != nil {
			r.storeWarning.Warn(ctx, r.Logger, "maicontact: that a member is suspended is not in the store yet; it is tried again when they ask", "error", err)
		}
		return nil, nil
	})
}

func (r *Resolver) deleteContact(ctx context.Context, p contacts.Person, f contacts.Transition) (contacts.Row, error) {
	r.warnWithoutRun(ctx)
	reading, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return contacts.Row{}, err
	}
	if err := reading.Change(ctx, f); err != nil {
		return reading.Row, err
	}
	r.distrust(reading)
	if reading.Row.Due.IsZero() || r.API.Down() {
		return reading.Row, nil
	}
	err = r.settleNow(ctx, reading)
	return reading.Row, err
}

// Restore lifts a complete tombstone. The error is [contacts.ErrNotErased] or
// [contacts.ErrNotFound].
func (r *Resolver) Restore(ctx context.Context, p contacts.Person) error {
	reading, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return err
	}
	return reading.Change(ctx, ifStored(contacts.Row.Restore))
}
