package maicontact_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// twoServers makes two servers of one site on one table.
func twoServers(t *testing.T) (a, b *site) {
	var config maicontact.Config
	a = newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(a.sim)}
	return a, a.replica(t, config)
}

// A change on one server holds on the other: within 2 seconds where Run runs
// there, and at once where it does not.
func TestChangeMadeElsewhere(t *testing.T) {
	basic, vip := alice, alice
	for name, change := range map[string]struct {
		do      func(t *testing.T, a *site) error
		allowed func(id string, got answer) bool // afterwards
	}{
		"erased": {
			func(t *testing.T, a *site) error { _, err := a.mc.Erase(t.Context(), "u-alice"); return err },
			func(_ string, got answer) bool { return got.Reason == "erased" },
		},
		"reissued": {
			func(t *testing.T, a *site) error { _, err := a.mc.Reissue(t.Context(), "u-alice"); return err },
			func(id string, got answer) bool { return got.Contact != id },
		},
		"permissions": {
			func(t *testing.T, a *site) error {
				a.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact})
				return a.mc.UpdateMember(t.Context(), maicontact.Member{ID: "u-alice", Profile: vip, Revision: 99})
			},
			func(_ string, got answer) bool { return got.Contact == "" },
		},
	} {
		for _, running := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", running ", running), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
					a, b := twoServers(t)
					a.member("u-alice", basic)
					browser := b.browser()
					browser.login("u-alice")
					if running {
						stop := b.run()
						defer stop()
						time.Sleep(3 * time.Second)
					}
					id := browser.contact()
					time.Sleep(700 * time.Millisecond)
					if browser.contact() != id {
						t.Fatal("another contact")
					}
					if err := change.do(t, a); err != nil {
						t.Fatal(err)
					}
					if running {
						time.Sleep(2 * time.Second)
					}
					if got := browser.ask(); !change.allowed(id, got) {
						t.Errorf("answer %+v", got)
					}
				})
			})
		}
	}
}

// While Run runs a known person's ask reads nothing; without it every ask does.
func TestEntryIsBelieved(t *testing.T) {
	for _, login := range []string{"", "u-alice"} {
		synctest.Test(t, func(t *testing.T) {
			store := &putCounter{Store: maicontact.NewMemoryStore()}
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
			s.member("u-alice", alice)
			b := s.browser()
			b.login(login)
			b.contact()
			store.gets.Store(0)
			store.puts.Store(0)
			for range 10 {
				if n := len(b.send("GET", "/webchat.js").Cookies()); n != 0 {
					t.Error("a cookie is written again")
				}
			}
			if store.gets.Load() != 10 || store.puts.Load() != 0 {
				t.Errorf("without Run: %d reads, %d writes", store.gets.Load(), store.puts.Load())
			}
			stop := s.run()
			time.Sleep(2 * time.Second)
			b.contact() // a read, and an entry that counts
			store.gets.Store(0)
			for range 10 {
				if n := len(b.send("GET", "/webchat.js").Cookies()); n != 0 {
					t.Error("a cookie is written again")
				}
				time.Sleep(20 * time.Second)
			}
			if store.gets.Load() != 0 || store.puts.Load() != 0 {
				t.Errorf("with Run: %d reads, %d writes", store.gets.Load(), store.puts.Load())
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Many changes of one member at once are joined: the newest is what MaiAgent
// gets, and the store is written to a few times.
func TestUpdatesAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowPuts{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		first := s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		stop := s.run()
		var group sync.WaitGroup
		for i := range 1000 {
			group.Go(func() {
				p := webchat.Profile{Name: fmt.Sprint("Alice ", i)}
				if err := s.mc.UpdateMember(t.Context(), maicontact.Member{ID: "u-alice", Profile: p, Revision: first.Revision + 1 + int64(i)}); err != nil &&
					!isOlder(err) {
					t.Error(err)
				}
			})
		}
		before := store.count()
		group.Wait()
		if n := store.count() - before; n > 20 {
			t.Errorf("%d writes for a thousand changes at once", n)
		}
		time.Sleep(5 * time.Minute)
		if got := s.upstream(id).Name; got != "Alice 999" {
			t.Errorf("MaiAgent has %q", got)
		}
		if row := s.row(alicePerson); row.State() != contacts.StateSettled {
			t.Errorf("the row is %s", row.State())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// A thousand first asks of one member on three servers make one contact, with
// one creation.
func TestFirstAsksOnThreeServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		a := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.AllowDuplicateSourceIDs, o.SearchLag = true, 2*time.Second
			config = *c
		})
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(a.sim)}
		servers := []*site{a, a.replica(t, config), a.replica(t, config)}
		a.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 300 * time.Millisecond})
		a.member("u-alice", alice)
		var mu sync.Mutex
		seen := map[string]int{}
		var group sync.WaitGroup
		for i := range 1000 {
			b := servers[i%3].browser()
			b.login("u-alice")
			group.Go(func() {
				got := b.ask()
				mu.Lock()
				defer mu.Unlock()
				seen[got.Contact+got.Reason]++
			})
		}
		group.Wait()
		if n := a.sim.Count(webchattest.CreateContact); n != 1 || len(seen) != 1 || len(a.sim.Contacts()) != 1 {
			t.Errorf("%d creations, %d contacts, %d different answers", n, len(a.sim.Contacts()), len(seen))
		}
	})
}

// Erase on one server against Reissue on another, at random moments: the member
// never comes back, and nothing is left at MaiAgent.
func TestEraseAgainstReissueOnTwoServers(t *testing.T) {
	t.Parallel()
	for round := range 40 {
		seed := uint64(round)
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			pause := func() time.Duration { return time.Duration(random.Int64N(int64(400 * time.Millisecond))) }
			a, b := twoServers(t)
			stopA, stopB := a.run(), b.run()
			a.member("u-alice", alice)
			home := a.browser()
			home.login("u-alice")
			home.contact()
			a.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 50 * time.Millisecond})
			first, second, third := pause(), pause(), pause()
			var group sync.WaitGroup
			group.Go(func() {
				time.Sleep(first)
				_, _ = a.mc.Reissue(t.Context(), "u-alice")
				time.Sleep(third)
				home.ask()
				_, _ = a.mc.Reissue(t.Context(), "u-alice")
				home.ask()
			})
			group.Go(func() {
				time.Sleep(second)
				if _, err := b.mc.Erase(t.Context(), "u-alice"); err != nil {
					t.Errorf("round %d: %v", seed, err)
				}
			})
			group.Wait()
			for range 3 {
				if got := home.ask(); got.Contact != "" {
					t.Fatalf("round %d: an erased member has a contact", seed)
				}
				time.Sleep(20 * time.Second)
			}
			if n := len(a.sim.Contacts()); n != 0 {
				t.Errorf("round %d: %d contacts are left", seed, n)
			}
			if err := errors.Join(stopA(), stopB()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A change that comes while a server ends, when it begins nothing new, is left to
// the others at once: nobody waits for a lease of who has not begun.
func TestChangeWhileEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := twoServers(t)
		defer b.run()()
		stop := a.run()
		browser := a.browser()
		a.member("u-alice", alice)
		browser.login("u-alice")
		id := browser.contact()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		renamed := alice
		renamed.Name = "Alice Lin"
		if err := a.mc.UpdateMember(t.Context(), a.member("u-alice", renamed)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if name := a.upstream(id).Name; name != renamed.Name {
			t.Errorf("after 3 seconds MaiAgent knows %q\n%s", name, a.log)
		}
	})
}
