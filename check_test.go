package maicontact_test

import (
	"crypto/tls"
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// One row of the rule: what it is for a site without listed origins, and for
// one that lists some.
func TestCheckTable(t *testing.T) {
	const (
		pass    = maicontact.Reason("")
		refused = maicontact.CrossSite
		wrong   = maicontact.NotAScript
	)
	type row struct {
		name           string
		header         []string // with a cookie, unless it holds "no cookie"
		unlisted, with maicontact.Reason
		method         string
	}
	from := func(site string, more ...string) []string { return append([]string{"Sec-Fetch-Site", site}, more...) }
	rows := []row{
		{name: "none", header: from("none"), unlisted: refused, with: refused},
		{name: "none, own referer", header: from("none", "Referer", "https://shop.test/"), unlisted: refused, with: refused},
		{name: "none, listed origin", header: from("none", "Origin", sibling), unlisted: refused, with: refused},
		{name: "upper case", header: from("Same-Origin"), unlisted: refused, with: refused},
		{name: "two words", header: from("same-origin, cross-site"), unlisted: refused, with: refused},
		{name: "said twice", header: from("same-origin", "Sec-Fetch-Site", "same-origin"), unlisted: refused, with: refused},
		{name: "an unknown word from a listed origin", header: from("same-planet", "Origin", sibling), unlisted: refused, with: refused},
		{name: "empty, nothing else", header: from(""), unlisted: refused, with: refused},
		{name: "empty, own origin", header: from("", "Origin", "https://shop.test"), unlisted: pass, with: pass},
		{name: "empty, foreign origin", header: from("", "Origin", "https://evil.test"), unlisted: refused, with: refused},

		{name: "sibling by origin", header: from("same-site", "Origin", sibling), unlisted: refused, with: pass},
		{name: "sibling by referer", header: from("same-site", "Referer", sibling+"/cart?x=1"), unlisted: refused, with: pass},
		{name: "another sibling", header: from("same-site", "Origin", "https://blog.shop.test"), unlisted: refused, with: refused},
		{name: "sibling that says nothing", header: from("same-site"), unlisted: refused, with: refused},
		{name: "partner by origin", header: from("cross-site", "Origin", partner), unlisted: refused, with: pass},
		{name: "partner by referer", header: from("cross-site", "Referer", partner+"/"), unlisted: refused, with: pass},
		{name: "partner, nobody to steal from", header: from("cross-site", "no cookie", "", "Origin", partner), unlisted: refused, with: pass},
		{name: "cross-site, nobody to steal from", header: from("cross-site", "no cookie", ""), unlisted: refused, with: refused},
		{name: "cross-site with our own origin", header: from("cross-site", "Origin", "https://shop.test"), unlisted: refused, with: refused},
		{name: "cross-site with our own referer", header: from("cross-site", "Referer", "https://shop.test/"), unlisted: refused, with: refused},
		{name: "foreign origin beats a listed referer", header: from("cross-site", "Origin", "https://evil.test", "Referer", partner+"/"), unlisted: refused, with: refused},
		{name: "null beats a listed referer", header: from("cross-site", "Origin", "null", "Referer", partner+"/"), unlisted: refused, with: refused},
		{name: "empty origin beats a listed referer", header: from("cross-site", "Origin", "", "Referer", partner+"/"), unlisted: refused, with: refused},
		{name: "two origins, both listed", header: from("cross-site", "Origin", partner, "Origin", partner), unlisted: refused, with: refused},
		{name: "two origins in one", header: from("cross-site", "Origin", partner+" "+sibling), unlisted: refused, with: refused},
		{name: "two referers", header: from("cross-site", "Referer", partner+"/", "Referer", partner+"/"), unlisted: refused, with: refused},
		{name: "empty referer", header: from("cross-site", "Referer", ""), unlisted: refused, with: refused},

		{name: "old browser, sibling by origin", header: []string{"Origin", sibling}, unlisted: refused, with: pass},
		{name: "old browser, partner by referer", header: []string{"Referer", partner + "/page"}, unlisted: refused, with: pass},
		{name: "old browser, basic authentication", header: []string{"no cookie", "", "Authorization", "Basic eA=="}, unlisted: refused, with: refused},
		{name: "old browser, foreign origin, nobody to steal from", header: []string{"no cookie", "", "Origin", "https://evil.test"}, unlisted: refused, with: refused},
		{name: "old browser, two own origins", header: []string{"Origin", "https://shop.test", "Origin", "https://shop.test"}, unlisted: refused, with: refused},
		{name: "old browser, own origin with a path", header: []string{"Origin", "https://shop.test/"}, unlisted: refused, with: refused},

		{name: "upper case host", header: []string{"Origin", "https://WWW.SHOP.test"}, unlisted: refused, with: pass},
		{name: "default port", header: []string{"Origin", sibling + ":443"}, unlisted: refused, with: pass},
		{name: "other port", header: []string{"Origin", sibling + ":8443"}, unlisted: refused, with: refused},
		{name: "no port where one is listed", header: []string{"Origin", "https://partner.test"}, unlisted: refused, with: refused},
		{name: "empty port", header: []string{"Origin", sibling + ":"}, unlisted: refused, with: refused},
		{name: "port with a zero before it", header: []string{"Origin", sibling + ":0443"}, unlisted: refused, with: refused},
		{name: "other scheme", header: []string{"Origin", "http://www.shop.test"}, unlisted: refused, with: refused},
		{name: "scheme of a web socket", header: []string{"Origin", "wss://www.shop.test"}, unlisted: refused, with: refused},
		{name: "extension", header: []string{"Origin", "chrome-extension://www.shop.test"}, unlisted: refused, with: refused},
		{name: "file", header: []string{"Origin", "file://"}, unlisted: refused, with: refused},
		{name: "look-alike suffix", header: []string{"Origin", sibling + ".evil.test"}, unlisted: refused, with: refused},
		{name: "look-alike prefix", header: []string{"Origin", "https://evil-www.shop.test"}, unlisted: refused, with: refused},
		{name: "subdomain of a listed one", header: []string{"Origin", "https://a.www.shop.test"}, unlisted: refused, with: refused},
		{name: "user info", header: []string{"Origin", sibling + "@evil.test"}, unlisted: refused, with: refused},
		{name: "user info before a listed one", header: []string{"Referer", "https://a@www.shop.test/"}, unlisted: refused, with: refused},
		{name: "backslash", header: []string{"Referer", sibling + "\\@evil.test/"}, unlisted: refused, with: refused},
		{name: "percent", header: []string{"Referer", "https://www%2eshop.test/"}, unlisted: refused, with: refused},
		{name: "space before", header: []string{"Referer", " " + sibling}, unlisted: refused, with: refused},
		{name: "Punycode", header: []string{"Origin", "https://xn--mnchen-3ya.test"}, unlisted: refused, with: pass},
		{name: "the same name not in ASCII", header: []string{"Origin", "https://m\u00fcnchen.test"}, unlisted: refused, with: refused},
		{name: "full-width look-alike", header: []string{"Referer", "https://\uff57ww.shop.test/"}, unlisted: refused, with: refused},
		{name: "trailing dot where it is not listed", header: []string{"Origin", sibling + "."}, unlisted: refused, with: refused},
		{name: "trailing dot of our own name", header: []string{"Origin", "https://shop.test."}, unlisted: refused, with: refused},
		{name: "trailing dot where it is listed", header: []string{"Origin", "https://dot.test."}, unlisted: refused, with: pass},
		{name: "no dot where it is listed", header: []string{"Origin", "https://dot.test"}, unlisted: refused, with: refused},
		{name: "IPv6", header: []string{"Origin", "http://[2001:db8::1]"}, unlisted: refused, with: pass},

		{name: "mode cors", header: from("same-origin", "Sec-Fetch-Mode", "cors"), unlisted: pass, with: pass},
		{name: "mode no-cors", header: from("same-origin", "Sec-Fetch-Mode", "no-cors"), unlisted: pass, with: pass},
		{name: "mode same-origin", header: from("same-origin", "Sec-Fetch-Mode", "same-origin"), unlisted: pass, with: pass},
		{name: "mode navigate", header: from("same-origin", "Sec-Fetch-Mode", "navigate"), unlisted: wrong, with: wrong},
		{name: "mode websocket", header: from("same-origin", "Sec-Fetch-Mode", "websocket"), unlisted: wrong, with: wrong},
		{name: "unknown mode", header: from("same-origin", "Sec-Fetch-Mode", "webtransport"), unlisted: wrong, with: wrong},
		{name: "two modes", header: from("same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Mode", "cors"), unlisted: refused, with: refused},
		{name: "worker script", header: from("same-origin", "Service-Worker", "script"), unlisted: wrong, with: wrong},
		{name: "worker script of an old browser", header: []string{"Referer", "https://shop.test/", "Service-Worker", "script"}, unlisted: wrong, with: wrong},
		{name: "HEAD", method: "HEAD", header: from("same-origin"), unlisted: pass, with: pass},
		{name: "POST", method: "POST", header: from("same-origin"), unlisted: refused, with: refused}, // no Origin
		{name: "POST of ours", method: "POST", header: from("same-origin", "Origin", "https://shop.test"), unlisted: pass, with: pass},
		{name: "POST from a listed origin", method: "POST", header: from("same-site", "Origin", sibling), unlisted: refused, with: pass},
		{name: "OPTIONS", method: "OPTIONS", header: from("same-site", "Origin", sibling), unlisted: wrong, with: wrong},
		{name: "two destinations", header: from("same-origin", "Sec-Fetch-Dest", "script", "Sec-Fetch-Dest", "script"), unlisted: refused, with: refused},
	}
	for _, dest := range []string{"script", "empty"} {
		rows = append(rows, row{name: "dest " + dest, header: from("same-site", "Origin", sibling, "Sec-Fetch-Dest", dest), unlisted: refused, with: pass})
	}
	for _, dest := range []string{
		"iframe", "frame", "object", "embed", "document", "image", "style", "font", "audio", "video", "track", "xslt", "report", "json",
		"serviceworker", "sharedworker", "worker", "audioworklet", "paintworklet", "manifest", "fencedframe", "webidentity", "Script", "unknown",
	} {
		rows = append(rows,
			row{name: "own page, dest " + dest, header: from("same-origin", "Sec-Fetch-Dest", dest), unlisted: wrong, with: wrong},
			row{name: "listed page, dest " + dest, header: from("same-site", "Origin", sibling, "Sec-Fetch-Dest", dest), unlisted: wrong, with: wrong})
	}

	unlisted := newSite(t, nil)
	listing := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.AllowedOrigins = listedOrigins })
	for _, row := range rows {
		for name, test := range map[string]struct {
			site *site
			want maicontact.Reason
		}{"without a list": {unlisted, row.unlisted}, "with a list": {listing, row.with}} {
			r := httptest.NewRequest(row.method, "https://shop.test/webchat.js", nil)
			r.TLS = &tls.ConnectionState{}
			r.Header.Set("Cookie", "maicontact=x")
			for i := 0; i < len(row.header); i += 2 {
				if row.header[i] == "no cookie" {
					r.Header.Del("Cookie")
					continue
				}
				r.Header.Add(row.header[i], row.header[i+1])
			}
			before := r.Header.Clone()
			err := test.site.mc.Check(r)
			if test.want == pass && err != nil || test.want != pass && !errors.Is(err, test.want) {
				t.Errorf("%s, %s: %v, want %q", row.name, name, err, test.want)
			}
			if !reflect.DeepEqual(r.Header, before) {
				t.Errorf("%s: Check changed the request", row.name)
			}
		}
	}
}

// Whatever the headers say: who passes asks for a script or fetches, and is on
// our own page, on a listed one, or nobody in particular.
func FuzzCheck(f *testing.F) {
	c := maicontact.Config{
		API: webchat.Config{APIKey: "key"}, InboxID: webchattest.DefaultInboxID, Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "shop", Identify: (&site{}).whoIs, Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store: maicontact.NewMemoryStore(), Site: maicontact.Site{AllowedOrigins: []string{sibling, partner}},
	}
	mc, err := maicontact.New(c)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][6]string{
		{"GET", "same-origin", "script", "no-cors", "", ""},
		{"GET", "same-site", "empty", "cors", sibling, ""},
		{"GET", "cross-site", "script", "no-cors", "", partner + "/a?b#c"},
		{"GET", "", "", "", "https://shop.test", ""},
		{"GET", "", "", "", "", "https://SHOP.test:443/cart"},
		{"GET", "", "", "", "null", ""},
		{"GET", "", "", "", "", sibling + "@evil.test/"},
		{"GET", "", "", "", "", "https://shop.test.evil.test/"},
		{"GET", "", "", "", "", "https://shop.test\\@evil.test"},
		{"POST", "same-origin", "iframe", "navigate", "https://shop.test", ""},
		{"GET", "none", "document", "navigate", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5], true)
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5], false)
	}
	f.Fuzz(func(t *testing.T, method, site, dest, mode, origin, referer string, cookie bool) {
		r := httptest.NewRequest("GET", "https://shop.test/webchat.js", nil)
		r.Method, r.TLS = method, &tls.ConnectionState{}
		for name, value := range map[string]string{
			"Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": mode, "Origin": origin, "Referer": referer,
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if cookie {
			r.Header.Set("Cookie", "maicontact=x")
		}
		if mc.Check(r) != nil {
			return
		}
		page, isOrigin := origin, true
		if origin == "" {
			page, isOrigin = referer, false
		}
		listed := isAt(page, sibling, isOrigin) || isAt(page, partner, isOrigin)
		switch {
		case method != "GET" && method != "HEAD" || dest != "" && dest != "script" && dest != "empty" || mode == "navigate" || mode == "websocket":
			t.Error("not a script or a fetch")
		case site == "same-origin":
		case site == "same-site" || site == "cross-site":
			if !listed {
				t.Error("a page that is not listed")
			}
		case site != "":
			t.Error("an unknown word")
		case page == "":
			if cookie {
				t.Error("a page that does not say who it is, with credentials")
			}
		case !listed && !isAt(page, "https://shop.test", isOrigin):
			t.Error("neither our own page nor a listed one")
		}
	})
}

// isAt compares texts, where the library parses: an address is at an origin
// when it begins with it, and nothing of a host or port follows.
func isAt(address, origin string, whole bool) bool {
	lower := strings.ToLower(address)
	rest, ok := strings.CutPrefix(lower, origin)
	if !ok {
		return false
	}
	if strings.Count(origin, ":") == 1 { // the default port
		rest = strings.TrimPrefix(rest, ":443")
	}
	return rest == "" || !whole && strings.ContainsAny(rest[:1], "/?#")
}
