package maicontact_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/sessions"
	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// counted is the site's own store. It counts how often a session is decoded and
// written.
type counted struct {
	sessions.Store
	reads, writes atomic.Int32
	fail          atomic.Bool
}

var errStore = errors.New("redis: connection refused")

func (c *counted) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(c, name)
}

func (c *counted) New(r *http.Request, name string) (*sessions.Session, error) {
	c.reads.Add(1)
	session, err := c.Store.New(r, name)
	if c.fail.Load() {
		clear(session.Values)
		err = errStore
	}
	return session, err
}

func (c *counted) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	c.writes.Add(1)
	return c.Store.Save(r, w, s)
}

// sharing is a site that keeps its login in a gorilla session and lets us keep
// our entry there.
type sharing struct {
	*site
	sessions *counted
}

func newSharing(t *testing.T, store sessions.Store) sharing {
	t.Helper()
	return newSharingOf(t, store, "shop-test")
}

func newSharingOf(t *testing.T, store sessions.Store, namespace string) sharing {
	t.Helper()
	s := sharing{sessions: &counted{Store: store}}
	s.site = newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions, c.SessionName, c.ShareSession, c.Namespace = s.sessions, "site", true, namespace
	})
	s.member("u-alice", alice)
	s.member("u-bob", bob)
	s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
		id := s.userOf(r)
		if id == "" {
			return nil, nil
		}
		m := s.members[id]
		return &m, nil
	})
	s.mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		session, _ := s.sessions.Get(r, "site")
		session.Values["user"] = r.FormValue("user")
		if err := session.Save(r, w); err != nil {
			t.Error(err)
		}
	})
	s.mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(s.userOf(r))) })
	return s
}

func (s sharing) userOf(r *http.Request) string {
	session, _ := s.sessions.Get(r, "site")
	id, _ := session.Values["user"].(string)
	return id
}

func (s sharing) browserOf(user string) *browser {
	b := s.browser()
	b.send("POST", "/login?user="+user)
	return b
}

func (b *browser) who() string {
	body, err := io.ReadAll(b.send("GET", "/who").Body)
	if err != nil {
		b.site.t.Error(err)
	}
	return string(body)
}

func sharedStores(t *testing.T) map[string]sessions.Store {
	key := []byte("0123456789abcdef0123456789abcdef")
	cookies, files := sessions.NewCookieStore(key), sessions.NewFilesystemStore(t.TempDir(), key)
	cookies.Options = &sessions.Options{Path: "/", MaxAge: 3600, HttpOnly: true}
	files.Options = cookies.Options
	return map[string]sessions.Store{"cookie store": cookies, "filesystem store": files}
}

// One decode serves the site, Identify and us; and a returning person costs
// nothing but that.
func TestSharedSessionIsDecodedOnce(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			inner := s.handler
			s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.userOf(r) // a middleware of the site
				inner.ServeHTTP(w, r)
			})
			s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
				id, err := maicontact.ContactID(r.Context())
				if err != nil || id == "" || s.userOf(r) != "u-alice" {
					t.Errorf("contact %v, %v", id, err)
				}
			})
			b := s.browserOf("u-alice")
			id := b.contact()
			for _, path := range []string{"/webchat.js", "/page", "/webchat.js"} {
				reads, writes := s.sessions.reads.Load(), s.sessions.writes.Load()
				if r := b.send("GET", path); len(r.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s: cookies %v", path, r.Cookies())
				}
				if n := s.sessions.reads.Load() - reads; n != 1 {
					t.Errorf("%s: the session was decoded %d times", path, n)
				}
				if n := s.sessions.writes.Load() - writes; n != 0 {
					t.Errorf("%s: the session was written %d times", path, n)
				}
			}
			if names := cookieNames(b); names != "site" {
				t.Errorf("cookies %q, want the site's alone", names)
			}
			if b.contact() != id || b.who() != "u-alice" {
				t.Error("the member changed")
			}
		})
	}
}

func cookieNames(b *browser) string {
	var names []string
	for _, c := range b.jar.Cookies(shop) {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// Whatever the handler does with the session of the site in the reply in which
// our entry is written, its own values are what the browser has afterwards.
func TestSharedSessionKeepsWhatTheSiteWrites(t *testing.T) {
	bypass := func(s sharing, r *http.Request) *sessions.Session {
		session, _ := s.sessions.New(r, "site")
		return session
	}
	get := func(s sharing, r *http.Request) *sessions.Session {
		session, _ := s.sessions.Get(r, "site")
		return session
	}
	for name, test := range map[string]struct {
		session func(sharing, *http.Request) *sessions.Session
		change  func(*sessions.Session)
		unsaved bool
		user    string // afterwards
		entry   bool   // is in the session afterwards
	}{
		"nothing":                         {get, func(*sessions.Session) {}, true, "u-alice", true},
		"saves it as it is":               {get, func(*sessions.Session) {}, false, "u-alice", true},
		"adds a value":                    {get, func(s *sessions.Session) { s.Values["basket"] = 3 }, false, "u-alice", true},
		"logs out by a value":             {get, func(s *sessions.Session) { delete(s.Values, "user") }, false, "", true},
		"logs out by emptying":            {get, func(s *sessions.Session) { clear(s.Values) }, false, "", true},
		"logs out by age":                 {get, func(s *sessions.Session) { s.Options.MaxAge = -1 }, false, "", false},
		"logs out without the registry":   {bypass, func(s *sessions.Session) { clear(s.Values) }, false, "", false},
		"logs in another, no registry":    {bypass, func(s *sessions.Session) { s.Values["user"] = "u-bob" }, false, "u-bob", false},
		"logs in another by the registry": {get, func(s *sessions.Session) { s.Values["user"] = "u-bob" }, false, "u-bob", true},
	} {
		for kind, store := range sharedStores(t) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := newSharing(t, store)
				s.mux.HandleFunc("POST /change", func(w http.ResponseWriter, r *http.Request) {
					if _, err := maicontact.ContactID(r.Context()); err != nil {
						t.Error(err)
					}
					session := test.session(s, r)
					test.change(session)
					if !test.unsaved {
						if err := session.Save(r, w); err != nil {
							t.Error(err)
						}
					}
					w.Write([]byte("done"))
				})
				b := s.browserOf("u-alice")
				r := b.send("POST", "/change", "Sec-Fetch-Dest", "document")
				if n := len(r.Header["Set-Cookie"]); n != 1 {
					t.Errorf("%d cookies in the reply: %v", n, r.Header["Set-Cookie"])
				}
				if got := b.who(); got != test.user {
					t.Errorf("%q is logged in, want %q", got, test.user)
				}
				probe := httptest.NewRequest("GET", origin, nil)
				for _, c := range b.jar.Cookies(shop) {
					probe.AddCookie(c)
				}
				session, _ := s.sessions.New(probe, "site")
				ok := slices.ContainsFunc(slices.Collect(maps.Keys(session.Values)), func(key any) bool {
					return strings.HasPrefix(key.(string), "maicontact-")
				})
				if ok != test.entry {
					t.Errorf("our entry is there: %t, want %t", ok, test.entry)
				}
				// Whoever is there then never has somebody else's.
				want := map[string]string{"u-alice": alice.Name, "u-bob": bob.Name, "": "Anonymous"}[test.user]
				if got := s.upstream(b.contact()).Name; got != want {
					t.Errorf("the chat is with %q, want %q", got, want)
				}
			})
		}
	}
}

// Forget takes our entry out and leaves the site's values.
func TestForgetInSharedSession(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			s.mux.HandleFunc("POST /forget", func(w http.ResponseWriter, r *http.Request) {
				if err := maicontact.Forget(r.Context()); err != nil {
					t.Error(err)
				}
			})
			b := s.browserOf("u-alice")
			id := b.contact()
			reads := len(s.sim.Requests())
			b.send("POST", "/forget")
			if b.who() != "u-alice" {
				t.Error("the site's login is gone")
			}
			if b.contact() != id {
				t.Error("the member has another contact")
			}
			if n := len(s.sim.Requests()) - reads; n != 0 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// While the store of the sessions fails, nothing is written over what it has,
// and no contact is made that nobody could remember.
func TestSharedSessionOfAFailingStore(t *testing.T) {
	s := newSharing(t, sharedStores(t)["filesystem store"])
	b, visitor := s.browserOf("u-alice"), s.browser()
	id, own := b.contact(), visitor.contact()
	contacts, writes := len(s.sim.Contacts()), s.sessions.writes.Load()
	s.sessions.fail.Store(true)
	for _, who := range []*browser{b, visitor, s.browser()} {
		if a := who.ask(); a.Contact != "" || a.Reason != "unavailable" {
			t.Errorf("answer %+v", a)
		}
	}
	if n := len(s.sim.Contacts()); n != contacts || s.sessions.writes.Load() != writes {
		t.Errorf("%d contacts and %d writes, want %d and %d", n, s.sessions.writes.Load(), contacts, writes)
	}
	s.sessions.fail.Store(false)
	if b.contact() != id || visitor.contact() != own {
		t.Error("a person lost their contact")
	}
}

// A session of the site that has no room for our entry costs the chat, not a new
// contact with every page.
func TestSharedSessionIsFull(t *testing.T) {
	store := sharedStores(t)["cookie store"]
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions, c.ShareSession = store, true })
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", origin, nil)
	session, _ := store.New(r, "maicontact")
	session.Values["basket"] = strings.Repeat("x", 2150)
	if err := store.Save(r, w, session); err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.jar.SetCookies(shop, w.Result().Cookies())
	for range 3 {
		if a := b.ask(); a.Contact != "" || a.Reason != "unavailable" {
			t.Errorf("answer %+v", a)
		}
	}
	if n := len(s.sim.Contacts()); n != 0 {
		t.Errorf("%d contacts, want none", n)
	}
}

// The handler uses its session while two legs ask. The race detector is the
// judge.
func TestSharedSessionBesideTheHandler(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				session, _ := s.sessions.Get(r, "site")
				var id webchat.ContactID
				g, ctx := errgroup.WithContext(r.Context())
				g.Go(maicontact.ContactInto(ctx, &id))
				g.Go(maicontact.ContactInto(ctx, new(webchat.ContactID)))
				for i := range 50 {
					session.Values["seen"] = i
					session.Options = &sessions.Options{Path: "/", MaxAge: 3600 + i}
				}
				if err := g.Wait(); err != nil || id == "" {
					t.Errorf("id %v, error %v", id, err)
				}
			})
			var group sync.WaitGroup
			for range 8 {
				b := s.browserOf("u-alice")
				group.Go(func() {
					for range 3 {
						b.send("GET", "/page")
					}
				})
			}
			group.Wait()
			if n := len(s.sim.Contacts()); n != 1 {
				t.Errorf("%d contacts, want 1", n)
			}
		})
	}
}

// Identify reads the site's other sessions as well, and what it does to the one
// that we lend it stays there.
func TestIdentifyReadsOtherSessions(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			s.mux.HandleFunc("POST /plan", func(w http.ResponseWriter, r *http.Request) {
				session, _ := s.sessions.Get(r, "plan")
				session.Values["plan"] = "vip"
				if err := session.Save(r, w); err != nil {
					t.Error(err)
				}
			})
			b := s.browserOf("u-alice")
			b.send("POST", "/plan")
			s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
				id := s.userOf(r)
				plan, _ := s.sessions.Get(r, "plan")
				own, _ := s.sessions.Get(r, "site")
				if plan.Values["plan"] != "vip" || plan.IsNew || own.Values["user"] != "u-alice" || own.IsNew {
					t.Errorf("Identify sees %v and %v", plan.Values, own.Values)
				}
				own.Values["user"] = "u-mallory"
				m := s.members[id]
				return &m, nil
			})
			if got := s.upstream(b.contact()).Name; got != alice.Name {
				t.Errorf("the chat is with %q", got)
			}
			if got := b.who(); got != "u-alice" {
				t.Errorf("%q is logged in", got)
			}
		})
	}
}

// Two inboxes on one site keep their entries beside each other.
func TestTwoMiddlewaresShareASession(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			var sites [2]sharing
			for i := range sites {
				sites[i] = newSharingOf(t, store, fmt.Sprint("shop-", i))
			}
			b := sites[0].browserOf("u-alice")
			var ids [2]string
			for round := range 3 {
				for i, s := range sites {
					b.site = s.site
					id := b.contact()
					if round > 0 && id != ids[i] {
						t.Errorf("site %d has another contact", i)
					}
					ids[i] = id
				}
			}
			if n := sites[1].sessions.writes.Load(); n != 1 {
				t.Errorf("the session was written %d times, want once", n)
			}
		})
	}
}

func TestShareSessionNeedsAName(t *testing.T) {
	_, err := maicontact.New(maicontact.Config{ShareSession: true})
	if err == nil || !strings.Contains(err.Error(), "Config.SessionName must name the site's own session") {
		t.Errorf("error %v", err)
	}
}
