package maicontact_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// isLive reports whether MaiAgent has the contact and has not deleted it.
func (s *site) isLive(id string) bool {
	return slices.ContainsFunc(s.sim.Contacts(), func(c webchattest.Contact) bool { return c.ID == id })
}

// The old contact is deleted, and the next ask of any browser gets a new one.
func TestReissue(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.member("u-bob", bob)
	home, phone, other := s.browser(), s.browser(), s.browser()
	home.login("u-alice")
	phone.login("u-alice")
	other.login("u-bob")
	id, bobs := home.contact(), other.contact()
	if phone.contact() != id {
		t.Fatal("two contacts")
	}
	for range 3 {
		done, err := s.mc.Reissue(t.Context(), "u-alice")
		if err != nil || !done {
			t.Fatalf("%+v, %v", done, err)
		}
		fresh := home.contact()
		if fresh == id || phone.contact() != fresh {
			t.Error("a browser has the old contact")
		}
		if s.isLive(id) || len(s.sim.Contacts()) != 2 {
			t.Errorf("the old contact is live: %v; %d contacts", s.isLive(id), len(s.sim.Contacts()))
		}
		if got := s.upstream(fresh); got.Name != alice.Name || got.Email != alice.Email {
			t.Errorf("MaiAgent has %q, %q", got.Name, got.Email)
		}
		id = fresh
	}
	if other.contact() != bobs {
		t.Error("somebody else has lost their contact")
	}
}

// Those who are not there, or erased, stay so.
func TestReissueRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		member  string
		arrange func(t *testing.T, s *site)
		want    error
		reason  string // of an ask afterwards; empty: a contact
	}{
		"never asked": {member: "u-alice", want: maicontact.ErrNotFound},
		"no id":       {want: nil},
		"erased": {member: "u-alice", want: maicontact.ErrErased, reason: "erased", arrange: func(t *testing.T, s *site) {
			b := s.browser()
			b.login("u-alice")
			b.contact()
			if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
				t.Fatal(err)
			}
		}},
		"erased without a contact": {member: "u-alice", want: maicontact.ErrErased, reason: "erased", arrange: func(t *testing.T, s *site) {
			if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
				t.Fatal(err)
			}
		}},
		"erased, not completely": {member: "u-alice", want: maicontact.ErrErased, reason: "erased", arrange: func(t *testing.T, s *site) {
			b := s.browser()
			b.login("u-alice")
			b.contact()
			s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.DeleteContact})
			if done, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || done {
				t.Fatalf("%+v, %v", done, err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.member("u-alice", alice)
				if test.arrange != nil {
					test.arrange(t, s)
				}
				for range 2 {
					done, err := s.mc.Reissue(t.Context(), test.member)
					if err == nil || done || test.want != nil && !errors.Is(err, test.want) {
						t.Errorf("%+v, %v; want %v", done, err, test.want)
					}
				}
				if errors.Is(test.want, maicontact.ErrNotFound) {
					if _, _, err := s.store.Get(t.Context(), alicePerson); !errors.Is(err, maicontact.ErrNotFound) {
						t.Errorf("a row was made: %v", err)
					}
				}
				b := s.browser()
				b.login("u-alice")
				if got := b.ask(); got.Reason != test.reason || (got.Contact == "") != (test.reason != "") {
					t.Errorf("answer %+v", got)
				}
			})
		})
	}
}

// While a deletion is not complete nobody gets a chat; Run finishes it, and then
// the member has a new contact. Nobody has to do anything.
func TestReissueUnfinished(t *testing.T) {
	for name, fault := range map[string]webchattest.Fault{
		"delete refused":        {Kind: webchattest.Refuse, Operation: webchattest.DeleteContact},
		"delete cut":            {Kind: webchattest.CutBefore, Operation: webchattest.DeleteContact},
		"deleted, and cut":      {Kind: webchattest.CommitThenCut, Operation: webchattest.DeleteContact},
		"delete hangs":          {Kind: webchattest.Hang, Operation: webchattest.DeleteContact},
		"cannot be read back":   {Kind: webchattest.Refuse, Operation: webchattest.GetContact},
		"cannot be searched":    {Kind: webchattest.HTML, Operation: webchattest.ListContacts},
		"everything is refused": {Kind: webchattest.Refuse},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				stop := s.run()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				remove := s.sim.Inject(fault)
				done, err := s.mc.Reissue(t.Context(), "u-alice")
				if err != nil || done {
					t.Fatalf("%+v, %v", done, err)
				}
				if got := b.ask(); got.Reason != "unavailable" || got.Contact != "" {
					t.Errorf("answer %+v", got)
				}
				if _, err := s.mc.Reissue(t.Context(), "u-alice"); !errors.Is(err, maicontact.ErrReissuing) {
					t.Errorf("a second Reissue: %v", err)
				}
				if row := s.row(alicePerson); row.State() != contacts.StateReissuing {
					t.Errorf("the row is %s", row.State())
				}
				remove()
				time.Sleep(5 * time.Minute)
				if b.contact() == id || len(s.sim.Contacts()) != 1 {
					t.Errorf("the old contact, or %d", len(s.sim.Contacts()))
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A deletion that the store could not be told of is done again by Run, and the
// member comes back by themselves.
func TestReissueThatIsNotRecorded(t *testing.T) {
	for _, how := range []string{"hangs", "fails"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &brokenStore{Store: maicontact.NewMemoryStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
				stop := s.run()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				store.breaks(how, "put in lease")
				done, err := s.mc.Reissue(t.Context(), "u-alice")
				if done || err != nil && strings.Contains(err.Error(), "u-alice") {
					t.Errorf("%+v, %v", done, err)
				}
				if got := b.ask(); got.Contact != "" {
					t.Errorf("answer %+v", got)
				}
				store.breaks("")
				time.Sleep(5 * time.Minute)
				if b.contact() == id || len(s.sim.Contacts()) != 1 {
					t.Errorf("the old contact, or %d", len(s.sim.Contacts()))
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// slowStore takes a second before and a second after it notes that a deletion is
// complete.
type slowStore struct{ contacts.Store }

func (s slowStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	if r.State() != contacts.StateErased && (r.State() != contacts.StateIdle || r.Generation == 1) {
		return s.Store.Put(ctx, r, g)
	}
	time.Sleep(time.Second)
	row, err := s.Store.Put(ctx, r, g)
	time.Sleep(time.Second)
	return row, err
}

// An Erase beside a Reissue wins, whenever it comes.
func TestEraseBesideReissue(t *testing.T) {
	for at := -1500 * time.Millisecond; at <= 5*time.Second; at += 250 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = slowStore{c.Store} })
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second, Operation: webchattest.DeleteContact})
				var group sync.WaitGroup
				var reissued, erased bool
				var err error
				group.Go(func() {
					time.Sleep(max(0, -at))
					reissued, err = s.mc.Reissue(t.Context(), "u-alice")
				})
				group.Go(func() {
					time.Sleep(max(0, at))
					var err error
					if erased, err = s.mc.Erase(t.Context(), "u-alice"); err != nil {
						t.Error(err)
					}
				})
				group.Wait()
				// A Reissue that was over when the Erase came has done its work.
				if !errors.Is(err, maicontact.ErrErased) && (err != nil || !reissued) {
					t.Errorf("Reissue: %+v, %v", reissued, err)
				}
				if !erased {
					t.Errorf("Erase: %+v", erased)
				}
				for range 2 {
					if got := b.ask(); got.Contact != "" || got.Reason != "erased" {
						t.Errorf("an erased member came back: %+v", got)
					}
					time.Sleep(10 * time.Minute)
				}
				if s.isLive(id) || len(s.sim.Contacts()) != 0 {
					t.Error("a contact is left at MaiAgent")
				}
			})
		})
	}
}

// Reissues at once, beside asks: one contact in the end, and not the old one.
func TestReissuesAtOnce(t *testing.T) {
	for name, servers := range map[string]int{"one server": 1, "three servers": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var config maicontact.Config
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
				config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
				s.member("u-alice", alice)
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 20 * time.Millisecond})
				first := s.browser()
				first.login("u-alice")
				id := first.contact()
				replicas := []*maicontact.Middleware{s.mc}
				for range servers - 1 {
					s.build(config)
					replicas = append(replicas, s.mc)
				}
				stop := s.run()
				var group sync.WaitGroup
				for i := range 9 {
					group.Go(func() {
						done, err := replicas[i%servers].Reissue(t.Context(), "u-alice")
						if !errors.Is(err, maicontact.ErrReissuing) && (err != nil || !done) {
							t.Errorf("%+v, %v", done, err)
						}
					})
					group.Go(func() {
						b := s.browser()
						b.login("u-alice")
						for range 20 {
							b.ask()
							time.Sleep(7 * time.Millisecond)
						}
					})
				}
				group.Wait()
				time.Sleep(2 * time.Minute)
				b := s.browser()
				b.login("u-alice")
				if got := b.contact(); got == id {
					t.Error("the old contact")
				}
				if n := len(s.sim.Contacts()); n != 1 {
					t.Errorf("%d contacts, want 1", n)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
