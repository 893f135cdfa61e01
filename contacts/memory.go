package contacts

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/maicontact/maicontact/webchat"
)

// MemoryStore is a [Store] for one process, in memory, for sites that run as
// one process and for tests. It forgets everything when the process ends: the
// next start finds the contacts at MaiAgent again by their source ids, but
// tombstones and profiles that waited are lost. A row goes by Delete only. Its
// clock does not follow the wall clock once the store is made, so that setting
// that back undoes nothing. It starts no goroutine. All methods are safe for
// concurrent use; Get waits for no other row's writer, and ErrUnclear never
// happens. Make it with [NewMemoryStore].
type MemoryStore struct {
	start time.Time
	rows  *cache.Cache // nameOf(person) -> memoryRow

	mu     sync.Mutex // held by every change, and by readers of the fields below
	owners map[binding]Person
	due    timeline
	quiet  timeline         // by when the row may go
	stamps timeline         // of those whose trust has ended
	counts map[Scope]Counts // without what depends on the time
	order  order
}

// memoryRow is a row that shares its Waiting with nobody.
type memoryRow struct {
	Row
	stamped time.Time // when its trust was put; zero: it never had any
}

var _ Store = (*MemoryStore)(nil)

// binding is a contact, which one person of the inbox may have.
type binding struct {
	inboxID string
	id      webchat.ContactID
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{
		start:  time.Now(),
		rows:   cache.New(cache.NoExpiration, 0), // no expiry, and no janitor
		owners: map[binding]Person{}, counts: map[Scope]Counts{},
	}
}

// now is the store's clock: the wall clock when the store was made, and from
// then on the monotonic one.
func (s *MemoryStore) now() time.Time {
	return millis(s.start.Round(0).Add(time.Since(s.start)))
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, p Person) (Row, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return Row{}, time.Time{}, err
	}
	now := s.now() // before the row, which is then at least as new
	row, ok := s.row(p)
	if !ok {
		return Row{}, now, ErrNotFound
	}
	return row.clone(), now, nil
}

// Put implements [Store].
func (s *MemoryStore) Put(ctx context.Context, r Row, g Guard) (Row, error) {
	if err := ctx.Err(); err != nil {
		return Row{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	old, known := s.row(r.Person)
	if old.Version != r.Version {
		return Row{}, ErrConflict
	}
	if !g.NotAfter.IsZero() && now.After(g.NotAfter) {
		return Row{}, ErrLate
	}
	if owner, taken := s.owners[binding{r.InboxID, r.ContactID}]; taken && owner != r.Person {
		return Row{}, ErrContactTaken
	}
	next := memoryRow{r.Rounded().clone(), old.stamped}
	next.Version = NewVersion(old.Version)
	if old.Trust != next.Trust {
		next.stamped = now
	}
	s.index(r.Person, old, next)
	if !known {
		s.order.add(r.Person, s.rows.ItemCount(), s.has)
	}
	s.rows.Set(nameOf(r.Person), next, cache.NoExpiration)
	return next.clone(), nil
}

// Delete implements [Store].
func (s *MemoryStore) Delete(ctx context.Context, r Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.row(r.Person)
	if !known || old.Version != r.Version {
		return ErrConflict
	}
	s.index(r.Person, old, memoryRow{})
	s.rows.Delete(nameOf(r.Person))
	return nil
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, scope Scope, limit int) (persons []Person, err error) {
	err = s.look(ctx, func() { persons = s.due.until(s.now(), scope, limit) })
	return persons, err
}

// Changed implements [Store], the newest first.
func (s *MemoryStore) Changed(ctx context.Context, scope Scope, since time.Time, limit int) (found Changes, err error) {
	err = s.look(ctx, func() {
		found.Now = s.now()
		for _, m := range slices.Backward(s.stamps) {
			if m.at.Before(since) || found.More {
				return
			}
			if m.person.Scope() != scope {
				continue
			}
			if found.More = len(found.List) >= limit; !found.More {
				row, _ := s.row(m.person)
				found.List = append(found.List, Change{Person: m.person, Trust: row.Trust})
			}
		}
	})
	return found, err
}

// Expired implements [Store].
func (s *MemoryStore) Expired(ctx context.Context, scope Scope, limit int) (persons []Person, err error) {
	err = s.look(ctx, func() { persons = s.quiet.until(s.now(), scope, limit) })
	return persons, err
}

// Rows implements [Store].
func (s *MemoryStore) Rows(ctx context.Context, scope Scope, after Person, limit int) (rows []Row, err error) {
	err = s.look(ctx, func() {
		after.Namespace, after.InboxID = scope.Namespace, scope.InboxID
		for _, p := range s.order.after(after) {
			if len(rows) >= limit || p.Scope() != scope {
				return
			}
			if row, ok := s.row(p); ok {
				rows = append(rows, row.clone())
			}
		}
	})
	return rows, err
}

// ByContact implements [Store].
func (s *MemoryStore) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (found Row, err error) {
	looked := s.look(ctx, func() {
		err = ErrNotFound
		if p, ok := s.owners[binding{inboxID, id}]; ok {
			row, _ := s.row(p)
			found, err = row.clone(), nil
		}
	})
	return found, cmp.Or(looked, err)
}

// Count implements [Store].
func (s *MemoryStore) Count(ctx context.Context, scope Scope) (counts Counts, err error) {
	err = s.look(ctx, func() {
		counts = s.counts[scope]
		overdue := s.due.until(s.now(), scope, counts.Unsettled)
		if counts.Overdue = len(overdue); counts.Overdue > 0 {
			row, _ := s.row(overdue[0])
			counts.Oldest = row.Due
		}
	})
	return counts, err
}

// Namespaces implements [Store].
func (s *MemoryStore) Namespaces(ctx context.Context, inboxID string) (all []string, err error) {
	err = s.look(ctx, func() {
		for scope, counts := range s.counts {
			if scope.InboxID == inboxID && counts.Members+counts.Visitors > 0 {
				all = append(all, scope.Namespace)
			}
		}
		slices.Sort(all)
		all = all[:min(len(all), MaxNamespaces)]
	})
	return all, err
}

// Format writes "[contact store]" for every verb.
func (s *MemoryStore) Format(f fmt.State, _ rune) { io.WriteString(f, "[contact store]") }

// look reads what mu guards, unless the context has ended.
func (s *MemoryStore) look(ctx context.Context, read func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	read()
	return nil
}

func (s *MemoryStore) row(p Person) (memoryRow, bool) {
	stored, ok := s.rows.Get(nameOf(p))
	row, _ := stored.(memoryRow)
	return row, ok
}

// index takes in that the person's row is another now; the zero row is none.
func (s *MemoryStore) index(p Person, old, next memoryRow) {
	s.due.move(p, old.Due, next.Due)
	s.quiet.move(p, old.quietAt(), next.quietAt())
	s.stamps.move(p, old.stamped, next.stamped)
	counts := s.counts[p.Scope()]
	counts.add(old.Row, -1)
	counts.add(next.Row, 1)
	s.counts[p.Scope()] = counts
	if old.ContactID == next.ContactID {
		return
	}
	delete(s.owners, binding{p.InboxID, old.ContactID})
	if next.ContactID != "" {
		s.owners[binding{p.InboxID, next.ContactID}] = p
	}
}

func (s *MemoryStore) has(p Person) bool {
	_, ok := s.row(p)
	return ok
}

// add counts a row n times; one that is not stored is none.
func (c *Counts) add(r Row, n int) {
	switch {
	case !r.IsStored():
		return
	case r.IsVisitor():
		c.Visitors += n
	default:
		c.Members += n
	}
	if !r.Due.IsZero() {
		c.Unsettled += n
	}
}

// clone copies the waiting profile too, so that neither copy can change the other.
func (r Row) clone() Row {
	if r.Waiting != nil {
		profile := *r.Waiting
		r.Waiting = &profile
	}
	return r
}
