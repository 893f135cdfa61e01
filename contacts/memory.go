package contacts

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
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
	rows  *cache.Cache // nameOf(person) -> Row, whose Waiting nobody else has

	mu     sync.Mutex // held by every change, and by readers of the fields below
	places map[Scope]*place
	bound  map[binding]Person
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
		places: map[Scope]*place{},
		bound:  map[binding]Person{},
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
	return row.apart(), now, nil
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
	if owner, taken := s.bound[binding{r.InboxID, r.ContactID}]; taken && owner != r.Person {
		return Row{}, ErrContactTaken
	}
	r = r.Rounded().apart()
	r.Version = newVersion(old.Version)
	if old.ContactID != r.ContactID {
		s.unbind(old)
		if r.ContactID != "" {
			s.bound[binding{r.InboxID, r.ContactID}] = r.Person
		}
	}
	at := s.place(r.Scope())
	if !known {
		at.add(r.Person, s.has)
	}
	at.index(r)
	if old.Trust != r.Trust {
		at.stamps.set(r.Person, r.Trust, now)
	}
	s.rows.Set(nameOf(r.Person), r, cache.NoExpiration)
	return r.apart(), nil
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
	s.unbind(old)
	s.rows.Delete(nameOf(r.Person))
	s.place(r.Scope()).remove(r.Person)
	return nil
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, scope Scope, limit int) (persons []Person, err error) {
	err = s.read(ctx, scope, func(at *place) { persons = at.due.first(limit, s.now()) })
	return persons, err
}

// Changed implements [Store].
func (s *MemoryStore) Changed(ctx context.Context, scope Scope, since time.Time, limit int) (found Changes, err error) {
	now := s.now()
	err = s.read(ctx, scope, func(at *place) { found.List, found.More = at.stamps.since(since, limit) })
	if err != nil {
		return Changes{}, err
	}
	found.Now = now
	return found, nil
}

// Expired implements [Store].
func (s *MemoryStore) Expired(ctx context.Context, scope Scope, limit int) (persons []Person, err error) {
	err = s.read(ctx, scope, func(at *place) { persons = at.quiet.first(limit, s.now()) })
	return persons, err
}

// Rows implements [Store].
func (s *MemoryStore) Rows(ctx context.Context, scope Scope, after Person, limit int) (rows []Row, err error) {
	err = s.read(ctx, scope, func(at *place) {
		for p := range at.order.after(after) {
			if len(rows) >= limit {
				return
			}
			if row, ok := s.row(p); ok { // it may be deleted
				rows = append(rows, row.apart())
			}
		}
	})
	return rows, err
}

// ByContact implements [Store].
func (s *MemoryStore) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (Row, error) {
	if err := ctx.Err(); err != nil {
		return Row{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.bound[binding{inboxID, id}]
	if !ok {
		return Row{}, ErrNotFound
	}
	row, _ := s.row(p)
	return row.apart(), nil
}

// Count implements [Store].
func (s *MemoryStore) Count(ctx context.Context, scope Scope) (counts Counts, err error) {
	err = s.read(ctx, scope, func(at *place) { counts = at.count(s.now()) })
	return counts, err
}

// Namespaces implements [Store].
func (s *MemoryStore) Namespaces(ctx context.Context, inboxID string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for scope, at := range s.places {
		if scope.InboxID == inboxID && at.members+at.visitors > 0 {
			all = append(all, scope.Namespace)
		}
	}
	slices.Sort(all)
	return all[:min(len(all), MostNamespaces)], nil
}

// Format writes "[contact store]" for every verb.
func (s *MemoryStore) Format(f fmt.State, _ rune) { io.WriteString(f, "[contact store]") }

// read looks at a scope, unless that has no rows or the context has ended.
func (s *MemoryStore) read(ctx context.Context, scope Scope, look func(*place)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.places[scope]; at != nil {
		look(at)
	}
	return nil
}

func (s *MemoryStore) row(p Person) (Row, bool) {
	if stored, ok := s.rows.Get(nameOf(p)); ok {
		return stored.(Row), true
	}
	return Row{}, false
}

func (s *MemoryStore) has(p Person) bool {
	_, ok := s.row(p)
	return ok
}

func (s *MemoryStore) place(scope Scope) *place {
	at := s.places[scope]
	if at == nil {
		at = newPlace()
		s.places[scope] = at
	}
	return at
}

func (s *MemoryStore) unbind(r Row) {
	if r.ContactID != "" {
		delete(s.bound, binding{r.InboxID, r.ContactID})
	}
}

// apart returns the row with a profile of its own, so that neither side can
// change the other's.
func (r Row) apart() Row {
	if r.Waiting != nil {
		profile := *r.Waiting
		r.Waiting = &profile
	}
	return r
}

// newVersion is random, and nothing that could be worked out from the old one.
func newVersion(old int64) int64 {
	for {
		if v := rand.Int64(); v != 0 && v != old && v != old+1 {
			return v
		}
	}
}

// nameOf is unambiguous whatever the parts hold.
func nameOf(p Person) string {
	return strconv.Itoa(len(p.Namespace)) + ":" + strconv.Itoa(len(p.InboxID)) + ":" + strconv.Itoa(len(p.Kind)) + ":" +
		p.Namespace + p.InboxID + p.Kind + p.ID
}
