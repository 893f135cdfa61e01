package maicontact_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// putCounter counts the writes of a store.
type putCounter struct {
	contacts.Store
	gets, puts atomic.Int64
}

func (s *putCounter) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.gets.Add(1)
	return s.Store.Get(ctx, p)
}

func (s *putCounter) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.puts.Add(1)
	return s.Store.Put(ctx, r, g)
}

// What an ask costs: of a new visitor one call to MaiAgent and two writes, of a
// new member two calls, three writes and one read, and as much for a change of
// the profile: MaiAgent's contact is read first. Where replies hold the id alone
// a visitor is looked up, and a change of permissions is read back.
func TestCostOfAFirstAsk(t *testing.T) {
	for name, test := range map[string]struct {
		login      string
		bare       bool
		calls      int
		gets, puts int64
		change     int // calls of a change of permissions
	}{
		"visitor":           {"", false, 1, 1, 2, 0},
		"member":            {"u-alice", false, 2, 1, 3, 2},
		"visitor, id alone": {"", true, 2, 1, 2, 0},
		"member, id alone":  {"u-alice", true, 3, 1, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			store := &putCounter{Store: maicontact.NewMemoryStore()}
			s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
				c.Store, o.Switches.BareReplies = store, test.bare
			})
			s.member("u-alice", alice)
			b := s.browser()
			b.login(test.login)
			b.contact()
			if n := len(s.sim.Requests()); n != test.calls || store.gets.Load() != test.gets || store.puts.Load() != test.puts {
				t.Errorf("%d calls, %d reads, %d writes; want %d, %d, %d", n, store.gets.Load(), store.puts.Load(), test.calls, test.gets, test.puts)
			}
			if test.login == "" {
				return
			}
			changed := alice
			changed.QueryMetadata = metadata(t, "basic")
			s.member("u-alice", changed)
			s.sim.ResetRequests()
			store.gets.Store(0)
			store.puts.Store(0)
			b.contact()
			if n := len(s.sim.Requests()); n != test.change || store.gets.Load() != 1 || store.puts.Load() != 3 {
				t.Errorf("a change of permissions: %d calls, %d reads, %d writes; want %d, 1, 3", n, store.gets.Load(), store.puts.Load(), test.change)
			}
		})
	}
}

// Where MaiAgent does not keep source ids unique, and its search lags, a visitor
// whose creation was lost still gets one contact.
func TestVisitorWhoseCreationWasLost(t *testing.T) {
	for _, kind := range []webchattest.Kind{webchattest.CommitThenCut, webchattest.CommitThenHTML, webchattest.CutBefore, webchattest.CommitThenHang} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(_ *maicontact.Config, o *webchattest.Options) {
					o.SearchLag, o.AllowDuplicateSourceIDs = 20*time.Second, true
				})
				stop := s.run()
				defer stop()
				s.sim.Inject(webchattest.Fault{Kind: kind, Operation: webchattest.CreateContact, Times: 1})
				b := s.browser()
				for range 90 {
					b.ask()
					time.Sleep(2 * time.Second)
				}
				id := b.contact()
				if live := s.sim.Contacts(); len(live) != 1 || live[0].ID != id {
					t.Errorf("%d contacts for one visitor", len(live))
				}
			})
		})
	}
}

// A reply of the visitor's time that comes late, after a login and a logout,
// brings the former visitor back for nobody, on no server.
func TestLateReplyOfAVisitor(t *testing.T) {
	for name, during := range map[string]func(t *testing.T, s *site, b *browser){
		"asked as a member": func(_ *testing.T, _ *site, b *browser) { b.login("u-alice"); b.contact() },
		"forgotten at the login": func(t *testing.T, s *site, b *browser) {
			b.send("POST", "/login")
			b.login("u-alice")
		},
		"asked as a member while the store is away": func(_ *testing.T, s *site, b *browser) {
			store := s.store.(*brokenStore)
			store.breaks("fails")
			b.login("u-alice")
			b.ask()
			store.breaks("")
			time.Sleep(2 * time.Second) // Run tells the store
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var config maicontact.Config
				store := &brokenStore{Store: maicontact.NewMemoryStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store, config = store, *c })
				config.Store, config.API.HTTPClient = store, &http.Client{Transport: webchattest.InProcess(s.sim)}
				stop := s.run()
				defer stop()
				other := s.replica(t, config)
				stopOther := other.run()
				defer stopOther()
				s.member("u-alice", alice)
				s.mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
					if err := maicontact.Forget(r.Context()); err != nil {
						t.Error(err)
					}
				})
				b := s.browser()
				visitor := b.contact()
				late := b.cookie("maicontact")
				onOther := other.browser()
				onOther.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: late, Path: "/"}})
				time.Sleep(3 * time.Second)
				if onOther.contact() != visitor {
					t.Fatal("the other server does not know the visitor")
				}
				during(t, s, b)
				b.logout()
				time.Sleep(2 * time.Second)
				for where, browser := range map[string]*browser{"here": b, "on the other server": onOther} {
					browser.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: late, Path: "/"}})
					if got := browser.contact(); got == visitor {
						t.Errorf("%s the former visitor came back", where)
					}
				}
			})
		})
	}
}

// A visitor is given an erased or reissued contact no more, in no tab.
func TestVisitorIsErasedAndReissued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		defer stop()
		s.mux.HandleFunc("/erase", func(w http.ResponseWriter, r *http.Request) {
			done, err := s.mc.EraseVisitor(r.Context())
			if err != nil || !done {
				t.Errorf("erase: %+v, %v", done, err)
			}
		})
		s.mux.HandleFunc("/reissue", func(w http.ResponseWriter, r *http.Request) {
			done, err := s.mc.ReissueVisitor(r.Context())
			if err != nil || !done {
				t.Errorf("reissue: %+v, %v", done, err)
			}
		})
		b, tab := s.browser(), s.browser()
		id := b.contact()
		cookie := b.cookie("maicontact")
		tab.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: cookie, Path: "/"}})
		b.send("POST", "/reissue")
		fresh := b.contact()
		if fresh == id || s.isLive(id) || !s.isLive(fresh) || tab.contact() != fresh {
			t.Error("the visitor still has the old contact, or another than in the other tab")
		}
		b.send("POST", "/erase")
		if s.isLive(fresh) || b.cookie("maicontact") != "" {
			t.Error("the visitor was not erased and forgotten")
		}
		if got := tab.contact(); got == fresh || got == id {
			t.Error("the other tab has the erased contact")
		}
		if next := b.contact(); next == fresh || next == id {
			t.Error("the next visitor has the erased contact")
		}
	})
}

// Who is no known visitor has nothing to erase.
func TestEraseVisitorRefuses(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.mux.HandleFunc("/erase", func(w http.ResponseWriter, r *http.Request) {
		_, erased := s.mc.EraseVisitor(r.Context())
		_, reissued := s.mc.ReissueVisitor(r.Context())
		for _, err := range []error{erased, reissued} {
			if !errors.Is(err, maicontact.ErrNotFound) {
				t.Errorf("error %v", err)
			}
		}
	})
	b := s.browser()
	b.send("POST", "/erase")
	b.login("u-alice")
	b.contact()
	b.send("POST", "/erase")
	if _, err := s.mc.EraseVisitor(t.Context()); !errors.Is(err, maicontact.ErrNoMiddleware) {
		t.Errorf("error %v", err)
	}
	if n := len(s.sim.Contacts()); n != 1 {
		t.Errorf("%d contacts", n)
	}
}

// The row of a visitor stays as long as a cookie could name them, and no longer;
// who keeps coming keeps both.
func TestVisitorsArePruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Cookie.MaxAge = time.Hour })
		once, often := s.browser(), s.browser()
		once.contact()
		id := often.contact()
		kept := once.cookie("maicontact")
		for range 60 {
			time.Sleep(30 * time.Minute)
			if often.contact() != id {
				t.Fatal("a visitor who keeps coming has another contact")
			}
		}
		stop := s.run()
		defer stop()
		time.Sleep(2 * time.Minute) // Run takes out what has expired
		counts, err := s.store.Count(t.Context(), testScope)
		if err != nil || counts.Visitors != 1 {
			t.Errorf("%d rows of visitors, %v", counts.Visitors, err)
		}
		// A copy of the cookie, long after it has ended.
		once.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: kept, Path: "/"}})
		once.contact()
		if n := len(s.sim.Contacts()); n != 3 {
			t.Errorf("%d contacts, want a new visitor's beside the two", n)
		}
	})
}

// A visitor's entry of another installation is a miss.
func TestVisitorOfAnotherNamespace(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	config.Namespace, config.API.HTTPClient = "shop-staging", &http.Client{Transport: webchattest.InProcess(s.sim)}
	other := s.replica(t, config)
	b, there := s.browser(), other.browser()
	id := b.contact()
	there.jar.SetCookies(shop, b.jar.Cookies(shop))
	if there.contact() == id {
		t.Error("one contact in two namespaces")
	}
	sources := []string{}
	for _, c := range s.sim.Contacts() {
		sources = append(sources, c.SourceID)
	}
	slices.Sort(sources)
	var keys []string
	for _, scope := range []contacts.Scope{testScope, {Namespace: "shop-staging", InboxID: testScope.InboxID}} {
		rows, err := s.store.Rows(t.Context(), scope, contacts.Person{}, 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		keys = append(keys, rows[0].ID)
	}
	if keys[0] == keys[1] {
		t.Error("one visitor key in two namespaces")
	}
	if len(slices.Compact(sources)) != 2 || strings.Contains(strings.Join(sources, " "), "shop") {
		t.Errorf("source ids %v", sources)
	}
}

// A server that could not tell the store of a login, and died, has left the
// visitor's key in the member's entry: the next server tells it.
func TestEntryCarriesTheFormerVisitor(t *testing.T) {
	for _, out := range []bool{false, true} {
		t.Run(fmt.Sprint("logged out there: ", out), func(t *testing.T) { entryCarriesTheFormerVisitor(t, out) })
	}
}

func entryCarriesTheFormerVisitor(t *testing.T, out bool) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		table := maicontact.NewMemoryStore()
		store := &brokenStore{Store: table}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store, config = store, *c })
		s.member("u-alice", alice)
		b := s.browser()
		visitor := b.contact()
		late := b.cookie("maicontact")
		store.breaks("hangs")
		b.login("u-alice")
		start := time.Now()
		if got := b.ask(); got.Reason != "unavailable" || time.Since(start) > 1100*time.Millisecond {
			t.Errorf("answer %+v after %v: a login must not wait for the retirement", got, time.Since(start))
		}
		time.Sleep(time.Minute) // this server ends, having told nobody
		s.store = table
		config.Store, config.API.HTTPClient = table, &http.Client{Transport: webchattest.InProcess(s.sim)}
		next := s.replica(t, config)
		moved := next.browser()
		moved.jar = b.jar
		if out {
			next.mux.HandleFunc("POST /logout", func(_ http.ResponseWriter, r *http.Request) { maicontact.Forget(r.Context()) })
			moved.send("POST", "/logout")
		} else {
			moved.contact()
		}
		synctest.Wait()
		thief := next.browser()
		thief.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: late, Path: "/"}})
		if got := thief.contact(); got == visitor {
			t.Error("the former visitor came back")
		}
		if out {
			return
		}
		if again := moved.contact(); again == visitor {
			t.Error("the member got the visitor's contact")
		}
		if n := len(moved.send("GET", "/webchat.js").Cookies()); n != 0 {
			t.Error("the entry still carries the visitor, whom the store knows by now")
		}
	})
}

// A new visitor is kept for a week, and one who keeps coming for longer, however often
// their entry was written in between. A cookie ends a day before its row.
func TestVisitorIsKeptLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		b := s.browser()
		id := b.contact()
		keeps := func(when string, want time.Duration) {
			t.Helper()
			rows, err := s.store.Rows(t.Context(), testScope, contacts.Person{}, 10)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			if got := time.Until(rows[0].Expires); got != want {
				t.Errorf("%s the row ends in %v, want %v", when, got, want)
			}
		}
		const day = 24 * time.Hour
		keeps("at first", 8*day)
		for range 3 {
			time.Sleep(10 * time.Hour)
			if b.contact() != id {
				t.Fatal("another contact")
			}
		}
		keeps("after 30 hours", 31*day)
	})
}

// The row of a visitor always ends, also where a later ask made it.
func TestRowOfAVisitorEnds(t *testing.T) {
	store := &brokenStore{Store: maicontact.NewMemoryStore()}
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
	b := s.browser()
	store.breaks("fails")
	b.ask() // the browser has its key, the store nothing
	store.breaks("")
	b.contact()
	rows, err := s.store.Rows(t.Context(), testScope, contacts.Person{}, 10)
	if err != nil || len(rows) != 1 || rows[0].Expires.IsZero() {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
