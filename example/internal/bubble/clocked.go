package bubble

import (
	"context"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// clocked is a store that sets its clock before each call.
type clocked struct {
	inner contacts.Store
	clock *clock
}

func (s *clocked) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.clock.set()
	return s.inner.Get(ctx, p)
}

func (s *clocked) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.clock.set()
	return s.inner.Put(ctx, r, g)
}

func (s *clocked) Delete(ctx context.Context, r contacts.Row) error {
	s.clock.set()
	return s.inner.Delete(ctx, r)
}

func (s *clocked) Due(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	s.clock.set()
	return s.inner.Due(ctx, scope, limit)
}

func (s *clocked) Changed(ctx context.Context, scope contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	s.clock.set()
	return s.inner.Changed(ctx, scope, since, limit)
}

func (s *clocked) Expired(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	s.clock.set()
	return s.inner.Expired(ctx, scope, limit)
}

func (s *clocked) Rows(ctx context.Context, scope contacts.Scope, after contacts.Person, limit int) ([]contacts.Row, error) {
	s.clock.set()
	return s.inner.Rows(ctx, scope, after, limit)
}

func (s *clocked) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (contacts.Row, error) {
	s.clock.set()
	return s.inner.ByContact(ctx, inboxID, id)
}

func (s *clocked) Count(ctx context.Context, scope contacts.Scope) (contacts.Counts, error) {
	s.clock.set()
	return s.inner.Count(ctx, scope)
}

func (s *clocked) Namespaces(ctx context.Context, inboxID string) ([]string, error) {
	s.clock.set()
	return s.inner.Namespaces(ctx, inboxID)
}
