package maicontact_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A contact that is being made during its erasure does not survive it.
func TestEraseDuringCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", alice)
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 8 * time.Second, Operation: webchattest.CreateContact, Times: 1})
		b := s.browser()
		b.login("u-alice")
		b.ask()
		for range 20 {
			done, err := s.mc.Erase(t.Context(), "u-alice")
			if err != nil {
				t.Fatal(err)
			}
			if live := s.sim.Contacts(); done && len(live) != 0 {
				t.Fatal("deleted, it says, but MaiAgent has the contact")
			}
			time.Sleep(10 * time.Second)
		}
		done, err := s.mc.Erase(t.Context(), "u-alice")
		if live := s.sim.Contacts(); err != nil || !done || len(live) != 0 {
			t.Errorf("%+v, %v, %d live contacts", done, err, len(live))
		}
		stop()
	})
}

// An erasure finds what a lost store knew of.
func TestEraseFindsLaterGenerations(t *testing.T) {
	t.Parallel()
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Timing.SearchLag = 200 * time.Millisecond
		config = *c
	})
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	id := b.contact()
	s.sim.Delete(id)
	changed := alice
	changed.Name = "Alice Wu"
	s.member("u-alice", changed)
	b.contact()
	eventually(t, func() bool { return b.contact() != id })
	config.Store = maicontact.NewMemoryStore()
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	s.build(config)
	e, err := s.mc.Erase(t.Context(), "u-alice")
	if n := len(s.sim.Contacts()); e && n != 0 {
		t.Errorf("Erase: %+v %v; %d live contact", e, err, n)
	}
}

// An erasure that cannot search backs off.
func TestEraseIsRetriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ListContacts})
		_, err := s.mc.Erase(t.Context(), "u-alice")
		time.Sleep(time.Hour)
		row := s.row(alicePerson)
		if err != nil || row.Failures == 0 || row.Reason == "" {
			t.Errorf("error %v, %d failures, reason %q", err, row.Failures, row.Reason)
		}
		if n := s.sim.Count(webchattest.ListContacts); n > 180 { // each try is two: of large pages, and of plain ones
			t.Errorf("%d searches in an hour", n)
		}
		stop()
	})
}
