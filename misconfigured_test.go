package maicontact_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// misconfigured is one way in which a developer sets a site up wrong.
type misconfigured struct {
	name   string
	change func(*maicontact.Config)
	// use is what the developer, or the first browser, does with the site, and
	// returns the errors that the developer is given. nil: New says it, or Verify.
	use func(s *site) error
	// names is the setting, or the method, that they must read of.
	names string
}

// misconfigurations are those that people make; the last ones do without Config.
func misconfigurations() []misconfigured {
	type config = maicontact.Config
	script := func(s *site) error { return ignore(s.browser().send("GET", "/webchat.js", "Referer", origin+"/")) }
	member := func(path string, header ...string) func(*site) error {
		return func(s *site) error {
			b := s.browser()
			b.login("u-alice")
			return ignore(b.send("GET", path, header...))
		}
	}
	identifies := func(m *maicontact.Member, err error) func(*config) {
		return func(c *config) {
			c.Identify = func(*http.Request) (*maicontact.Member, error) { return m, err }
		}
	}
	const other = "44444444-4444-4444-8444-444444444444"
	return []misconfigured{
		// New says it.
		{"no API key", func(c *config) { c.API.APIKey = "" }, nil, "Config.API: webchat: API key"},
		{"no inbox", func(c *config) { c.InboxID = "" }, nil, "Config.InboxID"},
		{"the web chat's id for the inbox", func(c *config) { c.InboxID = c.Widget.WebChatID }, nil, "Config.InboxID"},
		{"no web chat", func(c *config) { c.Widget.WebChatID = "" }, nil, "Config.Widget: webchat: web chat id"},
		{"no namespace", func(c *config) { c.Namespace = "" }, nil, "Config.Namespace"},
		{"a session key of a few letters", func(c *config) { c.Sessions = sessions.NewCookieStore([]byte("0123456789abcdef"), []byte("short")) }, nil, "Config.Sessions"},
		{"an origin without a scheme", func(c *config) { c.Site.Origin = "shop.test" }, nil, "Config.Site.Origin"},
		{"a wildcard in the listed origins", func(c *config) { c.Site.AllowedOrigins = []string{"https://*.shop.test"} }, nil, "Config.Site.AllowedOrigins"},
		{"all the world as a proxy", func(c *config) { c.Site.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} }, nil, "Config.Site.TrustedProxies"},
		// Verify says it, at start.
		{"a key of another organisation", func(c *config) { c.API.APIKey = "another" }, nil, "Config.API.APIKey"},
		{"another inbox", func(c *config) { c.InboxID = other }, nil, "Config.InboxID"},
		{"another web chat", func(c *config) { c.Widget.WebChatID = other }, nil, "Config.Widget.WebChatID"},
		{"an address that is not MaiAgent's", func(c *config) { c.API.BaseURL = "http://localhost/elsewhere" }, nil, "Config.API.BaseURL"},
		{"a store that cannot be reached", func(c *config) {
			store := &brokenStore{Store: maicontact.NewMemoryStore()}
			store.breaks("fails")
			c.Store = store
		}, nil, "Config.Store"},
		// The first request says it, where nobody has called Verify.
		{"a wrong key, without Verify", func(c *config) { c.API.APIKey = "another" }, script, "API.APIKey"},
		{"another inbox, without Verify", func(c *config) { c.InboxID = other }, script, "InboxID"},
		{"the origin without www", func(c *config) { c.Site.Origin = "http://www.shop.test" }, script, "Config.Site.Origin"},
		{"https in the origin, and http in the browser", func(c *config) { c.Site.Origin = "https://shop.test" }, script, "Config.Site.Origin"},
		{"a proxy that speaks TLS, and no origin", nil, member("/webchat.js", "X-Forwarded-Proto", "https"), "Config.Site.Origin"},
		{"a proxy that is not listed", func(c *config) { c.Visitors.Burst = 1 }, func(s *site) error {
			for _, client := range []string{"203.0.113.1", "203.0.113.2"} {
				s.arrive("10.0.0.1:443", "X-Forwarded-For", client).Body.Close()
			}
			return nil
		}, "Config.Site.TrustedProxies"},
		{"Script mounted elsewhere", func(c *config) { c.Site.ScriptPath = "/chat.js" }, script, "Config.Site.ScriptPath"},
		{"Script mounted for GET alone", func(c *config) { c.Visitors.Start = maicontact.OnOpen }, func(s *site) error {
			mux := http.NewServeMux()
			mux.Handle("GET /webchat.js", s.mc.Script())
			s.handler = s.mc.Handler(mux)
			return ignore(s.browser().send("POST", "/webchat.js", "Origin", origin, "Sec-Fetch-Dest", "empty"))
		}, "Config.Site.ScriptPath"},
		{"StaticScript without JSON", nil, func(s *site) error {
			mux := http.NewServeMux()
			mux.Handle("/webchat-static.js", s.mc.StaticScript())
			s.handler = s.mc.Handler(mux)
			return ignore(s.browser().send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty"))
		}, "Config.Site.JSONPath"},
		{"a session store that is away", func(c *config) {
			store := newMapStore()
			store.fail = errors.New("dial tcp: connection refused")
			c.Sessions = store
		}, script, "Config.Sessions"},
		{"members without an ID", identifies(&maicontact.Member{Profile: webchat.Profile{Name: "Alice"}}, nil), script, "Config.Identify"},
		{"Identify fails", identifies(nil, errors.New("no such table: users")), script, "Config.Identify"},
		{"Run is not running", nil, member("/webchat.js"), "Middleware.Run"},
		{"Handler does not wrap the site", nil, func(s *site) error {
			_, err := maicontact.ContactID(context.Background())
			return err
		}, "Middleware.Handler"},
		{"a page that asks when its reply has begun", nil, func(s *site) error {
			s.mux.HandleFunc("GET /late", func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "a page")
				maicontact.ContactID(r.Context())
			})
			return member("/late")(s)
		}, "ContactID"},
		{"a logout when the reply has begun", nil, func(s *site) (err error) {
			s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "bye")
				err = maicontact.Logout(r.Context())
			})
			b := s.browser()
			b.contact()
			b.send("POST", "/logout")
			return err
		}, "before anything of the reply is written"},
	}
}

func ignore(response *http.Response) error { return response.Body.Close() }

// Each set-up that is wrong leads to a message that names what to look at: an error
// of New or of Verify, or what a call returns and the log says at the first request.
func TestMisconfigured(t *testing.T) {
	missed := 0
	for _, one := range misconfigurations() {
		t.Run(one.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var warnings syncBuffer
				var right maicontact.Config
				s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
					c.Logger = slog.New(slog.NewTextHandler(&warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))
					right = *c
				})
				wrong := right
				wrong.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
				wrong.Widget.ChatURL = "http://localhost"
				if one.change != nil {
					one.change(&wrong)
				}
				said := ""
				mc, err := maicontact.New(wrong)
				switch {
				case err != nil:
					said = err.Error()
				case one.use == nil:
					if err := mc.Verify(t.Context()); err != nil {
						said = err.Error()
					}
				default:
					s.build(wrong)
					s.member("u-alice", alice)
					if one.names != "Middleware.Run" {
						defer s.run()()
						synctest.Wait()
					}
					if err := one.use(s); err != nil {
						said = err.Error() + "\n"
					}
					time.Sleep(time.Second)
					synctest.Wait()
					said += warnings.String()
				}
				t.Logf("%s", said)
				if !strings.Contains(said, one.names) {
					missed++
					t.Errorf("nothing says %q", one.names)
				}
				for _, secret := range []string{webchattest.DefaultAPIKey, "u-alice", alice.Email} {
					if strings.Contains(said, secret) {
						t.Errorf("it says %q", secret)
					}
				}
			})
		})
	}
	t.Logf("%d of %d name the setting", len(misconfigurations())-missed, len(misconfigurations()))
}
