package maicontact

import (
	"context"
	"errors"
	"time"

	"github.com/patrickmn/go-cache"
)

// change applies f to a copy of the row and stores it when f changed it. With
// create, f gets a new row when there is none. The row is returned with no
// error, and with ErrNotDue.
func (s *MemoryStore) change(ctx context.Context, key Key, create bool, f func(row *Contact, now time.Time) error) (Contact, error) {
	if err := ctx.Err(); err != nil {
		return Contact{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := storeTime()
	var old, row Contact
	switch known := s.row(key); {
	case known != nil:
		old, row = *known, *known
	case create:
		row = Contact{Key: key, Generation: 1, Created: now, Updated: now}
	default:
		return Contact{}, ErrNotFound
	}
	switch err := f(&row, now); {
	case errors.Is(err, ErrNotDue):
		return handedOut(old), err
	case err != nil:
		return Contact{}, err
	}
	if row != old {
		s.put(old, row)
	}
	return handedOut(row), nil
}

// changeClaimed is change for the holder of a claim that has not ended. That
// its lease may have run out does not matter as long as nobody took over.
func (s *MemoryStore) changeClaimed(ctx context.Context, c Claim, f func(row *Contact, now time.Time) error) (Contact, error) {
	row, err := s.change(ctx, c.Key, false, func(row *Contact, now time.Time) error {
		if row.Token != c.Token || row.LeaseUntil.IsZero() {
			return ErrFenced
		}
		row.Updated = now
		return f(row, now)
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrFenced
	}
	return row, err
}

func (s *MemoryStore) row(key Key) *Contact {
	item, ok := s.rows.Get(rowName(key))
	if !ok {
		return nil
	}
	return item.(*Contact)
}

func (s *MemoryStore) put(old, row Contact) {
	if old.ContactID != row.ContactID {
		if old.ContactID != "" {
			delete(s.bound, binding{row.Key.InboxID, old.ContactID})
		}
		if row.ContactID != "" {
			s.bound[binding{row.Key.InboxID, row.ContactID}] = row.Key
		}
	}
	if !old.Due.Equal(row.Due) {
		at := place{row.Key.Namespace, row.Key.InboxID}
		if s.due[at] == nil {
			s.due[at] = newDueQueue()
		}
		s.due[at].set(row.Key, row.Due)
	}
	s.rows.Set(rowName(row.Key), &row, cache.NoExpiration)
}

// rowName is unambiguous because no part of a key holds a NUL.
func rowName(key Key) string {
	return key.Namespace + "\x00" + key.InboxID + "\x00" + key.Member
}

// handedOut returns row with a profile of its own, so that neither side can
// change the other's.
func handedOut(row Contact) Contact {
	if row.Waiting != nil {
		profile := *row.Waiting
		row.Waiting = &profile
	}
	return row
}

// storeTime is cut to milliseconds, as it is in the SQL stores, so that times
// mean and compare the same in all of them.
func storeTime() time.Time {
	return time.UnixMilli(time.Now().UnixMilli()).UTC()
}

// wholeMillis rounds up, so that nothing is due too early.
func wholeMillis(d time.Duration) time.Duration {
	cut := d.Truncate(time.Millisecond)
	if cut < d {
		cut = max(cut, cut+time.Millisecond) // the sum may overflow
	}
	return cut
}
