package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// pagedStore counts the pages that are read, and fails from one of them on.
type pagedStore struct {
	contacts.Store
	pages, fails int
}

var errPage = errors.New("the page cannot be read")

func (s *pagedStore) Rows(ctx context.Context, scope contacts.Scope, after contacts.Person, limit int) ([]contacts.Row, error) {
	if s.pages++; s.fails > 0 && s.pages >= s.fails {
		return nil, errPage
	}
	return s.Store.Rows(ctx, scope, after, limit)
}

// Every row comes once, in order, whatever the pages are, and no page is read that
// nobody wants.
func TestAll(t *testing.T) {
	t.Parallel()
	scope := contacts.Scope{Namespace: "shop", InboxID: "inbox"}
	memory := contacts.NewMemoryStore()
	const most = 1200
	for i := range most {
		if _, err := memory.Put(t.Context(), contacts.New(scope.Member(fmt.Sprintf("%04d", i)), time.Now()), contacts.Guard{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		after       contacts.Person
		stop, fails int
		rows, pages int
		err         error
	}{
		"all":                       {rows: most, pages: 3},
		"after one of them":         {after: scope.Member("0999"), rows: 200, pages: 1},
		"after the last":            {after: scope.Member("1199"), pages: 1},
		"whole pages":               {after: scope.Member("0199"), rows: 1000, pages: 3},
		"until it is enough":        {stop: 500, rows: 500, pages: 1},
		"until a page fails":        {fails: 2, rows: 500, pages: 2, err: errPage},
		"the first page that fails": {fails: 1, pages: 1, err: errPage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &pagedStore{Store: memory, fails: test.fails}
			last, rows := test.after, 0
			var failed error
			for row, err := range contacts.All(t.Context(), store, scope, test.after) {
				if failed = err; err != nil {
					continue
				}
				if row.ID <= last.ID {
					t.Fatalf("%s comes after %s", row.ID, last.ID)
				}
				last = row.Person
				if rows++; rows == test.stop {
					break
				}
			}
			if rows != test.rows || store.pages != test.pages || !errors.Is(failed, test.err) {
				t.Errorf("%d rows of %d pages, %v; want %d of %d, %v", rows, store.pages, failed, test.rows, test.pages, test.err)
			}
		})
	}
}
