package sitetest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// newSmallSite is a site of one page, with the middleware and nothing else.
// In the page and its policy, {{.Nonce}} is the nonce of the request,
// {{.Snippet}} the chat's inline element and {{.Chat}} the chat host. The
// person of the cookie "user" is logged in.
func newSmallSite(t *testing.T, sim *webchattest.Server, policy, html string) string {
	t.Helper()
	mc, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: sim.ChatURL()},
		Namespace: "sitetest",
		Sessions:  sessions.NewCookieStore([]byte(strings.Repeat("s", 32)), []byte(strings.Repeat("e", 32))),
		Store:     maicontact.NewMemoryStore(),
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			user, err := r.Cookie("user")
			if err != nil {
				return nil, nil
			}
			return &maicontact.Member{ID: user.Value, Profile: webchat.Profile{Name: user.Value}}, nil
		},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("page").Parse(html))
	mux := http.NewServeMux()
	mux.Handle("GET /webchat.js", mc.Script())
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `window.onload = () => notes.push('page onload');`)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		data := map[string]any{"Nonce": nonce}
		if strings.Contains(html, ".Snippet") {
			snippet, err := maicontact.Snippet(r.Context(), nonce)
			if err != nil {
				t.Error(err)
			}
			data["Snippet"] = snippet
		}
		var out bytes.Buffer
		if err := page.Execute(&out, data); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Security-Policy", strings.NewReplacer("{{.Nonce}}", nonce, "{{.Chat}}", sim.ChatURL()).Replace(policy))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes())
	})
	server := httptest.NewServer(mc.Handler(mux))
	t.Cleanup(server.Close)
	return server.URL
}

// The two ways to place the chat, under strict policies and on pages with
// habits of their own: it starts once, as the person who is there, the page's
// own onload runs once, and no policy is violated.
func TestPlacement(t *testing.T) {
	t.Parallel()
	const (
		common  = `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src {{.Chat}}; script-src `
		self    = common + `'self' {{.Chat}}`
		nonce   = common + `'nonce-{{.Nonce}}'`
		dynamic = common + `'nonce-{{.Nonce}}' 'strict-dynamic'`

		head = `<!doctype html><html><head><script src="/page.js" nonce="{{.Nonce}}"></script>`
		late = `<script nonce="{{.Nonce}}">addEventListener('load', () => setTimeout(() => {
			const s = document.createElement('script'); s.src = '/webchat.js'; s.nonce = '{{.Nonce}}'; document.head.append(s); }, 100));</script>`
	)
	onload := []string{"page onload"}
	for _, test := range []struct {
		name, policy, html string
	}{
		{"script, no nonce", self, head + `<script src="/webchat.js" defer></script></head><body>`},
		{"script with a nonce", nonce, head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{"script with a nonce, strict-dynamic", dynamic, head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>`},
		{"snippet with a nonce", nonce, head + `</head><body>{{.Snippet}}`},
		{"snippet with a nonce, strict-dynamic", dynamic, head + `</head><body>{{.Snippet}}`},
		{"script in the head, not deferred", self, head + `<script src="/webchat.js"></script></head><body>`},
		{"script after load", nonce, head + late + `</head><body>`},
		{"script twice", self, head + `<script src="/webchat.js" defer></script><script src="/webchat.js" defer></script></head><body>`},
		{"script and snippet", nonce, head + `<script src="/webchat.js" nonce="{{.Nonce}}" defer></script></head><body>{{.Snippet}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim := webchattest.NewServer(webchattest.Options{})
			t.Cleanup(sim.Close)
			url := newSmallSite(t, sim, test.policy, test.html)
			tab := browser.Tab(t)
			tab.Before(`window.notes = []; window.violations = [];
				addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective + ' ' + e.blockedURI));`)
			for name, cookie := range map[string]string{"Anonymous": "user=; max-age=0", "Alice": "user=Alice"} {
				tab.Open(url + "/page.js") // a document of the site, for its cookies
				tab.Do(`document.cookie = '` + cookie + `'`)
				tab.Open(url + "/")
				tab.Wait(chatStarted + ` && document.readyState === 'complete'`)
				type page struct {
					Names, Notes, Violations []string
				}
				got := chromium.Eval[page](tab, `new Promise((done) => requestIdleCallback(done)).then(() => ({
					names: [...document.querySelectorAll('[data-maiagent=name]')].map((e) => e.textContent), notes, violations }))`)
				if !slices.Equal(got.Names, []string{name}) || !slices.Equal(got.Notes, onload) || len(got.Violations) > 0 {
					t.Errorf("as %s: the page has %+v", name, got)
				}
			}
			var names []string
			for _, c := range sim.Contacts() {
				names = append(names, c.Name)
			}
			slices.Sort(names)
			if !slices.Equal(names, []string{"Alice", "Anonymous"}) {
				t.Errorf("MaiAgent has the contacts %q", names)
			}
		})
	}
}

// The control: a policy that does not allow the chat is violated, and that is
// noticed.
func TestPlacementViolation(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	tab := browser.Tab(t)
	tab.Expect(`security: .*embed\.min\.js`)
	tab.Before(`window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective + ' ' + e.blockedURI));`)
	tab.Open(newSmallSite(t, sim, `script-src 'self'`, `<!doctype html><html><head><script src="/webchat.js" defer></script></head><body>`) + "/")
	tab.Wait(`window.maicontact && maicontact.status().state === 'blocked'`)
	got := chromium.Eval[[]string](tab, `violations`)
	if want := []string{"script-src-elem " + sim.ChatURL() + "/js/embed.min.js"}; !slices.Equal(got, want) {
		t.Errorf("the violations are %q, want %q", got, want)
	}
}
