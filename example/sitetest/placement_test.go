package sitetest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/placement"
)

// watching keeps the notes of the page and what its policy has forbidden.
const watching = `window.notes = []; window.violations = [];
	addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective + ' ' + e.blockedURI));`

// placed puts the tag of a script into pages that lack it.
func placed(c placement.Config) func(http.Handler) http.Handler {
	place, err := placement.New(c)
	if err != nil {
		panic(err)
	}
	return place
}

// The ways to place the chat, under strict policies and on pages with
// habits of their own: it starts once, as the person who is there, the page's
// own onload runs once, and no policy is violated.
func TestPlacement(t *testing.T) {
	t.Parallel()
	const (
		common  = `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src {{.Chat}}; script-src `
		fetches = `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self' {{.Chat}}; script-src `
		self    = common + `'self' {{.Chat}}`
		nonce   = common + `'nonce-{{.Nonce}}'`
		dynamic = common + `'nonce-{{.Nonce}}' 'strict-dynamic'`

		head = `<!doctype html><html><head><script src="/page.js" nonce="{{.Nonce}}"></script>`
		late = `<script nonce="{{.Nonce}}">addEventListener('load', () => setTimeout(() => {
			const s = document.createElement('script'); s.src = '/webchat.js'; s.nonce = '{{.Nonce}}'; document.head.append(s); }, 100));</script>`
	)
	onload := []string{"page onload"}
	byItself := placed(placement.Config{})
	withNonce := placed(placement.Config{Nonce: nonceOf})
	staticByItself := placed(placement.Config{ScriptPath: "/webchat-static.js"})
	for _, test := range []struct {
		name, policy, html string
		layer              func(http.Handler) http.Handler
	}{
		{name: "static script", policy: fetches + `'self' {{.Chat}}`, html: head + `<script src="/webchat-static.js" defer></script></head><body>`},
		{name: "static script with a nonce", policy: fetches + `'nonce-{{.Nonce}}'`, html: head + `<script src="/webchat-static.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{name: "static script with a nonce, strict-dynamic", policy: fetches + `'nonce-{{.Nonce}}' 'strict-dynamic'`, html: head + `<script src="/webchat-static.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{"placed by itself", self, head + `</head><body><p>Tea</p></body></html>`, byItself},
		{"placed by itself, with a nonce", nonce, head + `</head><body><p>Tea</p></body></html>`, withNonce},
		{"placed by itself, with a nonce, strict-dynamic", dynamic, head + `</head><body><p>Tea</p></body></html>`, withNonce},
		{"placed by itself, in a page that has it", self, head + `<script src="/webchat.js" defer></script></head><body><p>Tea</p></body></html>`, byItself},
		{"static script placed by itself", fetches + `'self' {{.Chat}}`, head + `</head><body><p>Tea</p></body></html>`, staticByItself},
		{name: "script, no nonce", policy: self, html: head + `<script src="/webchat.js" defer></script></head><body>`},
		{name: "script with a nonce", policy: nonce, html: head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{name: "script with a nonce, strict-dynamic", policy: dynamic, html: head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{name: "snippet with a nonce", policy: nonce, html: head + `</head><body>{{.Snippet}}`},
		{name: "snippet with a nonce, strict-dynamic", policy: dynamic, html: head + `</head><body>{{.Snippet}}`},
		{name: "script in the head, not deferred", policy: self, html: head + `<script src="/webchat.js"></script></head><body>`},
		{name: "script after load", policy: nonce, html: head + late + `</head><body>`},
		{name: "script twice", policy: self, html: head + `<script src="/webchat.js" defer></script><script src="/webchat.js" defer></script></head><body>`},
		{name: "script and snippet", policy: nonce, html: head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>{{.Snippet}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var layers []func(http.Handler) http.Handler
			if test.layer != nil {
				layers = append(layers, test.layer)
			}
			site := newSmallSite(t, test.policy, test.html, layers...)
			tab := browser.Tab(t)
			tab.Before(watching)
			for name, cookie := range map[string]string{"Anonymous": "", "Alice": "Alice"} {
				tab.Open(site.URL + "/page.js") // a document of the site, for its cookies
				tab.SetCookie("user", cookie)
				tab.Open(site.URL + "/")
				tab.Wait(chatStarted + ` && document.readyState === 'complete'`)
				type page struct {
					Names, Notes, Violations []string
				}
				got := chromium.Eval[page](tab, `new Promise((done) => requestIdleCallback(done, { timeout: 1000 })).then(() => ({
					names: [...document.querySelectorAll('[data-maiagent=name]')].map((e) => e.textContent), notes, violations }))`)
				if !slices.Equal(got.Names, []string{name}) || !slices.Equal(got.Notes, onload) || len(got.Violations) > 0 {
					t.Errorf("as %s: the page has %+v", name, got)
				}
			}
			site.wantContacts("Alice", "Anonymous")
		})
	}
}

// The control: a policy that does not allow the chat is violated, and that is
// noticed.
func TestPlacementViolation(t *testing.T) {
	t.Parallel()
	site := newSmallSite(t, `script-src 'self'`, `<!doctype html><html><head><script src="/webchat.js" defer></script></head><body>`)
	tab := browser.Tab(t)
	tab.Expect(`security: .*embed\.min\.js`)
	tab.Before(watching)
	tab.Open(site.URL + "/")
	tab.Wait(`window.maicontact && maicontact.status().state === 'blocked'`)
	got := chromium.Eval[[]string](tab, `violations`)
	if want := []string{"script-src-elem " + site.sim.ChatURL() + "/js/embed.min.js"}; !slices.Equal(got, want) {
		t.Errorf("the violations are %q, want %q", got, want)
	}
}

// Behind a cache that keeps all it may, the page and the static script are the
// same for everybody and come from the cache; who is there is asked for each time.
func TestStaticScriptInSharedCache(t *testing.T) {
	t.Parallel()
	const policy = `default-src 'none'; script-src 'self' {{.Chat}}; connect-src 'self' {{.Chat}}`
	site := newSmallSite(t, policy, `<!doctype html><html><head><script src="/webchat-static.js" defer></script></head><body>`)
	cache := &sharedCache{next: site.Config.Handler}
	front := httptest.NewServer(cache)
	t.Cleanup(front.Close)
	for _, name := range []string{"Alice", "Bob", "Anonymous"} {
		tab := browser.Tab(t)
		tab.Before(watching)
		tab.Open(front.URL + "/")
		if name != "Anonymous" {
			tab.Wait(chatStarted)
			tab.Do(`fetch('/login?user=` + name + `', { method: 'POST' })`)
			tab.Open(front.URL + "/")
		}
		tab.Wait(chatStarted + ` && document.querySelector('[data-maiagent=name]').textContent === '` + name + `'`)
		if got := chromium.Eval[[]string](tab, `violations`); len(got) > 0 {
			t.Errorf("as %s: the violations are %q", name, got)
		}
	}
	if got, want := cache.stored(), []string{"/", "/webchat-static.js", "/webchat.HASH.js"}; !slices.Equal(got, want) {
		t.Errorf("the cache has stored %q, want %q", got, want)
	}
	if pages, scripts, asks := site.times("/"), site.times("/webchat-static.js"), site.times("/webchat.json"); pages != 1 || scripts != 1 || asks < 5 {
		t.Errorf("the site was asked for the page %d times, the static script %d times and the JSON %d times", pages, scripts, asks)
	}
	text := cache.text()
	for _, c := range site.sim.All() {
		if strings.Contains(text, c.ID) {
			t.Error("the cache has stored a contact id")
		}
	}
}
