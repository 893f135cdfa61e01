package maicontact_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

type flaky struct {
	*mapStore
	fails atomic.Int32
}

func (f *flaky) New(r *http.Request, name string) (*sessions.Session, error) {
	if f.fails.Add(-1) >= 0 {
		return sessions.NewSession(f, name), errors.New("redis: i/o timeout")
	}
	return f.mapStore.New(r, name)
}

// The cookie of a visitor who keeps coming is renewed in time.
func TestShortSessionIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Cookie.MaxAge = time.Hour })
		b := s.browser()
		b.contact()
		renewed := false
		for range 11 {
			time.Sleep(5 * time.Minute)
			renewed = renewed || len(b.send("GET", "/webchat.js").Cookies()) > 0
		}
		if !renewed {
			t.Error("SessionMaxAge 1 h, visitor active for 55 min: the cookie was never renewed and ends in 5 min")
		}
	})
}

// One failed read of the session store costs nobody their contact.
func TestSessionReadFailsOnce(t *testing.T) {
	store := &flaky{mapStore: newMapStore()}
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
	b := s.browser()
	id := b.contact()
	store.fails.Store(1)
	if b.contact() != id {
		t.Errorf("one read timeout of the session store: the visitor lost the contact for good, %d contacts", len(s.sim.Contacts()))
	}
}

// While the session store fails a page learns that no member is there any more, as
// soon as Identify says so, whenever visitors' contacts are made.
func TestLogoutWhileSessionsFail(t *testing.T) {
	for start, want := range map[maicontact.Start]string{maicontact.OnLoad: "unavailable", maicontact.OnOpen: "not opened"} {
		for hangs, fails := range map[string]int32{"read once": 2, "for long": 1 << 20} {
			t.Run(fmt.Sprint(want, ", ", hangs), func(t *testing.T) {
				store := &flaky{mapStore: newMapStore()}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions, c.Visitors.Start = store, start })
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				former := listen(t, b.send("GET", "/webchat.json")).Epoch
				b.logout()
				store.fails.Store(fails)
				gone := listen(t, b.send("GET", "/webchat.json"))
				if fails > 2 && gone.Reason != want || gone.Epoch == "" || gone.Epoch == former {
					t.Errorf("after the logout %+v, before %q", gone, former)
				}
			})
		}
	}
}

// Where only members chat, a former member's entry is cleared.
func TestMembersOnlySite(t *testing.T) {
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions = sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")) // the test reads it
	})
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	id := b.contact()
	b.logout()
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat }) // chat for members only
	b.ask()
	raw, _ := base64.URLEncoding.DecodeString(b.cookie("maicontact"))
	parts := strings.Split(string(raw), "|")
	if len(parts) > 1 {
		inner, _ := base64.URLEncoding.DecodeString(parts[1])
		if strings.Contains(string(inner), id) {
			t.Error("after logout the browser still holds the former member's contact id, readable")
		}
	}
}

// Two inboxes on one site do not take each other's visitors.
func TestTwoChatsOnOneSite(t *testing.T) {
	other := "33333333-3333-4333-8333-333333333333"
	var c maicontact.Config
	s := newSite(t, func(conf *maicontact.Config, o *webchattest.Options) { o.OtherInboxIDs = []string{other}; c = *conf })
	c.InboxID, c.Cookie.Name = other, ""
	c.Store = maicontact.NewMemoryStore()
	c.Site.ScriptPath = "/support.js"
	c.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	two, err := maicontact.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.mux.Handle("/support.js", two.Script())
	b := s.browser()
	for range 5 {
		b.contact()
		if a := read(t, b.send("GET", "/support.js")); a.Contact == "" {
			t.Fatal(a)
		}
	}
	if n := len(s.sim.Contacts()); n != 2 {
		t.Errorf("one visitor, 5 page views with two chats: %d contacts", n)
	}
}

// On https nobody but the site itself can set a cookie of that name.
func TestHostCookie(t *testing.T) {
	for public, prefix := range map[string]string{"": "maicontact-", "http://shop.test": "maicontact-", "https://shop.test": "__Host-maicontact-"} {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Cookie.Name, c.Site.Origin = "", public })
		cookies := s.browser().send("GET", "/webchat.js").Cookies()
		if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, prefix) || cookies[0].Path != "/" || cookies[0].Domain != "" ||
			cookies[0].Secure != strings.HasPrefix(public, "https:") {
			t.Errorf("%q: %v", public, cookies)
		}
	}
}
