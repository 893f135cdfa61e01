package maicontact_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// While the store gives no answer, a member that it has vouched for not long
// ago keeps the chat; nobody else does.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	type row struct {
		name    string
		grace   time.Duration
		how     string        // the store breaks; empty: "fails"
		after   time.Duration // the last answer of the store is so old
		change  func(t *testing.T, s *site, b *browser)
		want    string // a reason; empty: the chat goes on
		waiting time.Duration
		never   bool // Run is not running
		access  string
	}
	rows := []row{
		{name: "before the entry must be checked", after: 4 * time.Minute},
		{name: "Run has never looked", after: 4 * time.Minute, never: true, want: "unavailable"},
		{name: "after that", after: 6 * time.Minute},
		{name: "it hangs", how: "hangs", after: 6 * time.Minute, waiting: time.Second},
		{name: "at the end of the grace", after: 34 * time.Minute},
		{name: "after its end", after: 36 * time.Minute, want: "unavailable"},
		{name: "it hangs, after the end", how: "hangs", after: 36 * time.Minute, want: "unavailable", waiting: time.Second},
		{name: "another grace", grace: 2 * time.Hour, after: 2 * time.Hour},
		{name: "after another grace", grace: 2 * time.Hour, after: 2*time.Hour + 6*time.Minute, want: "unavailable"},
		{name: "no grace", grace: -1, after: 6 * time.Minute, want: "unavailable"},
		{name: "permissions of their own", after: 6 * time.Minute, access: "basic", want: "unavailable"},
		{
			name: "the name changed meanwhile", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, s *site, _ *browser) {
				changed := alice
				changed.Name = "Alice Wu"
				s.member("u-alice", changed)
			},
		},
		{
			name: "the permissions changed meanwhile", after: 6 * time.Minute, want: "unavailable",
			change: func(t *testing.T, s *site, _ *browser) {
				changed := alice
				changed.QueryMetadata = metadata(t, "basic")
				s.member("u-alice", changed)
			},
		},
		{
			name: "changed and changed back", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, s *site, _ *browser) { s.member("u-alice", alice) },
		},
		{
			name: "permissions without a revision", after: time.Minute, want: "unavailable",
			change: func(t *testing.T, s *site, _ *browser) {
				changed := alice
				changed.QueryMetadata = metadata(t, "basic")
				s.memberRev("u-alice", changed, 0)
			},
		},
		{
			name: "logged in as another", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, _ *site, b *browser) { b.login("u-bob") },
		},
		{
			name: "back from another", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, _ *site, b *browser) {
				b.login("u-bob")
				b.ask()
				b.login("u-alice")
			},
		},
		{
			name: "on another device", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, _ *site, b *browser) { dropEntry(b) },
		},
		{
			name: "a forged entry", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, _ *site, b *browser) {
				kept := b.cookie("maicontact")
				b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: kept[:len(kept)-4] + "AAAA", Path: "/"}})
			},
		},
		{
			name: "the entry of another", after: 6 * time.Minute, want: "unavailable",
			change: func(_ *testing.T, s *site, b *browser) {
				other := s.browser()
				other.login("u-bob")
				other.ask()
				b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: other.cookie("maicontact"), Path: "/"}})
			},
		},
		{
			name: "erased on this server", after: 6 * time.Minute, want: "unavailable",
			change: func(t *testing.T, s *site, _ *browser) {
				s.store.(*brokenStore).breaks("")
				if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
					t.Fatal(err)
				}
				s.store.(*brokenStore).breaks("fails")
			},
		},
	}
	for _, row := range rows {
		if raced && row.after > 10*time.Minute {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &brokenStore{Store: maicontact.NewMemoryStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store, c.Timing.StaleIfError = store, row.grace })
				if !row.never {
					stop := s.run()
					defer stop()
				}
				member := alice
				if row.access != "" {
					member.QueryMetadata = metadata(t, row.access)
				}
				s.member("u-alice", member)
				s.member("u-bob", bob)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				time.Sleep(2 * time.Second)
				b.contact() // now that Run has looked, the entry counts
				kept := b.cookie("maicontact")
				time.Sleep(row.after)
				if row.how == "" {
					row.how = "fails"
				}
				store.breaks(row.how)
				if row.change != nil {
					row.change(t, s, b)
				}
				s.sim.ResetRequests()
				start := time.Now()
				got := b.ask()
				if want := (answer{Status: 200, Reason: row.want}); row.want != "" && (got.Contact != "" || got.Reason != want.Reason || got.Status != want.Status) {
					t.Errorf("answer %+v, want %+v", got, want)
				}
				if row.want == "" && got.Contact != id {
					t.Errorf("answer %+v, want the chat to go on\n%s", got, s.log)
				}
				if waited := time.Since(start); waited != row.waiting {
					t.Errorf("waited %v, want %v", waited, row.waiting)
				}
				if row.want == "" && b.cookie("maicontact") != kept {
					t.Error("the entry was renewed without the store")
				}
				if n := len(s.sim.Requests()); n != 0 {
					t.Errorf("%d calls to MaiAgent without the store, want none", n)
				}
			})
		})
	}
}

func dropEntry(b *browser) {
	b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Path: "/", MaxAge: -1}})
}

// The grace is one, however often it is used, and ends with the outage.
func TestStoreComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &brokenStore{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		s.member("u-alice", alice)
		s.member("u-bob", bob)
		stop := s.run()
		defer stop()
		known, fresh, visitor := s.browser(), s.browser(), s.browser()
		known.login("u-alice")
		fresh.login("u-bob")
		time.Sleep(time.Second) // Run has looked
		id := known.contact()
		anonymous := visitor.contact()
		time.Sleep(6 * time.Minute)
		store.breaks("fails")
		s.sim.ResetRequests()
		for range 28 {
			if got := known.contact(); got != id {
				t.Fatal("another contact")
			}
			if got := fresh.ask(); got.Reason != "unavailable" || got.Contact != "" {
				t.Fatalf("a new member: %+v", got)
			}
			time.Sleep(time.Minute)
		}
		if n := strings.Count(s.log.String(), "the store does not answer"); n != 28 {
			t.Errorf("%d warnings in 28 minutes", n)
		}
		time.Sleep(2 * time.Minute)
		if got := known.ask(); got.Reason != "unavailable" || got.Contact != "" {
			t.Errorf("the grace does not end: %+v", got)
		}
		if got := visitor.ask(); got.Reason != "unavailable" || got.Contact != "" {
			t.Errorf("a visitor is served stale: %+v", got)
		}
		if n := len(s.sim.Requests()); n != 0 {
			t.Errorf("%d calls to MaiAgent without the store, want none", n)
		}
		store.breaks("")
		if known.contact() != id {
			t.Error("another contact after the outage")
		}
		fresh.contact()
		if visitor.contact() != anonymous {
			t.Error("the visitor has another contact after the outage")
		}
		time.Sleep(time.Second)
		known.contact()
		store.breaks("fails")
		time.Sleep(6 * time.Minute)
		if known.contact() != id {
			t.Error("no new grace after the store has answered")
		}
	})
}

// An outage is one line a minute in the log, not one per request.
func TestStoreDownIsLoggedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &brokenStore{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		stop := s.run()
		defer stop()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		time.Sleep(time.Second)
		b.contact()
		time.Sleep(6 * time.Minute)
		store.breaks("fails")
		for range 90 {
			b.contact()
			time.Sleep(time.Second)
		}
		if n := strings.Count(s.log.String(), "members keep the chat from their session"); n != 2 {
			t.Errorf("%d warnings in 90 s, want 2\n%s", n, s.log)
		}
	})
}

// Answers of the store are answers: they get no grace.
func TestNoGraceForAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(t *testing.T, s *site, store *brokenStore)
		want    string
	}{
		"erased elsewhere": {func(t *testing.T, s *site, _ *brokenStore) {
			s.change(alicePerson, erased)
		}, "erased"},
		"not found, and then silent": {func(_ *testing.T, _ *site, store *brokenStore) {
			store.Store = maicontact.NewMemoryStore()
			store.breaks("fails", "put", "put in lease")
		}, "unavailable"},
		"changed elsewhere, and MaiAgent hangs": {func(t *testing.T, s *site, _ *brokenStore) {
			changed := alice
			changed.QueryMetadata = metadata(t, "basic")
			s.change(alicePerson, desiring(changed, 9))
			s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
		}, "budget"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &brokenStore{Store: maicontact.NewMemoryStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				b.contact()
				time.Sleep(6 * time.Minute)
				test.arrange(t, s, store)
				if got := b.ask(); got.Contact != "" || got.Reason != test.want {
					t.Errorf("answer %+v, want %s", got, test.want)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// Nothing is made at MaiAgent without a claim and a recorded attempt.
func TestNothingIsMadeWithoutAClaim(t *testing.T) {
	for _, operation := range []string{"get", "put", "put in lease"} {
		for _, how := range []string{"fails", "hangs"} {
			t.Run(operation+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := &brokenStore{Store: maicontact.NewMemoryStore()}
					s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
					stop := s.run()
					s.member("u-alice", alice)
					b := s.browser()
					b.login("u-alice")
					store.breaks(how, operation)
					for range 5 {
						if got := b.ask(); got.Contact != "" || got.Status != 200 {
							t.Errorf("answer %+v", got)
						}
						time.Sleep(30 * time.Second)
					}
					if n := s.sim.Count(webchattest.CreateContact); n != 0 {
						t.Errorf("%d POSTs", n)
					}
					store.breaks("")
					time.Sleep(3 * time.Minute)
					b.contact()
					if n := s.sim.Count(webchattest.CreateContact); n != 1 {
						t.Errorf("%d POSTs after the outage, want 1", n)
					}
					if err := stop(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}
