package maicontact_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var (
	alice = webchat.Profile{Name: "Alice Chen", Email: "alice@example.org", Phone: "+886900000001"}
	bob   = webchat.Profile{Name: "Bob Lin", Email: "bob@example.org"}
)

// The rows of the table "What happens when", one test each, on every kind of
// session store.
func TestWhatHappensWhen(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	stores := map[string]func(t *testing.T) sessions.Store{
		"cookie store":     func(*testing.T) sessions.Store { return sessions.NewCookieStore(key) },
		"filesystem store": func(t *testing.T) sessions.Store { return sessions.NewFilesystemStore(t.TempDir(), key) },
		"map store":        func(*testing.T) sessions.Store { return newMapStore() },
		"recommended store": func(t *testing.T) sessions.Store {
			store, err := maicontact.NewCookieStore(key)
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
	}
	rows := map[string]func(t *testing.T, s *site){
		"page views, HEAD, prefetch and bots make nothing and set no cookie": func(t *testing.T, s *site) {
			b := s.browser()
			for _, r := range []*http.Response{
				b.send("GET", "/"),
				b.send("HEAD", "/webchat.js"),
				b.send("GET", "/webchat.js", "Sec-Purpose", "prefetch;prerender"),
				b.send("GET", "/webchat.js", "Purpose", "prefetch"),
				b.send("GET", "/webchat.js", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
			} {
				if r.StatusCode != 200 || len(r.Cookies()) != 0 {
					t.Errorf("status %d, cookies %v", r.StatusCode, r.Cookies())
				}
			}
			if n := len(s.sim.Requests()); n != 0 {
				t.Errorf("%d calls to MaiAgent, want none", n)
			}
		},
		"a visitor gets a new contact named Anonymous, and keeps it": func(t *testing.T, s *site) {
			b := s.browser()
			id := b.contact()
			if got := s.upstream(id).Name; got != "Anonymous" {
				t.Errorf("name %q", got)
			}
			if again := b.contact(); again != id {
				t.Error("the next page has another contact")
			}
			if other := s.browser().contact(); other == id {
				t.Error("two visitors share a contact")
			}
		},
		"a visitor who signs up gets a fresh contact": func(t *testing.T, s *site) {
			b := s.browser()
			visitor := b.contact()
			s.member("u-alice", alice)
			b.login("u-alice")
			member := b.contact()
			if member == visitor {
				t.Fatal("the member got the visitor's contact")
			}
			c := s.upstream(member)
			if c.Name != alice.Name || c.Email != alice.Email || c.Phone != alice.Phone {
				t.Errorf("MaiAgent has %q %q %q", c.Name, c.Email, c.Phone)
			}
			b.logout()
			if after := b.contact(); after == visitor || after == member {
				t.Error("the visitor key was not forgotten")
			}
		},
		"a visitor who logs in gets the member's contact": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			home := s.browser()
			home.login("u-alice")
			id := home.contact()
			b := s.browser()
			b.contact()
			b.login("u-alice")
			if b.contact() != id {
				t.Error("another device has another contact")
			}
		},
		"a visitor who logs in is forgotten even while MaiAgent is down": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			b := s.browser()
			visitor := b.contact()
			b.login("u-alice")
			remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
			if a := b.ask(); a.Reason != "unavailable" {
				t.Errorf("answer %+v", a)
			}
			remove()
			b.logout()
			if b.contact() == visitor {
				t.Error("the visitor key was not forgotten")
			}
		},
		"after logout the contact is forgotten": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			id := b.contact()
			b.logout()
			if b.contact() == id {
				t.Error("the member's contact stayed")
			}
		},
		"B after A on one browser, without a logout": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			s.member("u-bob", bob)
			b := s.browser()
			b.login("u-alice")
			a := b.contact()
			kept := b.cookie("maicontact")
			b.login("u-bob")
			if id := b.contact(); id == a || s.upstream(id).Name != bob.Name {
				t.Error("B got A's contact")
			}
			// A lost cookie write: the entry is still A's.
			b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: kept, Path: "/"}})
			if id := b.contact(); id == a || s.upstream(id).Name != bob.Name {
				t.Error("B got A's contact from A's entry")
			}
		},
		"a changed profile is sent as a whole": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			id := b.contact()
			changed := alice
			changed.Name, changed.Phone = "Alice Wu", ""
			s.member("u-alice", changed)
			if b.contact() != id {
				t.Error("the contact changed with the profile")
			}
			eventually(t, func() bool {
				c := s.upstream(id)
				return c.Name == "Alice Wu" && c.Phone == "" && c.Email == alice.Email && c.SourceID != ""
			})
			if n := s.sim.Count(webchattest.ReplaceContact); n != 1 {
				t.Errorf("%d PUTs, want 1", n)
			}
		},
		"a returning person costs nothing": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			for _, user := range []string{"u-alice", ""} {
				b := s.browser()
				b.login(user)
				b.contact()
				s.sim.ResetRequests()
				if r := b.send("GET", "/webchat.js"); len(r.Cookies()) != 0 {
					t.Errorf("user %q: a cookie was set again", user)
				}
				if n := len(s.sim.Requests()); n != 0 {
					t.Errorf("user %q: %d calls", user, n)
				}
			}
		},
		"a deleted contact is made anew once": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			id := b.contact()
			s.sim.Delete(id)
			changed := alice
			changed.Name = "Alice Wu"
			s.member("u-alice", changed)
			b.contact()
			var healed string
			eventually(t, func() bool { healed = b.contact(); return healed != id })
			if got := s.upstream(healed); got.Name != "Alice Wu" {
				t.Errorf("name %q", got.Name)
			}
			if n := len(s.sim.Contacts()); n != 1 {
				t.Errorf("%d live contacts, want 1", n)
			}
		},
		"erased stays erased until restored": func(t *testing.T, s *site) {
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			id := b.contact()
			done, err := s.mc.Erase(t.Context(), "u-alice")
			if err != nil || !done {
				t.Fatalf("erase: %+v, %v", done, err)
			}
			if len(s.sim.Contacts()) != 0 {
				t.Error("the contact is still at MaiAgent")
			}
			other := s.browser()
			other.login("u-alice")
			if a := other.ask(); a.Contact != "" || a.Reason != "erased" {
				t.Errorf("answer %+v", a)
			}
			if err := s.mc.Restore(t.Context(), "u-alice"); err != nil {
				t.Fatal(err)
			}
			if again := other.contact(); again == id {
				t.Error("the erased contact came back")
			}
		},
		"a declined request gets no chat and makes nothing": func(t *testing.T, s *site) {
			s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat })
			if a := s.browser().ask(); a.Reason != "declined" || a.Status != 200 || len(s.sim.Requests()) != 0 {
				t.Errorf("answer %+v", a)
			}
		},
		"an error of Identify never turns a member into a visitor": func(t *testing.T, s *site) {
			b := s.browser()
			b.login("nobody")
			if a := b.ask(); a.Reason != "unavailable" || len(s.sim.Requests()) != 0 || b.cookie("maicontact") != "" {
				t.Errorf("answer %+v", a)
			}
		},
	}
	for store, open := range stores {
		for row, check := range rows {
			t.Run(store+"/"+row, func(t *testing.T) {
				t.Parallel()
				check(t, newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Sessions, c.Timing.SearchLag = open(t), 200*time.Millisecond
				}))
			})
		}
	}
}

// A site whose server is restarted keeps its people: with their cookies, and
// with an empty store too, because MaiAgent is looked at first.
func TestRestart(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	s.member("u-alice", alice)
	visitor, member := s.browser(), s.browser()
	member.login("u-alice")
	v, m := visitor.contact(), member.contact()

	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	config.Store = maicontact.NewMemoryStore()
	s.build(config)
	if visitor.contact() != v || member.contact() != m {
		t.Error("a person lost their contact")
	}
	elsewhere := s.browser()
	elsewhere.login("u-alice")
	if elsewhere.contact() != m {
		t.Error("the member got a second contact")
	}
	if n := len(s.sim.Contacts()); n != 2 {
		t.Errorf("%d contacts, want 2", n)
	}
}

// A change of permissions closes the chat until MaiAgent has confirmed it,
// also when the change is taken back meanwhile.
func TestPermissionsFailClosed(t *testing.T) {
	for name, stale := range map[string]bool{"closed by default": false, "open when allowed": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.InsecureStalePermissions = stale })
				basic, vip := alice, alice
				basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
				s.member("u-alice", vip)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()

				stop := s.run()
				remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact})
				s.member("u-alice", basic)
				a := b.ask()
				if stale != (a.Contact == id) || !stale && a.Reason != "permission pending" {
					t.Fatalf("answer %+v", a)
				}
				s.member("u-alice", vip) // taken back; what MaiAgent has is not known
				if a := b.ask(); stale != (a.Contact == id) {
					t.Fatalf("answer %+v", a)
				}
				remove()
				time.Sleep(2 * time.Minute)
				if b.contact() != id {
					t.Error("another contact after the change")
				}
				if got := string(s.upstream(id).QueryMetadata); got != string(vip.QueryMetadata.JSON()) {
					t.Errorf("MaiAgent has %s", got)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func metadata(t *testing.T, level string) webchat.QueryMetadata {
	t.Helper()
	q, err := webchat.RawQueryMetadata([]byte(`{"knowledge_bases":[{"knowledge_base_id":"` + level + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// eventually polls until ok holds.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came true")
		}
	}
}
