package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// countedStore counts the reads and the changes that a person may cost.
type countedStore struct {
	maicontact.Store
	reads, changes atomic.Int64
}

func (s *countedStore) Contact(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	s.reads.Add(1)
	return s.Store.Contact(ctx, key)
}

func (s *countedStore) Want(ctx context.Context, key maicontact.Key, w maicontact.Wanted) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Want(ctx, key, w)
}

func (s *countedStore) Claim(ctx context.Context, key maicontact.Key, lease time.Duration) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Claim(ctx, key, lease)
}

func (s *countedStore) Attempt(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Attempt(ctx, c)
}

func (s *countedStore) Bind(ctx context.Context, c maicontact.Claim, id webchat.ContactID, confirmed maicontact.Stamp) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Bind(ctx, c, id, confirmed)
}

func (s *countedStore) Confirm(ctx context.Context, c maicontact.Claim, confirmed maicontact.Stamp, again time.Duration) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Confirm(ctx, c, confirmed, again)
}
