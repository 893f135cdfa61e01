package databasetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/storetest"
	"github.com/maicontact/maicontact/webchat"
)

func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) maicontact.Store { return d.open(t) })
	})
}

// Several pools on one database are what several processes are to it.
func TestReplicas(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) maicontact.Store {
			return &replicas{stores: []maicontact.Store{d.open(t), d.open(t), d.open(t)}}
		})
	})
}

// One connection is the least there can be: no method may need a second one.
func TestOneConnection(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) maicontact.Store {
			return openSingle(t, d)
		})
	})
}

// replicas asks another store each time.
type replicas struct {
	stores []maicontact.Store
	calls  atomic.Uint64
}

func (r *replicas) next() maicontact.Store {
	return r.stores[r.calls.Add(1)%uint64(len(r.stores))]
}

func (r *replicas) Contact(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return r.next().Contact(ctx, key)
}

func (r *replicas) Want(ctx context.Context, key maicontact.Key, w maicontact.Wanted) (maicontact.Contact, error) {
	return r.next().Want(ctx, key, w)
}

func (r *replicas) Claim(ctx context.Context, key maicontact.Key, lease time.Duration) (maicontact.Contact, error) {
	return r.next().Claim(ctx, key, lease)
}

func (r *replicas) Attempt(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return r.next().Attempt(ctx, c)
}

func (r *replicas) Bind(ctx context.Context, c maicontact.Claim, id webchat.ContactID, s maicontact.Stamp) (maicontact.Contact, error) {
	return r.next().Bind(ctx, c, id, s)
}

func (r *replicas) Confirm(ctx context.Context, c maicontact.Claim, s maicontact.Stamp, again time.Duration) (maicontact.Contact, error) {
	return r.next().Confirm(ctx, c, s, again)
}

func (r *replicas) Postpone(ctx context.Context, c maicontact.Claim, f maicontact.Failure) (maicontact.Contact, error) {
	return r.next().Postpone(ctx, c, f)
}

func (r *replicas) Park(ctx context.Context, c maicontact.Claim, s maicontact.Stamp, reason string, attempted time.Time) (maicontact.Contact, error) {
	return r.next().Park(ctx, c, s, reason, attempted)
}

func (r *replicas) Regenerate(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return r.next().Regenerate(ctx, c)
}

func (r *replicas) Erase(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return r.next().Erase(ctx, key)
}

func (r *replicas) Erased(ctx context.Context, c maicontact.Claim) (maicontact.Contact, error) {
	return r.next().Erased(ctx, c)
}

func (r *replicas) Restore(ctx context.Context, key maicontact.Key) (maicontact.Contact, error) {
	return r.next().Restore(ctx, key)
}

func (r *replicas) Due(ctx context.Context, namespace, inboxID string, limit int) ([]maicontact.Key, error) {
	return r.next().Due(ctx, namespace, inboxID, limit)
}

func (r *replicas) Unsettled(ctx context.Context, namespace, inboxID string) (int, error) {
	return r.next().Unsettled(ctx, namespace, inboxID)
}
