package maicontact_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestCheck(t *testing.T) {
	const none = maicontact.Reason("")
	type row struct {
		name   string
		header map[string]string
		want   maicontact.Reason
	}
	cookie := func(h map[string]string) map[string]string { h["Cookie"] = "maicontact=x"; return h }
	rows := []row{
		{"a page's script", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script"}), none},
		{"a page's fetch", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}), none},
		{"only the site is told", cookie(map[string]string{"Sec-Fetch-Site": "same-origin"}), none},
		{"a sibling", cookie(map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "script"}), maicontact.CrossSite},
		{"another site", cookie(map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}), maicontact.CrossSite},
		{"another site without a cookie", map[string]string{"Sec-Fetch-Site": "cross-site"}, maicontact.CrossSite},
		{"another site that forges a referer", cookie(map[string]string{"Sec-Fetch-Site": "cross-site", "Referer": "https://shop.test/"}), maicontact.CrossSite},
		{"an unknown word", cookie(map[string]string{"Sec-Fetch-Site": "same-planet"}), maicontact.CrossSite},
		{"typed into the address bar", cookie(map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}), maicontact.NotAScript},
		{"navigated from our page", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}), maicontact.NotAScript},
		{"framed", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"}), maicontact.NotAScript},
		{"a service worker", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "serviceworker"}), maicontact.NotAScript},
		{"an object", cookie(map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "object"}), maicontact.NotAScript},

		{"old browser, own referer", cookie(map[string]string{"Referer": "https://shop.test/cart?x=1"}), none},
		{"old browser, own referer with the default port", cookie(map[string]string{"Referer": "https://SHOP.test:443/cart"}), none},
		{"old browser, own origin", cookie(map[string]string{"Origin": "https://shop.test"}), none},
		{"old browser, foreign origin beats own referer", cookie(map[string]string{"Origin": "https://evil.test", "Referer": "https://shop.test/"}), maicontact.CrossSite},
		{"origin null", cookie(map[string]string{"Origin": "null"}), maicontact.CrossSite},
		{"empty origin", cookie(map[string]string{"Origin": ""}), maicontact.CrossSite},
		{"look-alike suffix", cookie(map[string]string{"Referer": "https://shop.test.evil.test/"}), maicontact.CrossSite},
		{"look-alike prefix", cookie(map[string]string{"Referer": "https://evilshop.test/"}), maicontact.CrossSite},
		{"subdomain", cookie(map[string]string{"Referer": "https://www.shop.test/"}), maicontact.CrossSite},
		{"user info", cookie(map[string]string{"Referer": "https://shop.test@evil.test/"}), maicontact.CrossSite},
		{"own host with user info", cookie(map[string]string{"Referer": "https://a:b@shop.test/"}), maicontact.CrossSite},
		{"other scheme", cookie(map[string]string{"Referer": "http://shop.test/"}), maicontact.CrossSite},
		{"other port", cookie(map[string]string{"Referer": "https://shop.test:8443/"}), maicontact.CrossSite},
		{"no URL", cookie(map[string]string{"Referer": "shop.test"}), maicontact.CrossSite},
		{"data URL", cookie(map[string]string{"Referer": "data:text/html,https://shop.test/"}), maicontact.CrossSite},
		{"backslash", cookie(map[string]string{"Referer": "https://shop.test\\@evil.test/"}), maicontact.CrossSite},
		{"empty referer with a cookie", cookie(map[string]string{"Referer": ""}), maicontact.CrossSite},
		{"no metadata, a cookie", cookie(map[string]string{}), maicontact.CrossSite},
		{"no metadata, basic authentication", map[string]string{"Authorization": "Basic eA=="}, maicontact.CrossSite},
		{"no metadata, nobody to steal from", map[string]string{}, none},
	}
	behindProxy := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.Origin = "https://shop.test" })
	direct := newSite(t, nil)
	for _, row := range rows {
		for name, s := range map[string]*site{"behind a proxy": behindProxy, "direct": direct} {
			r := httptest.NewRequest("GET", "/webchat.js", nil)
			r.Host = "shop.test"
			if s == direct {
				r.TLS = &tls.ConnectionState{}
			} else {
				r.Host = "10.0.0.7:8080"
			}
			for k, v := range row.header {
				r.Header.Set(k, v)
			}
			err := s.mc.Check(r)
			if row.want == none && err != nil || row.want != none && !errors.Is(err, row.want) {
				t.Errorf("%s, %s: %v, want %q", row.name, name, err, row.want)
			}
		}
	}
}

// A browser that says nothing of itself, and brings nothing, is a visitor's.
func TestUnprovenVisitor(t *testing.T) {
	s := newSite(t, nil)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest("GET", origin+"/webchat.js", nil))
	if a := read(t, w.Result()); a.Contact == "" {
		t.Errorf("%+v", a)
	}
}

// A refusal makes nothing, reveals nothing, and sets no cookie.
func TestRefusals(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	b.contact()
	s.sim.ResetRequests()
	for name, test := range map[string]struct {
		response *http.Response
		want     answer
	}{
		"cross-site": {b.send("GET", "/webchat.js", "Sec-Fetch-Site", "cross-site"), answer{Status: 403, Reason: "cross-site"}},
		"framed":     {b.send("GET", "/webchat.js", "Sec-Fetch-Dest", "iframe"), answer{Status: 403, Reason: "not a script"}},
		"PUT":        {b.send("PUT", "/webchat.js"), answer{Status: 405}},
		"HEAD":       {b.send("HEAD", "/webchat.js"), answer{Status: 200}},
	} {
		header := test.response.Header
		if got := read(t, test.response); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
		want := scriptHeader()
		switch {
		case name == "PUT":
			want.Set("Allow", "GET, HEAD, POST")
		case name != "HEAD":
			want.Set("Content-Length", header.Get("Content-Length"))
		}
		wantHeader(t, header, want)
	}
	if n := len(s.sim.Requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// scriptHeader is the whole header of a script reply.
func scriptHeader() http.Header {
	return http.Header{
		"Cache-Control":                {"private, no-store"},
		"Cdn-Cache-Control":            {"no-store"},
		"Surrogate-Control":            {"no-store"},
		"Vary":                         {"Cookie, *, Origin, Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"},
		"Content-Type":                 {"text/javascript; charset=utf-8"},
		"X-Content-Type-Options":       {"nosniff"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Robots-Tag":                 {"noindex"},
	}
}

// wantHeader compares whole headers: one that must be absent is a difference.
func wantHeader(t *testing.T, got, want http.Header) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("header\n%v\nwant\n%v", got, want)
	}
}
