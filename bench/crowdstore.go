package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// crowdStore counts the reads and all changes that a new member may cost.
type crowdStore struct {
	maicontact.Store
	reads, changes atomic.Int64
}

func (s *crowdStore) Contact(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	s.reads.Add(1)
	return s.Store.Contact(ctx, key)
}

func (s *crowdStore) Want(ctx context.Context, key maicontact.Key, w maicontact.Wanted) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Want(ctx, key, w)
}

func (s *crowdStore) Claim(ctx context.Context, key maicontact.Key, lease time.Duration) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Claim(ctx, key, lease)
}

func (s *crowdStore) Attempt(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Attempt(ctx, c)
}

func (s *crowdStore) Bind(ctx context.Context, c maicontact.Claim, id webchat.ContactID, confirmed maicontact.Stamp) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Bind(ctx, c, id, confirmed)
}

func (s *crowdStore) Confirm(ctx context.Context, c maicontact.Claim, confirmed maicontact.Stamp, again time.Duration) (maicontact.Contact, error) {
	s.changes.Add(1)
	return s.Store.Confirm(ctx, c, confirmed, again)
}
