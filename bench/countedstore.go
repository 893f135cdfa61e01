package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// countedStore counts what people cost in the store: each read and each write is
// one statement in a database. What Run asks for everybody is not counted.
type countedStore struct {
	contacts.Store
	reads, writes atomic.Int64
}

// Get implements [contacts.Store].
func (s *countedStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.reads.Add(1)
	return s.Store.Get(ctx, p)
}

// Put implements [contacts.Store].
func (s *countedStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.writes.Add(1)
	return s.Store.Put(ctx, r, g)
}

// Delete implements [contacts.Store].
func (s *countedStore) Delete(ctx context.Context, r contacts.Row) error {
	s.writes.Add(1)
	return s.Store.Delete(ctx, r)
}

func (s *countedStore) reset() {
	s.reads.Store(0)
	s.writes.Store(0)
}
