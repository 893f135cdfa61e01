package maicontact_test

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	sibling = "https://www.shop.test"
	partner = "https://partner.test:8443"
)

var listedOrigins = []string{sibling, "HTTPS://Partner.test:8443/", "https://xn--mnchen-3ya.test:443", "https://dot.test.", "http://[2001:db8::1]"}

// Only a listed page's browser is told that it may read the reply.
func TestAllowedOriginHeaders(t *testing.T) {
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.AllowedOrigins = listedOrigins })
	s.member("u-alice", alice)
	type headers struct {
		Status                        int
		Resource, Origin, Credentials string
	}
	for name, test := range map[string]struct {
		header []string
		want   headers
	}{
		"own page":                   {nil, headers{Status: 200, Resource: "same-origin"}},
		"own page with Origin":       {[]string{"Origin", origin}, headers{Status: 200, Resource: "same-origin"}},
		"old browser, own origin":    {[]string{"Sec-Fetch-Site", "", "Origin", origin}, headers{Status: 200, Resource: "same-origin"}},
		"sibling's fetch":            {[]string{"Sec-Fetch-Site", "same-site", "Origin", sibling}, headers{Status: 200, Resource: "cross-origin", Origin: sibling, Credentials: "true"}},
		"sibling's script":           {[]string{"Sec-Fetch-Site", "same-site", "Referer", sibling + "/x"}, headers{Status: 200, Resource: "cross-origin"}},
		"partner's fetch":            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", partner}, headers{Status: 200, Resource: "cross-origin", Origin: partner, Credentials: "true"}},
		"old browser, partner":       {[]string{"Sec-Fetch-Site", "", "Origin", partner}, headers{Status: 200, Resource: "cross-origin", Origin: partner, Credentials: "true"}},
		"foreign fetch":              {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, headers{Status: 403, Resource: "same-origin"}},
		"sibling that is not listed": {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.shop.test"}, headers{Status: 403, Resource: "same-origin"}},
		"framed by a partner":        {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Referer", partner + "/"}, headers{Status: 403, Resource: "same-origin"}},
	} {
		for _, path := range []string{"/webchat.js", "/webchat.json"} {
			b := s.browser()
			b.login("u-alice")
			r := b.send("GET", path, test.header...)
			got := headers{r.StatusCode, r.Header.Get("Cross-Origin-Resource-Policy"), r.Header.Get("Access-Control-Allow-Origin"), r.Header.Get("Access-Control-Allow-Credentials")}
			if got != test.want {
				t.Errorf("%s, %s: %+v, want %+v", name, path, got, test.want)
			}
			if vary := strings.Join(r.Header.Values("Vary"), ","); !strings.Contains(vary, "Origin") || r.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s, %s: Vary %q, Cache-Control %q", name, path, vary, r.Header.Get("Cache-Control"))
			}
		}
	}
	b := s.browser()
	if r := b.send("OPTIONS", "/webchat.json", "Sec-Fetch-Site", "same-site", "Origin", sibling); r.StatusCode != 405 || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %d %v", r.StatusCode, r.Header)
	}
}

// Who gets a contact on a listed page: members, known visitors, and new
// visitors where the browser keeps our cookie.
func TestAllowedOriginPeople(t *testing.T) {
	store := newMapStore()
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Site.AllowedOrigins, c.Sessions = listedOrigins, store
	})
	s.member("u-alice", alice)
	home := s.browser()
	home.login("u-alice")
	member := home.contact()

	away := []string{"Sec-Fetch-Site", "cross-site", "Origin", partner}
	oldBrowser := []string{"Sec-Fetch-Site", "", "Origin", sibling}
	near := []string{"Sec-Fetch-Site", "same-site", "Origin", sibling}

	alices := s.browser()
	alices.login("u-alice")
	kept := len(store.values)
	for range 2 {
		r := alices.send("GET", "/webchat.js", away...)
		if cookies := r.Cookies(); len(cookies) != 0 {
			t.Errorf("a cookie that the browser will not keep: %v", cookies)
		}
		if a := read(t, r); a.Contact != member {
			t.Errorf("a member on another site: %+v", a)
		}
	}
	if n := len(store.values); n != kept {
		t.Errorf("%d sessions were left behind", n-kept)
	}

	s.sim.ResetRequests()
	for _, header := range [][]string{away, oldBrowser} {
		r := s.browser().send("GET", "/webchat.js", header...)
		if cookies := r.Cookies(); len(cookies) != 0 {
			t.Errorf("a visitor on another site got %v", cookies)
		}
		if a := read(t, r); a.Status != 200 || a.Reason != "cross-site" || a.Contact != "" {
			t.Errorf("a visitor on another site: %+v", a)
		}
	}
	if n := len(s.sim.Requests()); n != 0 || len(store.values) != kept {
		t.Errorf("%d calls, %d sessions for visitors on another site", n, len(store.values)-kept)
	}

	visitor := s.browser()
	first := read(t, visitor.send("GET", "/webchat.js", near...))
	if first.Contact == "" {
		t.Fatalf("a visitor on the same site: %+v", first)
	}
	for name, header := range map[string][]string{"same site": near, "at home": nil, "a browser that sends the cookie all the same": away} {
		if a := read(t, visitor.send("GET", "/webchat.js", header...)); a.Contact != first.Contact {
			t.Errorf("%s: another contact: %+v", name, a)
		}
	}
}

func TestAllowedOriginsAreChecked(t *testing.T) {
	var c maicontact.Config
	newSite(t, func(config *maicontact.Config, _ *webchattest.Options) { c = *config })
	wrong := []string{
		"", "*", "null", "shop.example", "https://", "https://*.shop.example", "https://shop.example/path", "https://shop.example?x", "ftp://shop.example",
		"https://a@shop.example", "https://shop.example:", "https://shop.example:0443", "https://shop.example:99999", "https://m\u00fcnchen.test",
		"https://shop.example,https://b.example", " https://shop.example",
	}
	c.Site.AllowedOrigins = append([]string{"https://right.example"}, wrong...)
	_, err := maicontact.New(c)
	if err == nil {
		t.Fatal("no error")
	}
	if n := strings.Count(err.Error(), "Config.Site.AllowedOrigins["); n != len(wrong) || strings.Contains(err.Error(), "AllowedOrigins[0]") {
		t.Errorf("%d faults, want %d:\n%v", n, len(wrong), err)
	}
	c.Site.AllowedOrigins = listedOrigins
	if _, err := maicontact.New(c); err != nil {
		t.Error(err)
	}
}
