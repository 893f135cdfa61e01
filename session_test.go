package maicontact_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// mapStore is a third-party store as people write them: values in a map on
// the server, a bare id in the cookie, its own idea of errors.
type mapStore struct {
	mu     sync.Mutex
	values map[string]map[any]any
	next   int
	fail   error // of Save
}

func newMapStore() *mapStore { return &mapStore{values: map[string]map[any]any{}} }

func (s *mapStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

func (s *mapStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.Options = &sessions.Options{Path: "/account", Domain: "elsewhere.test"}
	session.IsNew = true
	c, err := r.Cookie(name)
	if err != nil {
		return session, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	values, ok := s.values[c.Value]
	if !ok {
		return nil, errors.New("no such session")
	}
	session.ID, session.IsNew = c.Value, false
	maps.Copy(session.Values, values)
	return session, nil
}

func (s *mapStore) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if session.ID == "" {
		s.next++
		session.ID = strings.Repeat("s", s.next)
	}
	s.values[session.ID] = maps.Clone(session.Values)
	http.SetCookie(w, sessions.NewCookie(session.Name(), session.ID, session.Options))
	return nil
}

func TestSessionCookie(t *testing.T) {
	for name, test := range map[string]struct {
		origin string
		secure bool
	}{
		"plain http":        {"", false},
		"TLS ends at proxy": {"https://shop.test", true},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, store := range map[string]sessions.Store{
				"cookie": sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")), "map": newMapStore(),
			} {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.Origin, c.Sessions = test.origin, store })
				cookies := s.browser().send("GET", "/webchat.js").Cookies()
				if len(cookies) != 1 {
					t.Fatalf("%s: %d cookies, want 1", kind, len(cookies))
				}
				c := cookies[0]
				got := http.Cookie{Name: c.Name, Path: c.Path, Domain: c.Domain, MaxAge: c.MaxAge, Secure: c.Secure, HttpOnly: c.HttpOnly, SameSite: c.SameSite}
				want := http.Cookie{Name: "maicontact", Path: "/", MaxAge: 7 * 24 * 3600, Secure: test.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
				if got.String() != want.String() {
					t.Errorf("%s: cookie %v, want %v", kind, &got, &want)
				}
			}
		})
	}
}

// A cookie that does not decode, of another key, or of any content is a clean
// start: a new visitor, or the member's own contact.
func TestHostileCookie(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	first := s.browser()
	first.login("u-alice")
	id := first.contact()
	other := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions = sessions.NewCookieStore([]byte("another key another key another!"))
	}).browser()
	other.contact()

	for name, value := range map[string]string{
		"empty": "", "garbage": "%%%", "long": strings.Repeat("A", 8000), "another key": other.cookie("maicontact"),
		"cut": first.cookie("maicontact")[:40], "changed": strings.ToUpper(first.cookie("maicontact")),
	} {
		b := s.browser()
		b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: value, Path: "/"}})
		if got := b.contact(); got == id || s.upstream(got).Name != "Anonymous" {
			t.Errorf("%s: a visitor got a member's contact", name)
		}
		b.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: value, Path: "/"}})
		b.login("u-alice")
		if b.contact() != id {
			t.Errorf("%s: the member got another contact", name)
		}
	}
}

// When the session cannot be written, a visitor's contact is not made: it
// would be lost, and another one made with each ask. A member's is.
func TestSessionCannotBeWritten(t *testing.T) {
	store := newMapStore()
	store.fail = errors.New("disk full")
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
	if a := s.browser().ask(); a.Reason != "unavailable" || a.Status != 200 {
		t.Errorf("visitor: %+v", a)
	}
	if n := len(s.sim.Requests()); n != 0 {
		t.Errorf("%d calls for a visitor without a session", n)
	}
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	if id := b.contact(); b.contact() != id {
		t.Error("the member's contact is not stable")
	}
}

// What MaiAgent has not taken yet is not kept in the session, as the contact may turn
// out to be gone.
func TestEntryOfWhatIsSettled(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	r := b.send("GET", "/webchat.js")
	id := read(t, r).Contact
	if len(r.Cookies()) != 1 {
		t.Errorf("what is settled leaves the cookies %v", r.Cookies())
	}
	changed := alice
	changed.Name = "Alice Wu"
	s.member("u-alice", changed)
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 503})
	r = b.send("GET", "/webchat.js")
	if a := read(t, r); a.Contact != id || len(r.Cookies()) != 0 {
		t.Errorf("while a name waits: %+v, cookies %v", a, r.Cookies())
	}
}

func TestForget(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := maicontact.Forget(r.Context()); err != nil {
			t.Error(err)
		}
		if _, err := maicontact.ContactID(r.Context()); !errors.Is(err, maicontact.Forgotten) {
			t.Errorf("an id after Forget: %v", err)
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
		if err := maicontact.Forget(r.Context()); err == nil {
			t.Error("Forget after the first byte should say so")
		}
	})
	b := s.browser()
	if r := b.send("POST", "/logout"); len(r.Cookies()) != 0 {
		t.Error("a cookie was set where there was none")
	}
	visitor := b.contact()
	// In and out without asking for the chat in between.
	b.login("u-alice")
	b.send("POST", "/logout")
	b.logout()
	if b.cookie("maicontact") != "" {
		t.Error("the entry was not cleared")
	}
	if b.contact() == visitor {
		t.Error("the visitor key was not forgotten")
	}
}

func TestOddMemberIDs(t *testing.T) {
	t.Parallel()
	ids := []string{
		"1", "01", " 1", "1 ", "a:b", "a", "a:b:2", "a%3Ab", "member:a", "\u00e9", "e\u0301", "\u0410", "A", "a\x00b", "ab", "\xff", "\xfe",
		"a|b", "a\nb", "'; DROP TABLE contacts; --", "👩‍👩‍👧", strings.Repeat("x", 4096), strings.Repeat("x", 4095) + "y",
		"~" + strings.Repeat("0", 64), strings.Repeat("%", 43), "shop-test:visitor:ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	}
	s := newSite(t, nil)
	owners := map[string]string{}
	for _, id := range ids {
		s.identifyBy(func(*http.Request) (*maicontact.Member, error) {
			return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: "N"}}, nil
		})
		b := s.browser()
		contact := b.contact()
		if former, taken := owners[contact]; taken {
			t.Errorf("%q and %q share a contact", former, id)
		}
		owners[contact] = id
		if again := b.contact(); again != contact {
			t.Errorf("%q: another contact at the second ask", id)
		}
	}
}
