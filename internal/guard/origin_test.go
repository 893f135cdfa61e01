package guard

import (
	"crypto/tls"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const (
	own     = "https://shop.test"
	sibling = "https://www.shop.test"
	partner = "https://partner.test:8443"
)

var listed = []string{sibling, "HTTPS://Partner.test:8443/", "https://xn--mnchen-3ya.test:443", "https://dot.test.", "http://[2001:db8::1]", "https://a-z_09.AZ:65535"}

// Only a listed page's browser is told that it may read the reply.
func TestListedPages(t *testing.T) {
	p := newPolicy(t, "", listed...)
	type headers struct{ Resource, Origin, Credentials string }
	const cross = "cross-origin"
	for name, test := range map[string]struct {
		header []string
		page   Page
		want   headers
	}{
		"own page":                 {[]string{"Sec-Fetch-Site", "same-origin"}, Page{}, headers{}},
		"own page with Origin":     {[]string{"Sec-Fetch-Site", "same-origin", "Origin", own}, Page{}, headers{}},
		"old browser, own origin":  {[]string{"Origin", own}, Page{}, headers{}},
		"sibling's fetch":          {[]string{"Sec-Fetch-Site", "same-site", "Origin", sibling}, Page{Origin: sibling, Named: true}, headers{cross, sibling, "true"}},
		"sibling's script":         {[]string{"Sec-Fetch-Site", "same-site", "Referer", sibling + "/x"}, Page{Origin: sibling}, headers{Resource: cross}},
		"partner's fetch":          {[]string{"Sec-Fetch-Site", "cross-site", "Origin", partner}, Page{Origin: partner, Named: true, CrossSite: true}, headers{cross, partner, "true"}},
		"old browser, partner":     {[]string{"Origin", partner}, Page{Origin: partner, Named: true, CrossSite: true}, headers{cross, partner, "true"}},
		"old browser, a script":    {[]string{"Referer", partner + "/x?y"}, Page{Origin: partner, CrossSite: true}, headers{Resource: cross}},
		"an address, default port": {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://[2001:db8::1]:80"}, Page{Origin: "http://[2001:db8::1]", Named: true, CrossSite: true}, headers{cross, "http://[2001:db8::1]", "true"}},
	} {
		page, err := p.Page(ask(test.header...))
		if err != nil || page != test.page {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
		h := http.Header{}
		page.Open(h)
		if got := (headers{h.Get("Cross-Origin-Resource-Policy"), h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials")}); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	for name, test := range map[string]struct {
		header []string
		want   error
	}{
		"foreign fetch":              {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, ErrCrossSite},
		"sibling that is not listed": {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.shop.test"}, ErrCrossSite},
		"framed by a partner":        {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Referer", partner + "/"}, ErrNotAScript},
	} {
		if page, err := p.Page(ask(test.header...)); !errors.Is(err, test.want) || page != (Page{}) {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
}

// Every wrong origin is told of, by its place.
func TestOriginsAreChecked(t *testing.T) {
	wrong := []string{
		"", "*", "null", "shop.example", "https://", "https://*.shop.example", "https://shop.example/path", "https://shop.example?x", "ftp://shop.example",
		"https://a@shop.example", "https://shop.example:", "https://shop.example:0443", "https://shop.example:99999", "https://m\u00fcnchen.test",
		"https://shop.example,https://b.example", " https://shop.example", "https://[::1", "https://shop.example#x",
		"https://shop.example?", "https://:443", "https://[::g]", "https://[fe80::1%25eth0]", "https:shop.example",
	}
	p, err := NewPolicy("shop.example", append([]string{"https://right.example"}, wrong...))
	if err == nil || !reflect.DeepEqual(p, Policy{}) {
		t.Fatal("no error")
	}
	text := err.Error()
	if n := strings.Count(text, "Config.Site.AllowedOrigins["); n != len(wrong) || strings.Contains(text, "AllowedOrigins[0]") || !strings.Contains(text, "AllowedOrigins[1]: it must be") {
		t.Errorf("%d faults, want %d:\n%v", n, len(wrong), err)
	}
	if strings.Count(text, "Config.Site.Origin: it must be") != 1 {
		t.Errorf("the site's own origin is not told of:\n%v", err)
	}
	for _, one := range wrong {
		if _, err := NewPolicy("", []string{one}); err == nil {
			t.Errorf("%q alone is no error", one)
		}
	}
	want := Policy{own, []string{sibling, partner, "https://xn--mnchen-3ya.test", "https://dot.test.", "http://[2001:db8::1]", "https://a-z_09.az:65535"}}
	if p, err := NewPolicy("HTTPS://Shop.test:443/", listed); err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%+v, %v, want %+v", p, err, want)
	}
}

func TestOriginOf(t *testing.T) {
	for _, row := range []struct {
		origin, host string
		tls          bool
		want         string
		https        bool
	}{
		{"", "Shop.test:80", false, "http://shop.test", false},
		{"", "shop.test:443", true, "https://shop.test", true},
		{"", "shop.test:80", true, "https://shop.test:80", true},
		{"", "shop.test:443", false, "http://shop.test:443", false},
		{"", "[2001:DB8::1]:443", true, "https://[2001:db8::1]", true},
		{"https://shop.test", "10.0.0.7:8080", false, "https://shop.test", true},
		{"http://shop.test", "10.0.0.7:8080", true, "http://shop.test", true},
	} {
		p, r := newPolicy(t, row.origin), ask()
		r.Host, r.TLS = row.host, nil
		if row.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := p.OriginOf(r); got != row.want || p.IsHTTPS(r) != row.https {
			t.Errorf("%+v: %s, https %t", row, got, p.IsHTTPS(r))
		}
	}
}
