package sitetest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// refused is what comes of each attempt of testdata/hostile.js. A frame loads:
// Chromium says so of the page it shows in place of a refused one.
var refused = outcomes(map[string][]string{
	"error": {
		"script", "script, anonymous", "script, with credentials", "script, no referrer", "script, module",
		"XMLHttpRequest", "XMLHttpRequest, with credentials", "object", "img", "audio", "video",
		"style sheet", "style sheet that imports", "prefetch", "preload", "modulepreload",
		"EventSource", "WebSocket", "shared worker that imports",
	},
	"throws TypeError": {
		"import()", "service worker that imports", "fetch from the cache",
		"fetch cors omit", "fetch cors include", "fetch no-cors omit", "fetch no-cors include", "fetch same-origin omit", "fetch same-origin include",
		"fetch of a file cors omit", "fetch of a file cors include", "fetch of a file same-origin omit", "fetch of a file same-origin include",
	},
	"throws SecurityError": {"worker"},
	"opaque 0 0":           {"fetch POST", "fetch of a file no-cors omit", "fetch of a file no-cors include"},
	"load": {
		"iframe", "iframe, sandboxed", "iframe of the page", "embed",
		"form to the script", "form that gets the script", "form to the profile", "form to logout",
	},
	"message":   {"worker that imports"}, // an empty one
	"sent true": {"sendBeacon"},
	"given":     {"rules to fetch in advance", "rules to render in advance"},
})

func outcomes(groups map[string][]string) map[string]string {
	all := map[string]string{}
	for outcome, names := range groups {
		for _, name := range names {
			all[name] = outcome
		}
	}
	return all
}

// hostile is a tab at a hostile site, in the person's own browser.
func (p person) hostile(host string) person {
	p.w.t.Helper()
	tab := p.another()
	tab.Expect(".") // its failures are its own
	tab.Open(p.w.origin(host) + "/")
	tab.Wait(`document.readyState === 'complete' && window.attack`)
	return tab
}

// attack makes every attempt there is, and returns what came of each.
func (p person) attack() map[string]string {
	p.w.t.Helper()
	results := chromium.Eval[map[string]string](p.Tab, `attack()`)
	ctx := p.Context()
	look, err := chromedp.Run(ctx, chromedp.Evaluate[string](`look()`, chromedp.EvalAwaitPromise,
		func(e *runtime.EvaluateParams) { yes := true; e.UserGesture = &yes }))
	if err != nil {
		p.w.t.Fatal(err)
	}
	if look != "throws SecurityError" {
		p.w.t.Errorf("looking into a window: %s", look)
	}
	return results
}

// gorillaDefault makes the shop's cookies as gorilla/sessions makes them when
// nothing is said: sent with the requests of all sites.
func gorillaDefault(_ string, h http.Header) {
	for i, cookie := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = strings.ReplaceAll(cookie, "SameSite=Lax", "SameSite=None")
	}
}

// Neither another site nor a sibling reads or makes anything, whoever is
// logged in, and also if the cookies would be sent to all sites.
func TestHostileSite(t *testing.T) {
	t.Parallel()
	type row struct {
		name    string
		host    string
		member  bool
		cookies func(string, http.Header)
		sent    bool // the requests carry cookies
	}
	for _, test := range []row{
		{name: "another site, a member", host: evilHost, member: true},
		{name: "another site, nobody", host: evilHost},
		{name: "another site, a member, cookies for all sites", host: evilHost, member: true, cookies: gorillaDefault, sent: true},
		{name: "a sibling, a member", host: sisterHost, member: true, sent: true},
		{name: "a sibling, nobody", host: sisterHost},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.edit(nil, test.cookies)
			p := w.person(t)
			var before string
			if test.member {
				p.visit()
				p.signUp("Alice")
				before = p.wantSeen(member("Alice"))
			}
			contacts, calls, n := w.contacts(), w.sim.Count(""), len(w.since(0))

			hostile := p.hostile(test.host)
			results := hostile.attack()
			for _, name := range slices.Sorted(maps.Keys(refused)) {
				if results[name] != refused[name] {
					t.Errorf("%s: %q, want %q", name, results[name], refused[name])
				}
			}
			if len(results) != len(refused) {
				t.Errorf("%d attempts were made, want %d", len(results), len(refused))
			}
			if w.holdsID(chromium.Eval[string](hostile.Tab, `everything()`)) {
				t.Error("the hostile page holds a contact id")
			}
			if sizes := chromium.Eval[[]string](hostile.Tab, `sizes()`); !slices.Equal(sizes, []string{"0 0 0"}) {
				t.Errorf("the browser tells the hostile page the sizes %q", sizes)
			}
			w.wantRefused(n, test.sent)

			w.wantContacts(contacts)
			if now := w.sim.Count(""); now != calls {
				t.Errorf("MaiAgent was asked %d times", now-calls)
			}
			if test.member {
				p.visit()
				if p.wantSeen(member("Alice")) != before {
					t.Error("the member has another contact")
				}
			}
		})
	}
}

// wantRefused checks what the shop replied to others' pages, after the first n
// exchanges. They have asked in every way there is; with cookies, if those
// were sent.
func (w *world) wantRefused(n int, cookies bool) {
	w.t.Helper()
	ways, sent := map[string]bool{}, false
	for _, x := range w.since(n) {
		if w.holdsID(x.body) {
			w.t.Errorf("the reply to %s %s for a %s of a %s page holds a contact id", x.Method, x.Path, x.Dest, x.Site)
		}
		if x.Path != "/webchat.js" {
			continue
		}
		ways[x.Dest] = true
		sent = sent || x.Cookie && x.Dest == "script"
		if x.Status != http.StatusForbidden && (x.Method == http.MethodGet || x.Status != http.StatusMethodNotAllowed) {
			w.t.Errorf("%s of the script for a %q of a %s page: %d", x.Method, x.Dest, x.Site, x.Status)
		}
	}
	for _, way := range []string{"", "audio", "document", "embed", "empty", "iframe", "image", "object", "script", "style", "video"} {
		if !ways[way] {
			w.t.Errorf("the script was not asked for as %q", way)
		}
	}
	if sent != cookies {
		w.t.Errorf("cookies were sent: %t, want %t", sent, cookies)
	}
}

// The control: without the shop's guard, the same page reads the id of the
// member, whose cookies a sibling's requests carry, and another site's page
// makes contacts.
func TestHostileSiteUnguarded(t *testing.T) {
	t.Parallel()
	for _, host := range []string{sisterHost, evilHost} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.person(t)
			p.visit()
			p.signUp("Alice")
			id := p.wantSeen(member("Alice"))
			w.edit(func(r *http.Request) {
				if r.URL.Path == "/webchat.js" {
					r.Header.Set("Sec-Fetch-Site", "same-origin")
					r.Header.Del("Origin")
					r.Header.Del("Referer")
				}
			}, func(_ string, h http.Header) { h.Del("Cross-Origin-Resource-Policy") })
			hostile := p.hostile(host)
			results := hostile.attack()
			everything := chromium.Eval[string](hostile.Tab, `everything()`)
			if results["script"] != "load" || !w.holdsID(everything) {
				t.Errorf("script: %s, and no contact id is found", results["script"])
			}
			if host == sisterHost && !strings.Contains(everything, id) {
				t.Error("the member's contact id is not found")
			}
			if host == evilHost && !strings.Contains(w.contacts(), "Anonymous") {
				t.Error("no contact was made")
			}
		})
	}
}
