package resolve

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// A person who was restored meanwhile is erased no more: nothing of theirs is worked on.
func TestEraseAgainOfALivePerson(t *testing.T) {
	store := contacts.NewMemoryStore()
	o := Options{Scope: scope, Store: store}
	o.Logger = slog.New(slog.DiscardHandler)
	p := scope.Member("1")
	row := contacts.New(p, time.Now())
	if _, err := store.Put(t.Context(), row, contacts.Guard{}); err != nil {
		t.Fatal(err)
	}
	if row, err := New(o).EraseAgain(t.Context(), p); !errors.Is(err, contacts.ErrNotErased) || row.Life != contacts.Live {
		t.Errorf("life %v, %v", row.Life, err)
	}
}
