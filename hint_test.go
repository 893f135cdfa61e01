package maicontact_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var (
	warned  = regexp.MustCompile(`(?m)^\s*console\.warn\("(maicontact: [^"]*)"\);$`)
	hinting = regexp.MustCompile(`"hint":"(maicontact: [^"]*)"`)
)

// What a developer can mend is said in the browser's console, in each form of the
// answer, with the setting to look at; to nobody but them, and of nobody.
func TestHints(t *testing.T) {
	type config = maicontact.Config
	get := func(path string, header ...string) func(host string) *http.Request {
		return func(host string) *http.Request {
			r := httptest.NewRequest("GET", "http://"+host+path, nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Referer", "http://"+host+"/cart?of=somebody")
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], strings.ReplaceAll(header[i+1], "{host}", host))
			}
			return r
		}
	}
	post := func(host string) *http.Request {
		r := get("/webchat.js?kept", "Origin", "http://{host}")(host)
		r.Method = "POST"
		return r
	}
	declines := func(err error) func(*config) {
		return func(c *config) { c.Identify = func(*http.Request) (*maicontact.Member, error) { return nil, err } }
	}
	for name, test := range map[string]struct {
		change func(*config)
		ask    func(host string) *http.Request
		status int
		reason string
		names  string // empty: no hint
	}{
		"all is well":                   {nil, get("/webchat.js"), 200, "", ""},
		"all is well, as JSON":          {nil, get("/webchat.json"), 200, "", ""},
		"a visitor who has not opened":  {func(c *config) { c.Visitors.Start = maicontact.OnOpen }, get("/webchat.js"), 200, "not opened", ""},
		"declined":                      {declines(maicontact.ErrNoChat), get("/webchat.js"), 200, "declined", ""},
		"a wrong origin":                {func(c *config) { c.Site.Origin = "http://localhost:1" }, get("/webchat.js"), 200, "cross-site", "Config.Site.Origin"},
		"a wrong origin, as JSON":       {func(c *config) { c.Site.Origin = "http://localhost:1" }, get("/webchat.json"), 403, "cross-site", "Config.Site.Origin"},
		"https, opened over http":       {func(c *config) { c.Site.Origin = "https://shop.test" }, get("/webchat.js"), 200, "cross-site", "opened over http"},
		"a page of another origin":      {nil, get("/webchat.json", "Sec-Fetch-Site", "same-site", "Origin", "http://localhost:5173"), 403, "cross-site", "Config.Site.AllowedOrigins"},
		"mounted elsewhere":             {func(c *config) { c.Site.ScriptPath = "/chat.js" }, get("/webchat.js"), 200, "", "Config.Site.ScriptPath"},
		"JSON mounted elsewhere":        {func(c *config) { c.Site.JSONPath = "/chat.json" }, get("/webchat.json"), 200, "", "Config.Site.JSONPath"},
		"the cookie does not come back": {func(c *config) { c.Visitors.Start = maicontact.OnOpen }, post, 200, "cookie refused", "Config.Site.Origin"},
		"too late":                      {nil, get("/late"), 200, "too late", "before the first byte"},
		"a wrong key":                   {func(c *config) { c.API.APIKey = "another" }, get("/webchat.js"), 200, "configuration", "Config.API.APIKey"},
		"a failure that passes":         {declines(io.ErrUnexpectedEOF), get("/webchat.js"), 200, "unavailable", ""},
		"a limit":                       {func(c *config) { c.Visitors.PerSecond = 1e-9 }, get("/webchat.js"), 200, "too many new visitors", "Config.Visitors"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, host := range []string{"localhost:8080", "shop.test"} {
				s := newSite(t, func(c *config, _ *webchattest.Options) {
					if test.change != nil {
						test.change(c)
					}
				})
				s.mux.HandleFunc("GET /late", func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "a page ")
					element, err := maicontact.Snippet(r.Context(), "")
					if err != nil {
						t.Error(err)
					}
					io.WriteString(w, string(element))
				})
				if test.reason == "too many new visitors" {
					s.handler.ServeHTTP(httptest.NewRecorder(), test.ask(host))
				}
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, test.ask(host))
				body := w.Body.String()
				said := append(warned.FindAllStringSubmatch(body, -1), hinting.FindAllStringSubmatch(body, -1)...)
				if !strings.HasPrefix(host, "localhost") {
					if len(said) != 0 || strings.Contains(body, "console.warn") || w.Code == 200 && test.reason == "cross-site" {
						t.Errorf("on %s: status %d, %q", host, w.Code, said)
					}
					continue
				}
				if w.Code != test.status || test.reason != "" && !strings.Contains(body, `"reason":"`+test.reason+`"`) {
					t.Errorf("status %d, want %d and the reason %q:\n%s", w.Code, test.status, test.reason, body)
				}
				switch {
				case test.names == "" && len(said) != 0:
					t.Errorf("a hint where nothing is wrong: %q", said)
				case test.names != "" && (len(said) != 1 || !strings.Contains(said[0][1], test.names) || strings.Contains(said[0][1], "somebody")):
					t.Errorf("hints %q, want one that names %s:\n%s", said, test.names, body)
				}
				if test.reason != "too late" && w.Header().Get("Cache-Control") != "private, no-store" {
					t.Errorf("header %v", w.Header())
				}
			}
		})
	}
}
