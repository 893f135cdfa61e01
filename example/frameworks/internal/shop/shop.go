// Package shop is what the examples have in common: a site's configuration on
// a simulated MaiAgent, its page, and a browser to test with.
package shop

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Page is the one page of each example.
const Page = `<!doctype html><title>Shop</title><h1>Tea</h1><script src="/webchat.js" defer></script>`

// NewMiddleware returns a middleware on a simulated MaiAgent. The member is
// whoever the cookie "user" names; a real site looks into its own session.
func NewMiddleware(t *testing.T) (*maicontact.Middleware, *webchattest.Server) {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	mc, err := maicontact.New(maicontact.Config{
		Visitors:  maicontact.Visitors{Start: maicontact.OnLoad},
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: sim.ChatURL()},
		Namespace: "shop-test",
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			user, err := r.Cookie("user")
			if err != nil {
				return nil, nil
			}
			return &maicontact.Member{ID: user.Value, Profile: webchat.Profile{Name: user.Value}}, nil
		},
		Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store:    maicontact.NewMemoryStore(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return mc, sim
}

// Reply is a reply, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Browser returns a function that gets a path of the site as a browser does
// that keeps cookies, does not follow redirects, and is logged in as user.
func Browser(t *testing.T, site http.Handler, user string) func(path string) Reply {
	t.Helper()
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(path string) Reply {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if user != "" {
			r.AddCookie(&http.Cookie{Name: "user", Value: user}) // #nosec G124 -- sent by a client
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return Reply{response.StatusCode, response.Header, string(body)}
	}
}

// Check tests what every example promises: the page has the tag and no cookie
// of ours, and the script holds the member's own contact.
func Check(t *testing.T, site http.Handler, sim *webchattest.Server) {
	t.Helper()
	get := Browser(t, site, "alice")
	if page := get("/"); page.Status != http.StatusOK || page.Body != Page || page.Header.Get("Set-Cookie") != "" {
		t.Errorf("the page: %v", page)
	}
	if n := len(sim.Contacts()); n != 0 {
		t.Errorf("%d contacts after a page view", n)
	}
	script := get("/webchat.js")
	contacts := sim.Contacts()
	if len(contacts) != 1 || contacts[0].Name != "alice" || !strings.Contains(script.Body, contacts[0].ID) ||
		script.Header.Get("Cache-Control") != "private, no-store" || script.Header.Get("Set-Cookie") == "" {
		t.Errorf("the script: %d %v, contacts %v", script.Status, script.Header, contacts)
	}
	if again := get("/webchat.js"); again.Body != script.Body || len(sim.Contacts()) != 1 {
		t.Error("the second script is not the same")
	}
}
