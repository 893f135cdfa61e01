package operate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Every row in trouble is found once, whatever the size of a page, and no other.
func TestWaiting(t *testing.T) {
	t.Parallel()
	store := contacts.NewMemoryStore()
	api, err := webchat.NewClient(webchat.Config{BaseURL: "http://127.0.0.1:1", APIKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := New(Options{Namespace: "shop", InboxID: string(idA), Store: store, API: api})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var want []string
	for n := range 7000 {
		row := contacts.New(o.scope.Member(fmt.Sprintf("m%05d", n)), now)
		switch n % 1000 {
		case 1:
			row.Due = now.Add(-time.Duration(n) * time.Second)
		case 2:
			row.Due = now.Add(time.Hour)
		case 3:
			row.Refused = "phone"
		case 4:
			row.DoubtUntil = now
		case 999:
			row.Failures = 1
		}
		if _, err := store.Put(t.Context(), row, contacts.Guard{}); err != nil {
			t.Fatal(err)
		}
		if slices.Contains([]int{1, 2, 3, 4, 999}, n%1000) {
			want = append(want, row.ID)
		}
	}
	for _, most := range []int{1, 2, 34, 35, 36} {
		var got []string
		looked, pages := 0, 0
		for after := (contacts.Person{}); ; {
			w, err := o.Waiting(t.Context(), after, most)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range w.Found {
				if found.Status.ID != found.Person.ID {
					t.Errorf("%s is told as %s", found.Person.ID, found.Status.ID)
				}
				got = append(got, found.Person.ID)
			}
			looked += w.RowsRead
			if pages++; len(w.Found) > most || w.RowsRead > maxRowsRead || pages > 100 {
				t.Fatalf("page %d has %d of %d rows", pages, len(w.Found), w.RowsRead)
			}
			if after = w.Next; after == (contacts.Person{}) {
				break
			}
		}
		if !slices.Equal(got, want) || looked != 7000 {
			t.Errorf("%d at a time: %d found in %d rows, want %d", most, len(got), looked, len(want))
		}
	}
	overdue, err := o.Overdue(t.Context(), 3)
	if err != nil || len(overdue) != 3 || overdue[0].Person.ID != "m06001" || overdue[2].Person.ID != "m04001" {
		t.Errorf("%d overdue, %v", len(overdue), err)
	}
}
