package maicontact_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// What is wrong with a set-up is said in the log, once a minute, with the setting
// to look at. And a site that is set up well is not warned.
func TestAdvice(t *testing.T) {
	type config = maicontact.Config
	page := func(s *site, path string, header ...string) {
		b := s.browser()
		b.login("u-alice")
		b.send("GET", path, header...)
	}
	visitor := func(s *site, method, path string, header ...string) { s.browser().send(method, path, header...) }
	const old = "Sec-Fetch-Site" // set to "": a browser that does not send it
	for name, test := range map[string]struct {
		change func(*config)
		noRun  bool
		ask    func(*site)
		want   []string // empty: no warning
	}{
		"all is well": {nil, false, func(s *site) {
			page(s, "/webchat.js", "Referer", origin+"/")
			page(s, "/webchat.json", "Origin", origin)
			visitor(s, "POST", "/webchat.js", "Origin", origin, "Sec-Fetch-Dest", "empty")
			visitor(s, "GET", "/")
		}, nil},
		"all is well behind a proxy that speaks TLS": {func(c *config) { c.Site.Origin = "https://shop.test" }, false, func(s *site) {
			page(s, "/webchat.js", "X-Forwarded-Proto", "https", "Referer", "https://shop.test/")
			visitor(s, "GET", "/webchat.js", "X-Forwarded-Proto", "https", old, "", "Origin", "https://shop.test")
		}, nil},
		"a page of another origin": {nil, false, func(s *site) {
			page(s, "/webchat.js", "Sec-Fetch-Site", "same-site", "Referer", "https://www.shop.test/cart?of=somebody")
		}, []string{"Config.Site.Origin", "Config.Site.AllowedOrigins", "page=https://www.shop.test", "own=" + origin}},
		"a proxy that rewrites Host": {nil, false, func(s *site) {
			page(s, "/webchat.js", old, "", "Referer", "http://public.test/")
		}, []string{"Config.Site.Origin", "page=http://public.test"}},
		"a page that opens, of another origin": {nil, false, func(s *site) {
			visitor(s, "POST", "/webchat.js", "Origin", "https://www.shop.test", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-site")
		}, []string{"Config.Site.AllowedOrigins", "page=https://www.shop.test"}},
		"an old browser behind a proxy that speaks TLS": {nil, false, func(s *site) {
			page(s, "/webchat.js", old, "", "Referer", "https://shop.test/")
		}, []string{"refused", "Config.Site.Origin", "proxy", "page=https://shop.test"}},
		"an old browser that names no page": {nil, false, func(s *site) {
			page(s, "/webchat.js", old, "")
		}, []string{"Referrer-Policy", "Sec-Fetch-Site"}},
		"the cookie behind a proxy that speaks TLS": {nil, false, func(s *site) {
			visitor(s, "GET", "/webchat.js", "X-Forwarded-Proto", "https")
		}, []string{"not Secure", "Config.Site.Origin"}},
		"the same, by Forwarded": {nil, false, func(s *site) {
			page(s, "/webchat.js", "Forwarded", "for=192.0.2.1;Proto=HTTPS")
		}, []string{"not Secure", "Config.Site.Origin"}},
		"the same, by the page's address": {nil, false, func(s *site) {
			page(s, "/webchat.js", "Referer", "https://shop.test/")
		}, []string{"not Secure", "Config.Site.Origin"}},
		"an https origin opened over http": {func(c *config) { c.Site.Origin = "https://shop.test" }, false, func(s *site) {
			page(s, "/webchat.js", "Referer", origin+"/")
		}, []string{"opened over http", "Config.Site.Origin"}},
		"the same, by a click": {func(c *config) { c.Site.Origin = "https://shop.test" }, false, func(s *site) {
			visitor(s, "POST", "/webchat.js", "Origin", origin, "Sec-Fetch-Dest", "empty")
		}, []string{"opened over http", "Config.Site.Origin"}},
		"the same, on another host": {func(c *config) { c.Site.Origin = "https://public.test" }, false, func(s *site) {
			page(s, "/webchat.js", "Referer", origin+"/")
		}, []string{"opened over http", "Config.Site.Origin"}},
		"Script elsewhere": {func(c *config) { c.Site.ScriptPath = "/chat.js" }, false, func(s *site) {
			page(s, "/webchat.js")
		}, []string{"Config.Site.ScriptPath", "mounted=/webchat.js", "setting=/chat.js"}},
		"JSON elsewhere": {func(c *config) { c.Site.JSONPath = "/chat.json" }, false, func(s *site) {
			page(s, "/webchat.json")
		}, []string{"Config.Site.JSONPath", "mounted=/webchat.json", "setting=/chat.json"}},
		"Script nowhere": {func(c *config) { c.Site.ScriptPath = "/chat.js" }, false, func(s *site) {
			page(s, "/chat.js")
		}, []string{"did not reach Script", "Config.Site.ScriptPath"}},
		"asked too late": {nil, false, func(s *site) {
			page(s, "/late")
		}, []string{"after its reply had begun", "before the first byte"}},
		"Run is not running, and somebody asks": {nil, true, func(s *site) {
			page(s, "/webchat.js")
		}, []string{"Middleware.Run is not running"}},
		"Run is not running, and somebody is erased": {nil, true, func(s *site) {
			if _, err := s.mc.Erase(s.t.Context(), "u-alice"); err != nil {
				t.Error(err)
			}
		}, []string{"Middleware.Run is not running"}},
		"Run is not running, and somebody is suspended": {nil, true, func(s *site) {
			if err := s.mc.Suspend(s.t.Context(), "u-alice"); err != nil {
				t.Error(err)
			}
		}, []string{"Middleware.Run is not running"}},
		"Run is not running, and somebody gets another contact": {nil, true, func(s *site) {
			if _, err := s.mc.Reissue(s.t.Context(), "u-alice"); !errors.Is(err, maicontact.ErrNotFound) {
				t.Error(err)
			}
		}, []string{"Middleware.Run is not running"}},
		"Run is not running, and a member changes": {nil, true, func(s *site) {
			stop := s.run()
			synctest.Wait()
			page(s, "/webchat.js")
			if err := errors.Join(stop(), s.mc.UpdateMember(s.t.Context(), s.member("u-alice", alice))); err != nil {
				t.Error(err)
			}
		}, []string{"Middleware.Run is not running"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var warnings syncBuffer
				s := newSite(t, func(c *config, _ *webchattest.Options) {
					c.Logger = slog.New(slog.NewTextHandler(&warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))
					if test.change != nil {
						test.change(c)
					}
				})
				s.mux.HandleFunc("GET /late", func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "a page")
					if id, reason := maicontact.ContactOrReason(r.Context()); id != "" || reason != maicontact.TooLate {
						t.Errorf("too late: %v, %q", id, reason)
					}
				})
				s.member("u-alice", alice)
				if !test.noRun {
					stop := s.run()
					defer stop()
				}
				synctest.Wait()
				said := func() int {
					synctest.Wait()
					return strings.Count(warnings.String(), "level=WARN")
				}
				test.ask(s)
				if len(test.want) == 0 {
					if n := said(); n != 0 {
						t.Errorf("warned of nothing:\n%s", warnings.String())
					}
					return
				}
				if n := said(); n != 1 {
					t.Errorf("%d warnings, want one:\n%s", n, warnings.String())
				}
				for _, want := range test.want {
					if !strings.Contains(warnings.String(), want) {
						t.Errorf("the warning does not say %q:\n%s", want, warnings.String())
					}
				}
				if strings.Contains(warnings.String(), "somebody") || strings.Contains(warnings.String(), "u-alice") {
					t.Errorf("the warning says more than the origin:\n%s", warnings.String())
				}
				test.ask(s)
				if n := said(); n != 1 {
					t.Errorf("%d warnings within a minute:\n%s", n, warnings.String())
				}
				time.Sleep(time.Minute)
				test.ask(s)
				if n := said(); n != 2 {
					t.Errorf("%d warnings after a minute:\n%s", n, warnings.String())
				}
			})
		})
	}
}

// That a visitor has logged in may wait for the store, and then for Run.
func TestRetirementWaitsForRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var warnings syncBuffer
		store := &brokenStore{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Store, c.Logger = store, slog.New(slog.NewTextHandler(&warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))
		})
		s.mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
			if err := maicontact.Forget(r.Context()); err != nil {
				t.Error(err)
			}
			http.Redirect(w, r, "/", http.StatusSeeOther)
		})
		const says = "Middleware.Run is not running"
		b := s.browser()
		b.contact()
		time.Sleep(time.Minute)
		before := strings.Count(warnings.String(), says)
		store.breaks("fails", "put")
		b.send("POST", "/login")
		synctest.Wait()
		if n := strings.Count(warnings.String(), says); n != before+1 {
			t.Errorf("%d warnings, %d before:\n%s", n, before, warnings.String())
		}
	})
}

// Where a cookie store only signs the log says once that the contact id can be read in
// the cookie.
func TestReadableCookies(t *testing.T) {
	const line = "can read the contact id in it"
	signed := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions = sessions.NewCookieStore(bytes.Repeat([]byte{1}, 32))
	})
	signed.browser().contact()
	if n := strings.Count(signed.log.String(), line); n != 1 || !strings.Contains(signed.log.String(), "Config.Sessions") {
		t.Errorf("%d lines, want one:\n%s", n, signed.log)
	}
	unreadable := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Sessions, _ = maicontact.NewCookieStore(bytes.Repeat([]byte{1}, 32))
	})
	unreadable.browser().contact()
	if strings.Contains(unreadable.log.String(), line) {
		t.Errorf("a needless line:\n%s", unreadable.log)
	}
}
