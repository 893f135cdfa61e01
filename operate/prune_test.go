package operate_test

import (
	"context"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// While contacts are deleted, one after the other, a visitor whose turn has not come
// may log in, be erased or run out. That is told, and the others are done.
func TestPruneBesideAChange(t *testing.T) {
	t.Parallel()
	long := time.Now().Add(-time.Hour)
	for name, change := range map[string]func(ctx context.Context, s contacts.Store, row contacts.Row) error{
		"logs in": func(ctx context.Context, s contacts.Store, row contacts.Row) error {
			_, err := s.Put(ctx, row.Retire(long, time.Now()), contacts.Guard{})
			return err
		},
		"is erased": func(ctx context.Context, s contacts.Store, row contacts.Row) error {
			_, err := s.Put(ctx, row.Erase(time.Now()), contacts.Guard{})
			return err
		},
		"is suspended": func(ctx context.Context, s contacts.Store, row contacts.Row) error {
			row, err := row.Suspend(false, time.Now())
			if err == nil {
				_, err = s.Put(ctx, row, contacts.Guard{})
			}
			return err
		},
		"is being replaced": func(ctx context.Context, s contacts.Store, row contacts.Row) error {
			row, err := row.Reissue(time.Now())
			if err == nil {
				_, err = s.Put(ctx, row, contacts.Guard{})
			}
			return err
		},
		"runs out": func(ctx context.Context, s contacts.Store, row contacts.Row) error { return s.Delete(ctx, row) },
	} {
		store := &disturbed{Store: contacts.NewMemoryStore()}
		operator, _, _ := newOperator(t, store)
		for _, key := range []string{"a", "b", "c"} {
			row := contacts.New(shop.Visitor(key), long)
			row.ContactID = webchat.ContactID(key + "0000000-0000-4000-8000-000000000001")
			if _, err := store.Put(t.Context(), row, contacts.Guard{}); err != nil {
				t.Fatal(err)
			}
		}
		store.before = func() {
			store.before = nil
			row, _, err := store.Get(t.Context(), shop.Visitor("b"))
			if err == nil {
				err = change(t.Context(), store.Store, row)
			}
			if err != nil {
				t.Errorf("one %s: %v", name, err)
			}
		}
		pruned, err := operator.Prune(t.Context(), operate.PruneOptions{Unseen: time.Minute, CookieMaxAge: time.Hour, Delete: true})
		if err != nil || pruned != (operate.PruneCounts{Visitors: 3, Unseen: 3, Contacts: 2, Left: 1}) {
			t.Errorf("one %s: %+v, %v", name, pruned, err)
		}
	}
}
