package databasetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/contacts/storetest"
	"github.com/maicontact/maicontact/webchat"
)

func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) contacts.Store { return d.open(t) })
	})
}

// Several pools on one database are what several processes are to it.
func TestReplicas(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) contacts.Store {
			return &replicas{stores: []contacts.Store{d.open(t), d.open(t), d.open(t)}}
		})
	})
}

// One connection is the least there can be: no method may need a second one.
func TestOneConnection(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		storetest.Run(t, func(t *testing.T) contacts.Store { return d.openSingle(t) })
	})
}

// replicas asks another store each time.
type replicas struct {
	stores []contacts.Store
	calls  atomic.Uint64
}

func (r *replicas) next() contacts.Store {
	return r.stores[r.calls.Add(1)%uint64(len(r.stores))]
}

func (r *replicas) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	return r.next().Get(ctx, p)
}

func (r *replicas) Put(ctx context.Context, row contacts.Row, g contacts.Guard) (contacts.Row, error) {
	return r.next().Put(ctx, row, g)
}

func (r *replicas) Delete(ctx context.Context, row contacts.Row) error {
	return r.next().Delete(ctx, row)
}

func (r *replicas) Due(ctx context.Context, s contacts.Scope, limit int) ([]contacts.Person, error) {
	return r.next().Due(ctx, s, limit)
}

func (r *replicas) Changed(ctx context.Context, s contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	return r.next().Changed(ctx, s, since, limit)
}

func (r *replicas) Expired(ctx context.Context, s contacts.Scope, limit int) ([]contacts.Person, error) {
	return r.next().Expired(ctx, s, limit)
}

func (r *replicas) Rows(ctx context.Context, s contacts.Scope, after contacts.Person, limit int) ([]contacts.Row, error) {
	return r.next().Rows(ctx, s, after, limit)
}

func (r *replicas) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (contacts.Row, error) {
	return r.next().ByContact(ctx, inboxID, id)
}

func (r *replicas) Count(ctx context.Context, s contacts.Scope) (contacts.Counts, error) {
	return r.next().Count(ctx, s)
}

func (r *replicas) Namespaces(ctx context.Context, inboxID string) ([]string, error) {
	return r.next().Namespaces(ctx, inboxID)
}
