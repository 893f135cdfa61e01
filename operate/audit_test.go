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
	slow := &slowReads{Store: contacts.NewMemoryStore()}
	operator, client, _ := newOperator(t, &disturbed{Store: slow, before: func() { slow.on.Store(false) }})
	person := shop.Member("1")
	if status, err := operator.Erase(t.Context(), person); err != nil || status.State != contacts.StateErased {
		t.Fatal(status, err)
	}
	if _, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: identity.SourceID(person, 1)}); err != nil {
		t.Fatal(err)
	}
	slow.on.Store(true)
	var found []operate.Finding
	_, err := operator.Audit(t.Context(), operate.AuditOptions{Repair: true}, func(f operate.Finding) error {
		found = append(found, f)
		return nil
	})
	if err != nil || len(found) != 1 || found[0].Kind != operate.Remains || found[0].Repair != "repaired" {
		t.Errorf("%+v, %v", found, err)
	}
}

// slowReads is a store that takes long to read while it is on.
type slowReads struct {
	contacts.Store
	on atomic.Bool
}

func (s *slowReads) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.on.Load() {
		time.Sleep(200 * time.Millisecond)
	}
	return s.Store.Get(ctx, p)
}
