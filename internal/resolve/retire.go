package resolve

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
)

// maxRetiring bounds the retirements that wait for the store. Further ones that fail
// are not tried again.
const maxRetiring = 100_000

// retiring has the visitors who have logged in while the store does not know that yet.
// This process refuses them. The zero retiring is ready; it is safe for concurrent
// use.
type retiring struct {
	mu      sync.RWMutex
	waiting map[string]retirement // by owner
	stored  map[string]struct{}   // those that the store has been told of lately
}

type retirement struct {
	person contacts.Person
	keep   time.Duration
}

func (s *retiring) has(owner string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.waiting[owner]
	return ok
}

// add reports false where nothing is to be done: the visitor waits already, or
// the store knows.
func (s *retiring) add(owner string, r retirement) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.stored[owner]; ok {
		return false
	}
	if _, ok := s.waiting[owner]; ok || len(s.waiting) >= maxRetiring {
		return !ok
	}
	if s.waiting == nil {
		s.waiting = map[string]retirement{}
	}
	s.waiting[owner] = r
	return true
}

func (s *retiring) done(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, owner)
	if s.stored == nil || len(s.stored) >= maxRetiring {
		s.stored = map[string]struct{}{}
	}
	s.stored[owner] = struct{}{}
}

func (s *retiring) all() map[string]retirement {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.waiting)
}

// Retire ends a visitor who has logged in. Nobody waits for the store: until it
// knows, this process refuses the visitor, and Run tries again. The row is kept
// as long as a cookie could name the visitor.
func (r *Resolver) Retire(ctx context.Context, p contacts.Person, keep time.Duration) {
	owner, one := identity.Digest(p), retirement{p, keep}
	if !r.retiring.add(owner, one) {
		return
	}
	r.memory.forget(owner)
	go r.retire(ctx, owner, one)
}

// IsRetiring reports whether the store still does not know that the visitor has
// logged in.
func (r *Resolver) IsRetiring(p contacts.Person) bool { return r.retiring.has(identity.Digest(p)) }

func (r *Resolver) retire(ctx context.Context, owner string, one retirement) {
	err := r.detached(ctx, maxFlights, func(ctx context.Context) error {
		reading, err := r.read(ctx, one.person)
		if err != nil {
			return err
		}
		err = reading.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) {
			if row.Life == contacts.Retired || row.Life == contacts.Erasing || row.Life == contacts.Erased {
				return row, nil
			}
			return row.Retire(now.Add(one.keep), now), nil
		})
		if err == nil {
			r.distrust(reading)
		}
		return err
	})
	if err == nil {
		r.retiring.done(owner)
		return
	}
	r.warnWithoutRun(ctx)
	r.storeWarning.Warn(ctx, r.Logger, "maicontact: the store does not take that a visitor has logged in; it is tried again", "error", err)
}

// retireWaiting tries again what the store did not take.
func (r *Resolver) retireWaiting(ctx context.Context) {
	for owner, one := range r.retiring.all() {
		if ctx.Err() != nil {
			return
		}
		r.retire(ctx, owner, one)
		if r.retiring.has(owner) {
			return // the store is down, and the others would fail too
		}
	}
}
