package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// The newest change of each person is kept until its time, and of so many people.
func TestDeferredChanges(t *testing.T) {
	var e deferredChanges
	now := time.Now()
	p := scope.Member("1")
	for _, revision := range []int64{3, 7, 5} {
		e.add(p, contacts.Desired{Revision: revision}, now.Add(time.Minute))
	}
	if due := e.due(now); len(due) != 0 {
		t.Errorf("%d are due too early", len(due))
	}
	due := e.due(now.Add(time.Minute))
	if len(due) != 1 || due[p].desired.Revision != 7 {
		t.Errorf("due are %d, of revision %d", len(due), due[p].desired.Revision)
	}
	if due := e.due(now.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d are due twice", len(due))
	}
	for i := range maxDeferred + 10 {
		e.add(scope.Member(fmt.Sprint("m", i)), contacts.Desired{Revision: 1}, now)
	}
	if n := len(e.due(now)); n != maxDeferred {
		t.Errorf("%d are kept", n)
	}
}

// failingStore reads no row while it is down.
type failingStore struct {
	contacts.Store
	down bool
}

func (s *failingStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.down {
		return contacts.Row{}, time.Time{}, errors.New("the store is down")
	}
	return s.Store.Get(ctx, p)
}

// What went well takes no line of the log away from what fails within a minute.
func TestDeferredChangeFails(t *testing.T) {
	var log bytes.Buffer
	store := &failingStore{Store: contacts.NewMemoryStore()}
	o := Options{Scope: scope, Store: store}
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	r := New(o)
	for _, store.down = range []bool{false, true} {
		r.deferred.add(scope.Member("1"), contacts.Desired{Revision: 1}, time.Now())
		r.retryDeferred(t.Context())
	}
	if n := strings.Count(log.String(), "was not recorded"); n != 1 {
		t.Errorf("%d lines about one failure:\n%s", n, log.String())
	}
}
