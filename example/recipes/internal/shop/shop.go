// Package shop is what the recipes have in common: a site's configuration on
// a simulated MaiAgent, its page, and a browser to test with.
package shop

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Page is the page of most recipes.
const Page = `<!doctype html><title>Shop</title><h1>Tea</h1><script src="/webchat.js" defer></script>`

// Config returns a site's configuration on a simulated MaiAgent of the test's
// own. The member is whoever the cookie "user" names; a real site looks into its
// own session.
func Config(t *testing.T, options webchattest.Options) (maicontact.Config, *webchattest.Server) {
	t.Helper()
	sim := webchattest.NewServer(options)
	t.Cleanup(sim.Close)
	return maicontact.Config{
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
	}, sim
}

// NewMiddleware returns a middleware with that configuration.
func NewMiddleware(t *testing.T) (*maicontact.Middleware, *webchattest.Server) {
	t.Helper()
	c, sim := Config(t, webchattest.Options{})
	mc, err := maicontact.New(c)
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

// Client is a browser that keeps cookies and does not follow redirects.
type Client struct {
	t      *testing.T
	url    string
	client *http.Client
}

// NewClient opens a browser at the address of a site.
func NewClient(t *testing.T, url string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t, url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Do sends a request as a page of the site does, with further header fields
// as name, value pairs.
func (c *Client) Do(method, path string, header ...string) Reply {
	c.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = c.url + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Origin", c.url)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return Reply{response.StatusCode, response.Header, string(body)}
}

// SetCookie puts a cookie of the site into the browser.
func (c *Client) SetCookie(name, value string) {
	c.t.Helper()
	address, err := url.Parse(c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	c.client.Jar.SetCookies(address, []*http.Cookie{{Name: name, Value: value, Path: "/"}}) // #nosec G124 -- sent by a client
}

// Get is Do with GET.
func (c *Client) Get(path string) Reply {
	c.t.Helper()
	return c.Do(http.MethodGet, path)
}

// Post is Do with POST, which must be answered by a redirect.
func (c *Client) Post(path string) {
	c.t.Helper()
	if r := c.Do(http.MethodPost, path); r.Status != http.StatusSeeOther {
		c.t.Fatalf("POST %s: %d %s", path, r.Status, r.Body)
	}
}

// Name is whom MaiAgent knows the contact of the chat script at a path as; "" is
// no contact.
func (c *Client) Name(sim *webchattest.Server, path string) string {
	c.t.Helper()
	script := c.Get(path)
	for _, contact := range sim.Contacts() {
		if strings.Contains(script.Body, contact.ID) {
			return contact.Name
		}
	}
	return ""
}

// Serve serves a site until the test ends, and returns its address.
func Serve(t *testing.T, site http.Handler) string {
	t.Helper()
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return server.URL
}

// Browser returns a function that gets a path of the site as a browser does
// that is logged in as user.
func Browser(t *testing.T, site http.Handler, user string) func(path string) Reply {
	t.Helper()
	c := NewClient(t, Serve(t, site))
	if user != "" {
		c.SetCookie("user", user)
	}
	return c.Get
}

// Check tests what every router's recipe promises: the page has the tag and no cookie
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
