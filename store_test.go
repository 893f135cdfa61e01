package maicontact_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var (
	testScope   = contacts.Scope{Namespace: "shop-test", InboxID: webchattest.DefaultInboxID}
	alicePerson = testScope.Member("u-alice")
)

// brokenStore is a store whose operations fail or hang when told to.
type brokenStore struct {
	contacts.Store
	mu   sync.Mutex
	how  string   // "": it works; "fails"; "hangs" until ctx ends
	only []string // the operations; none: all
}

var errBroken = errors.New("connection refused")

func (s *brokenStore) breaks(how string, only ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how, s.only = how, only
}

func (s *brokenStore) try(ctx context.Context, operation string) error {
	s.mu.Lock()
	how, hit := s.how, len(s.only) == 0 || slices.Contains(s.only, operation)
	s.mu.Unlock()
	switch {
	case how == "" || !hit:
		return nil
	case how == "hangs":
		<-ctx.Done()
		return ctx.Err()
	}
	return errBroken
}

func (s *brokenStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if err := s.try(ctx, "get"); err != nil {
		return contacts.Row{}, time.Time{}, err
	}
	return s.Store.Get(ctx, p)
}

func (s *brokenStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	operation := "put"
	if !g.NotAfter.IsZero() {
		operation = "put in lease"
	}
	if err := s.try(ctx, operation); err != nil {
		return contacts.Row{}, err
	}
	return s.Store.Put(ctx, r, g)
}

func (s *brokenStore) Changed(ctx context.Context, scope contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	if err := s.try(ctx, "changed"); err != nil {
		return contacts.Changes{}, err
	}
	return s.Store.Changed(ctx, scope, since, limit)
}

// row returns a row as the table has it.
func (s *site) row(p contacts.Person) contacts.Row {
	s.t.Helper()
	row, _, err := s.store.Get(s.t.Context(), p)
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

// unsettled counts the rows that are due now or later.
func (s *site) unsettled() int {
	s.t.Helper()
	counts, err := s.store.Count(s.t.Context(), testScope)
	if err != nil {
		s.t.Fatal(err)
	}
	return counts.Unsettled
}

// change changes a row, as another server does.
func (s *site) change(p contacts.Person, f contacts.Transition) {
	s.t.Helper()
	at, err := contacts.Read(s.t.Context(), s.store, p)
	if err == nil {
		err = at.Change(s.t.Context(), f)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func erased(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Erase(now), nil }

// desiring has a row want another profile.
func desiring(p webchat.Profile, revision int64) contacts.Transition {
	return func(row contacts.Row, now time.Time) (contacts.Row, error) {
		return row.SetDesired(contacts.Desired{Profile: p, Stamp: contacts.StampOf(p), Revision: revision}, now)
	}
}

// replica makes another server of the same site, on the same table and MaiAgent.
func (s *site) replica(t *testing.T, c maicontact.Config) *site {
	t.Helper()
	r := &site{t: t, sim: s.sim, store: s.store, log: s.log, members: s.members}
	c.Identify = r.whoIs
	r.build(c)
	return r
}

// slowPuts is a store that takes 10 ms for each write, and counts them.
type slowPuts struct {
	contacts.Store
	puts atomic.Int64
}

func (s *slowPuts) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.puts.Add(1)
	time.Sleep(10 * time.Millisecond)
	return s.Store.Put(ctx, r, g)
}

func (s *slowPuts) count() int64 { return s.puts.Load() }

func isOlder(err error) bool { return errors.Is(err, maicontact.ErrOlderRevision) }

// A table that has people of this inbox under other namespaces only is said to
// be one, once.
func TestRenamedNamespace(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	s.browser().contact()
	const text = "under other namespaces only"
	if strings.Contains(s.log.String(), text) {
		t.Error("a new table is said to be another's")
	}
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	config.Namespace = "renamed"
	s.build(config)
	for range 3 {
		s.browser().contact()
	}
	if n := strings.Count(s.log.String(), text); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}
