package maicontact_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

type brokenClaims struct {
	contacts.Store
	asked atomic.Int64
}

func (s *brokenClaims) Put(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
	return contacts.Row{}, errors.New("disk full")
}
func (s *brokenClaims) Get(_ context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	row := contacts.New(p, time.Now())
	row.Version, row.Due = 1, row.Created
	return row, time.Now(), nil
}
func (s *brokenClaims) Due(_ context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	s.asked.Add(1)
	due := make([]contacts.Person, limit)
	for i := range due {
		due[i] = scope.Member(fmt.Sprint(i))
	}
	return due, nil
}

// A MaiAgent that always says "already there" is not asked for ever.
func TestConflictForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", alice)
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 409, Operation: webchattest.CreateContact})
		b := s.browser()
		b.login("u-alice")
		b.ask()
		time.Sleep(time.Hour)
		row := s.row(alicePerson)
		if n := s.sim.Count(webchattest.CreateContact); row.Generation > 4 || n > 12 {
			t.Errorf("after an hour: generation %d, %d POSTs", row.Generation, n)
		}
		stop()
	})
}

// A search that was refused once says nothing about the profile.
func TestRefusedSearchDoesNotPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", alice)
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ListContacts})
		b := s.browser()
		b.login("u-alice")
		b.ask()
		remove()
		time.Sleep(2 * time.Minute)
		if a := b.ask(); a.Contact == "" {
			t.Errorf("the member still has no chat: %q", a.Reason)
		}
		stop()
	})
}

// A store that fails is not hammered.
func TestNoBusyLoop(t *testing.T) {
	t.Parallel()
	store := &brokenClaims{Store: maicontact.NewMemoryStore()}
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
	stop := s.run()
	time.Sleep(500 * time.Millisecond)
	stop()
	if n := store.asked.Load(); n > 2 {
		t.Errorf("%d rounds and %d log lines in half a second", n, strings.Count(s.log.String(), "\n"))
	}
}

// The search for one member does not find a thousand others.
func TestShortIDInABigInbox(t *testing.T) {
	s := newSite(t, nil)
	for i := range 1200 {
		duplicate(t, s, fmt.Sprintf("shop-test:member:1%04d:g1", i))
	}
	s.member("1", alice)
	b := s.browser()
	b.login("1")
	b.contact()
	if n := s.sim.Count(webchattest.ListContacts); n != 1 {
		t.Errorf("%d pages were read", n)
	}
	if done, err := s.mc.Erase(t.Context(), "1"); err != nil || !done {
		t.Errorf("%+v, %v", done, err)
	}
}
