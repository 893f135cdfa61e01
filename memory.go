package maicontact

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/maicontact/maicontact/webchat"
)

var (
	errNoStamp     = errors.New("maicontact: what is wanted needs both fingerprints, see StampOf")
	errNoContactID = errors.New("maicontact: a row cannot be bound to an empty contact id")
)

// MemoryStore is a [Store] for one process, in memory, for sites that run as
// one process and for tests. It forgets everything when the process ends: the
// next start finds the contacts at MaiAgent again by their source ids and
// takes them over, but tombstones and profiles that waited are lost. Rows are
// never dropped, so it needs memory for every member seen. It starts no
// goroutine. All methods are safe for concurrent use; Contact waits for no
// writer of another row.
type MemoryStore struct {
	rows *cache.Cache // rowName(key) -> *Contact, never changed once it is in

	mu    sync.Mutex // held by every change, and by readers of the fields below
	due   map[place]*dueQueue
	bound map[binding]Key
}

var _ Store = (*MemoryStore)(nil)

// place is one inbox of one installation.
type place struct{ namespace, inboxID string }

// binding is a contact, which one member of the inbox may have.
type binding struct {
	inboxID string
	id      webchat.ContactID
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{
		rows:  cache.New(cache.NoExpiration, 0),
		due:   map[place]*dueQueue{},
		bound: map[binding]Key{},
	}
}

// Contact implements [Store].
func (s *MemoryStore) Contact(ctx context.Context, key Key) (Contact, error) {
	if err := ctx.Err(); err != nil {
		return Contact{}, err
	}
	if row := s.row(key); row != nil {
		return handedOut(*row), nil
	}
	return Contact{}, ErrNotFound
}

// Want implements [Store].
func (s *MemoryStore) Want(ctx context.Context, key Key, w Wanted) (Contact, error) {
	if w.Stamp.Profile == "" || w.Stamp.Access == "" {
		return Contact{}, errNoStamp
	}
	return s.change(ctx, key, true, func(row *Contact, now time.Time) error {
		known := row.Wanted != Stamp{}
		switch {
		case !row.Erased.IsZero(), known && row.Revision > w.Revision:
			return nil
		case row.Wanted == w.Stamp:
			row.Revision = w.Revision
			return nil
		}
		row.Wanted, row.Since, row.Revision, row.Updated = w.Stamp, now, w.Revision, now
		row.Failures, row.Reason = 0, ""
		if row.Confirmed == row.Wanted && row.Attempted.IsZero() {
			settled(row)
			return nil
		}
		row.Waiting, row.Due = &w.Profile, now
		if row.LeaseUntil.After(now) {
			row.Due = row.LeaseUntil
		}
		return nil
	})
}

// Claim implements [Store].
func (s *MemoryStore) Claim(ctx context.Context, key Key, lease time.Duration) (Contact, error) {
	return s.change(ctx, key, false, func(row *Contact, now time.Time) error {
		if row.Due.IsZero() || row.Due.After(now) || row.LeaseUntil.After(now) {
			return ErrNotDue
		}
		row.Token++
		row.LeaseUntil = now.Add(max(wholeMillis(lease), time.Millisecond))
		row.Due, row.Updated = row.LeaseUntil, now
		return nil
	})
}

// Attempt implements [Store].
func (s *MemoryStore) Attempt(ctx context.Context, c Claim) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, now time.Time) error {
		if !row.LeaseUntil.After(now) {
			return ErrFenced
		}
		row.Attempted = now
		row.Confirmed.Profile = ""
		if row.Confirmed.Access != row.Wanted.Access {
			row.Confirmed.Access = ""
		}
		return nil
	})
}

// Bind implements [Store].
func (s *MemoryStore) Bind(ctx context.Context, c Claim, id webchat.ContactID, confirmed Stamp) (Contact, error) {
	if id == "" {
		return Contact{}, errNoContactID
	}
	return s.changeClaimed(ctx, c, func(row *Contact, _ time.Time) error {
		if !row.Erased.IsZero() || row.ContactID != "" && row.ContactID != id {
			return ErrFenced
		}
		if owner, taken := s.bound[binding{c.Key.InboxID, id}]; taken && owner != c.Key {
			return ErrContactTaken
		}
		row.ContactID, row.Attempted, row.Held = id, time.Time{}, 0
		if confirm(row, confirmed) {
			settled(row)
		}
		return nil
	})
}

// Confirm implements [Store].
func (s *MemoryStore) Confirm(ctx context.Context, c Claim, confirmed Stamp, again time.Duration) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, now time.Time) error {
		if !row.Erased.IsZero() || row.ContactID == "" {
			return ErrFenced
		}
		if again <= 0 {
			row.Attempted = time.Time{}
		}
		switch wanted := confirm(row, confirmed); {
		case wanted && again > 0:
			row.Due, row.LeaseUntil = now.Add(wholeMillis(again)), time.Time{}
		case wanted:
			settled(row)
		}
		return nil
	})
}

// Postpone implements [Store].
func (s *MemoryStore) Postpone(ctx context.Context, c Claim, f Failure) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, now time.Time) error {
		row.Due = now.Add(max(wholeMillis(f.Delay), 0))
		row.Failures++
		row.Reason, row.Held = f.Reason, f.Held
		row.LeaseUntil, row.Attempted = time.Time{}, inDoubt(f.Attempted)
		return nil
	})
}

// Park implements [Store].
func (s *MemoryStore) Park(ctx context.Context, c Claim, refused Stamp, reason string, attempted time.Time) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, now time.Time) error {
		if !row.Erased.IsZero() {
			return ErrFenced
		}
		row.Due = now
		if row.Wanted == refused {
			row.Due = time.Time{}
		}
		row.Reason = reason
		row.LeaseUntil, row.Attempted = time.Time{}, inDoubt(attempted)
		return nil
	})
}

// Regenerate implements [Store].
func (s *MemoryStore) Regenerate(ctx context.Context, c Claim) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, _ time.Time) error {
		if !row.Erased.IsZero() {
			return ErrFenced
		}
		row.ContactID = ""
		row.Generation++
		row.Confirmed, row.Attempted = Stamp{}, time.Time{}
		return nil
	})
}

// Erase implements [Store].
func (s *MemoryStore) Erase(ctx context.Context, key Key) (Contact, error) {
	return s.change(ctx, key, true, func(row *Contact, now time.Time) error {
		if !row.Erased.IsZero() {
			return nil
		}
		*row = Contact{
			Key: row.Key, ContactID: row.ContactID, Generation: row.Generation, Created: row.Created,
			Attempted: row.Attempted, Token: row.Token + 1,
			Updated: now, Due: now, Erased: now,
		}
		return nil
	})
}

// Erased implements [Store].
func (s *MemoryStore) Erased(ctx context.Context, c Claim) (Contact, error) {
	return s.changeClaimed(ctx, c, func(row *Contact, _ time.Time) error {
		if row.Erased.IsZero() {
			return ErrFenced
		}
		row.ContactID, row.Attempted = "", time.Time{}
		row.Failures, row.Reason = 0, ""
		settled(row)
		return nil
	})
}

// Restore implements [Store].
func (s *MemoryStore) Restore(ctx context.Context, key Key) (Contact, error) {
	return s.change(ctx, key, false, func(row *Contact, now time.Time) error {
		if row.Erased.IsZero() || !row.Due.IsZero() {
			return ErrNotErased
		}
		row.Erased, row.Updated = time.Time{}, now
		row.Generation++
		return nil
	})
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, namespace, inboxID string, limit int) ([]Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due[place{namespace, inboxID}].first(limit, storeTime()), nil
}

// Unsettled implements [Store].
func (s *MemoryStore) Unsettled(ctx context.Context, namespace, inboxID string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due[place{namespace, inboxID}].len(), nil
}

// confirm records on a bound row what MaiAgent has, and reports whether that
// is what is wanted.
func confirm(row *Contact, confirmed Stamp) bool {
	row.Confirmed = confirmed
	row.Failures, row.Reason = 0, ""
	return row.Confirmed == row.Wanted
}

// inDoubt is the time of a write in doubt as a row has it.
func inDoubt(attempted time.Time) time.Time {
	if attempted.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(attempted.UnixMilli()).UTC()
}

// settled ends what there is to do with a row, and the claim with it.
func settled(row *Contact) {
	row.Waiting, row.Due, row.LeaseUntil = nil, time.Time{}, time.Time{}
}
