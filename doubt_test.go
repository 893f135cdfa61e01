package maicontact_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// forgetfulStore fails the first few times it is to record a contact. Where it
// is late it has recorded it all the same.
type forgetfulStore struct {
	contacts.Store
	failures atomic.Int32
	late     bool
}

func (s *forgetfulStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	if r.ContactID == "" || s.failures.Add(-1) < 0 {
		return s.Store.Put(ctx, r, g)
	}
	if s.late {
		if _, err := s.Store.Put(ctx, r, g); err != nil {
			return contacts.Row{}, err
		}
		return contacts.Row{}, contacts.ErrUnclear
	}
	return contacts.Row{}, errors.New("connection reset by peer")
}

// A contact that was made, and that the store failed to record, is found again
// and not made twice, although MaiAgent's search does not show it for a while.
func TestContactThatWasNotRecorded(t *testing.T) {
	for _, row := range []struct {
		name       string
		lag        time.Duration // of MaiAgent's search
		duplicates bool          // MaiAgent makes two contacts of one source id
		failures   int32         // of the store
		late       bool
	}{
		{name: "no lag", failures: 1, duplicates: true},
		{name: "a second", lag: time.Second, failures: 1, duplicates: true},
		{name: "ten seconds", lag: 10 * time.Second, failures: 1, duplicates: true},
		{name: "ten seconds, three times", lag: 10 * time.Second, failures: 3, duplicates: true},
		{name: "ten seconds, source ids are unique", lag: 10 * time.Second, failures: 1},
		{name: "most of a minute", lag: 55 * time.Second, failures: 1, duplicates: true},
		{name: "most of a minute, source ids are unique", lag: 55 * time.Second, failures: 1},
		{name: "ten seconds, and it was recorded", lag: 10 * time.Second, failures: 1, duplicates: true, late: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &forgetfulStore{Store: maicontact.NewMemoryStore(), late: row.late}
				store.failures.Store(row.failures)
				s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
					c.Store, o.SearchLag, o.AllowDuplicateSourceIDs = store, row.lag, row.duplicates
				})
				stop := s.run()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				if a := b.ask(); a.Contact == "" && a.Reason != "unavailable" {
					t.Errorf("at first: %+v", a)
				}
				for range 90 { // the browser asks again and again
					time.Sleep(2 * time.Second)
					b.ask()
				}
				id := b.contact()
				live := s.sim.Contacts()
				if len(live) != 1 || live[0].ID != id || live[0].Name != alice.Name {
					t.Errorf("%d live contacts, want the one that was handed out", len(live))
				}
				if row.duplicates && s.sim.Count(webchattest.CreateContact) != 1 {
					t.Errorf("%d contacts were asked for, want one", s.sim.Count(webchattest.CreateContact))
				}
				if n := s.unsettled(); n != 0 {
					t.Errorf("%d rows are not settled", n)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
