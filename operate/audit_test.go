package operate_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// What remains of an erased person is deleted at once, also where a read of the table
// took long: the store's clock is then taken to be later than it is, so that what is
// due "now" is not due by the next read.
func TestAuditRepairsRemainsBesideASlowRead(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	store := &slowUntilPut{Store: contacts.NewMemoryStore()}
	operator, err := operate.New(operate.Options{Namespace: "shop", InboxID: webchattest.DefaultInboxID, Store: store, API: client, CallsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	person := contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1")
	if status, err := operator.Erase(t.Context(), person); err != nil || status.State != contacts.StateErased {
		t.Fatal(status, err)
	}
	if _, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: identity.SourceID(person, 1)}); err != nil {
		t.Fatal(err)
	}
	store.slow.Store(true)
	var found []operate.Finding
	_, err = operator.Audit(t.Context(), operate.AuditOptions{Repair: true}, func(f operate.Finding) error {
		found = append(found, f)
		return nil
	})
	if err != nil || len(found) != 1 || found[0].Kind != operate.Remains || found[0].Repair != "repaired" {
		t.Errorf("%+v, %v", found, err)
	}
}

// slowUntilPut takes long to read, until something is put.
type slowUntilPut struct {
	contacts.Store
	slow atomic.Bool
}

func (s *slowUntilPut) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.slow.Load() {
		time.Sleep(200 * time.Millisecond)
	}
	return s.Store.Get(ctx, p)
}

func (s *slowUntilPut) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.slow.Store(false)
	return s.Store.Put(ctx, r, g)
}
