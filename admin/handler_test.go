package admin

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
)

func equal(a, b http.Header) bool { return reflect.DeepEqual(a, b) }

// Every answer of every route has exactly these headers, and its style sheet is
// the one that its policy lets in.
func TestHeaders(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.member("ann")
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	want := http.Header{
		"Cache-Control": {"no-store"}, "Content-Type": {"text/html; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
		"X-Frame-Options": {"DENY"}, "Referrer-Policy": {"same-origin"}, "X-Robots-Tag": {"noindex, nofollow"},
		"Cross-Origin-Opener-Policy": {"same-origin"}, "Cross-Origin-Resource-Policy": {"same-origin"},
	}
	check := func(name string, r reply) {
		t.Helper()
		if r.StatusCode == http.StatusSeeOther {
			if got := slices.Sorted(maps.Keys(r.Header)); !slices.Contains(got, "Content-Security-Policy") || r.Header.Get("Cache-Control") != "no-store" || r.body != "" {
				t.Errorf("%s: %v %q", name, r.Header, r.body)
			}
			return
		}
		sheet := style.FindStringSubmatch(r.body)
		if len(style.FindAllString(r.body, -1)) != 1 {
			t.Fatalf("%s: %d style sheets in %s", name, len(style.FindAllString(r.body, -1)), r.body)
		}
		hash := sha256.Sum256([]byte(sheet[1]))
		want := maps.Clone(want)
		want["Content-Security-Policy"] = []string{"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}
		if !equal(r.Header, want) {
			t.Errorf("%s: headers %v", name, r.Header)
		}
		for _, bad := range []string{"<script", " style=", " onclick", "javascript:", "http://", "https://", "src="} {
			if strings.Contains(r.body, bad) {
				t.Errorf("%s: the page has %q", name, bad)
			}
		}
		if !strings.HasPrefix(r.body, "<!doctype html>\n<html lang=\"en\">") || !strings.HasSuffix(r.body, "</html>\n") {
			t.Errorf("%s: it is no whole page", name)
		}
	}
	b.each(func(name, method, path string, _ bool) {
		var form url.Values
		if method == "POST" {
			form = url.Values{"member": {"ann"}}
		}
		check(name, b.send(method, path, form))
	})
	person := b.find("ann")
	check("another site's form", b.send("POST", "/admin/checks", nil, "Sec-Fetch-Site", "cross-site").says(t, 403, "another site"))
	check("a sealed nobody", b.get("/admin/person/x").says(t, 404, "of no use any more"))
	check("a sealed nobody to begin after", b.get("/admin/waiting?after=x").says(t, 404, "of no use any more"))
	check("no such action", b.get(person+"/make").says(t, 404, "no such action"))
	check("nobody asked for", b.send("POST", "/admin/person", url.Values{}).says(t, 400, "Give a business user ID"))
	check("a large form", b.send("POST", "/admin/person", url.Values{"member": {strings.Repeat("x", maxForm)}}).says(t, 400, "cannot be read"))
	for path, method := range map[string]string{"/admin/": "POST", "/admin/waiting": "DELETE", person: "PUT"} {
		if r := b.send(method, path, nil); r.StatusCode != 405 || !strings.HasPrefix(r.Header.Get("Allow"), "GET, HEAD") || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d %v", method, path, r.StatusCode, r.Header)
		}
	}
	if r := b.get("/admin/nothing"); r.StatusCode != 404 || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("nothing: %d %v", r.StatusCode, r.Header)
	}
}

// No form of another site does anything.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(c *Config, _ *maicontact.Config) { c.TrustedOrigins = []string{"https://office.example"} })
	b.member("ann")
	person := b.find("ann")
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		for _, r := range b.routes {
			if r.method != "POST" {
				continue
			}
			path := b.paths()[r.method+" "+r.path]
			if r := b.send("POST", path, url.Values{"member": {"ann"}}, header...); r.StatusCode != 403 || r.Header.Get("Location") != "" {
				t.Errorf("%s with %q: %d", path, header, r.StatusCode)
			}
		}
	}
	if row := b.row("ann"); row.Life != 0 || len(b.done) != 0 {
		t.Error("something was done")
	}
	for i, header := range [][]string{
		{"Sec-Fetch-Site", "", "Origin", origin},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://office.example"},
	} {
		if r := b.send("POST", person+"/suspend", url.Values{}, header...); r.StatusCode != 303 || len(b.done) != i+1 {
			t.Errorf("%q: %d", header, r.StatusCode)
		}
	}
}

// A page is mounted where Prefix says, and links there.
func TestPrefix(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(c *Config, _ *maicontact.Config) { c.Prefix = "/back/office/chat/" })
	if r := b.get("/admin/"); r.StatusCode != 404 {
		t.Errorf("%d", r.StatusCode)
	}
	for _, path := range []string{"", "waiting", "checks", "person"} {
		r := b.get("/back/office/chat/" + path)
		for _, link := range regexp.MustCompile(`(?:href|action)="([^"]*)"`).FindAllStringSubmatch(r.says(t, 200).body, -1) {
			if !strings.HasPrefix(link[1], "/back/office/chat/") && link[1] != "#main" {
				t.Errorf("%s links to %s", path, link[1])
			}
		}
	}
	r := b.send("POST", "/back/office/chat/person", url.Values{"member": {"ann"}})
	b.get(r.Header.Get("Location")).says(t, 200, "Member ann")
}
