package maicontact

import (
	"context"
	"errors"
	"fmt"

	"github.com/maicontact/maicontact/webchat"
)

// Erasure says how far an erasure has come.
type Erasure struct {
	// Deleted: MaiAgent was asked to delete the contact, and reading it back
	// no longer finds it. MaiAgent's delete is a soft one: the contact can no
	// longer be used or listed, but only MaiAgent can say what it keeps.
	// When false the deletion waits in the store, and Run goes on trying;
	// for a minute, too, when a write to MaiAgent may still be under way.
	Deleted bool
}

// Erase deletes a member's contact at MaiAgent and leaves a tombstone, so that
// no request, replica or retry ever makes it again until [Middleware.Restore].
// The business user ID is all it needs; a member who never had a contact gets
// a tombstone too. The tombstone is in the store before anybody is called, so
// an error after that (ctx ended, MaiAgent down) loses nothing: Run finishes
// it. Contacts of the member's time as a visitor are not known to belong to
// the member and stay. Safe for concurrent use.
func (m *Middleware) Erase(ctx context.Context, memberID string) (Erasure, error) {
	r, key, err := m.memberKey(memberID)
	if err != nil {
		return Erasure{}, err
	}
	e, leave := r.erasures.join(key)
	defer leave()
	row, err := Contact{}, e.beginErase(ctx)
	if err == nil {
		row, err = r.entomb(ctx, key)
	}
	if err == nil {
		row, err = r.finish(ctx, row)
	}
	if err != nil {
		return Erasure{}, fmt.Errorf("maicontact: erase: %w", err)
	}
	return Erasure{Deleted: !row.Erased.IsZero() && row.Due.IsZero()}, nil
}

// entomb makes the tombstone. From then on this process does not hand out what
// sessions still hold.
func (r *resolver) entomb(ctx context.Context, key Key) (Contact, error) {
	row, err := r.store.Erase(ctx, key)
	if err == nil && row.ContactID != "" {
		r.holders.bury(row.ContactID, r.buried)
	}
	r.recent.forget(key.epoch())
	return row, err
}

// finish deletes what a tombstone had at MaiAgent.
func (r *resolver) finish(ctx context.Context, row Contact) (Contact, error) {
	if row.Due.IsZero() || r.outage.isOn() {
		return row, nil
	}
	key := row.Key
	row, err := r.settle(ctx, key)
	r.recent.forget(key.epoch())
	return row, err
}

// Restore lifts a tombstone once the deletion is complete: the next time the
// member asks for the chat they get a new contact. It returns ErrNotErased or
// ErrNotFound otherwise. Safe for concurrent use.
func (m *Middleware) Restore(ctx context.Context, memberID string) error {
	r, key, err := m.memberKey(memberID)
	if err != nil {
		return err
	}
	if _, err := r.store.Restore(ctx, key); err != nil {
		return fmt.Errorf("maicontact: restore: %w", err)
	}
	return nil
}

func (m *Middleware) memberKey(memberID string) (*resolver, Key, error) {
	if memberID == "" {
		return nil, Key{}, errors.New("maicontact: a business user ID is needed")
	}
	return m.resolver, NewKey(m.config.Namespace, m.config.InboxID, memberID), nil
}

// furtherGenerations is how far beyond the generation of a row an erasure
// looks: a store that was lost may have known of later ones.
const furtherGenerations = 2

// eraseContact deletes what a tombstone had at MaiAgent: the contact it knows,
// and any that an unfinished attempt or a former row has left.
func (r *resolver) eraseContact(ctx context.Context, row, claimed Contact) (Contact, error) {
	if row.ContactID != "" {
		if err := r.deleteContact(ctx, row.ContactID); err != nil {
			return row, err
		}
	}
	who := row.Key.owner()
	last := row.Generation + furtherGenerations
	for generation := 1; generation <= last; generation++ {
		found, err := r.search(ctx, toKeep, sourceID(who, generation))
		if err != nil {
			return row, err
		}
		for _, contact := range found {
			last = max(last, generation+furtherGenerations)
			if contact.ID == row.ContactID {
				continue // deleted above; the search lags behind
			}
			if err := r.deleteContact(ctx, contact.ID); err != nil {
				return row, err
			}
		}
	}
	if sinceAttempt(claimed) < lateTime {
		return row, errUnsettled // a contact may still appear
	}
	return orBefore(row)(r.store.Erased(ctx, row.Claim()))
}

// deleteContact deletes and reads back.
func (r *resolver) deleteContact(ctx context.Context, id webchat.ContactID) error {
	if err := r.remove(ctx, id); err != nil {
		return err
	}
	gone, err := r.isGone(ctx, id)
	if err == nil && !gone {
		return errors.New("the contact is still there after its deletion")
	}
	return err
}

// remove and isGone are the calls of a deletion.

func (r *resolver) remove(ctx context.Context, id webchat.ContactID) error {
	return r.call(ctx, toKeep, func() error { return r.client.Delete(ctx, id) })
}

func (r *resolver) isGone(ctx context.Context, id webchat.ContactID) (bool, error) {
	err := r.call(ctx, toKeep, func() error {
		_, err := r.client.Get(ctx, id)
		return err
	})
	if errors.Is(err, webchat.ErrNotFound) {
		return true, nil
	}
	return false, err
}
