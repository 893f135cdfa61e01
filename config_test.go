package maicontact_test

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	s := newSite(t, nil)
	valid := func() maicontact.Config {
		return maicontact.Config{
			API:       webchat.Config{APIKey: "key"},
			InboxID:   webchattest.DefaultInboxID,
			Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
			Namespace: "shop-production",
			Identify:  s.whoIs,
			Sessions:  sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
			Store:     maicontact.NewMemoryStore(),
		}
	}
	if _, err := maicontact.New(valid()); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*maicontact.Config){
		"API: webchat: API key":        func(c *maicontact.Config) { c.API.APIKey = "" },
		"API: webchat: base URL":       func(c *maicontact.Config) { c.API.BaseURL = "ftp://example.org" },
		"InboxID must be":              func(c *maicontact.Config) { c.InboxID = "main inbox" },
		"are the same":                 func(c *maicontact.Config) { c.Widget.WebChatID = strings.ToUpper(c.InboxID) },
		"Widget: webchat: web chat id": func(c *maicontact.Config) { c.Widget.WebChatID = "" },
		"Namespace":                    func(c *maicontact.Config) { c.Namespace = "a:b" },
		"Namespace must":               func(c *maicontact.Config) { c.Namespace = strings.Repeat("x", 65) },
		"Identify":                     func(c *maicontact.Config) { c.Identify = nil },
		"Sessions":                     func(c *maicontact.Config) { c.Sessions = nil },
		"check its keys": func(c *maicontact.Config) {
			c.Sessions = sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"), []byte("short"))
		},
		"Sessions: the cookie store cannot": func(c *maicontact.Config) { c.Sessions = sessions.NewCookieStore(nil) },
		"Store":                             func(c *maicontact.Config) { c.Store = nil },
		"Site.Origin":                       func(c *maicontact.Config) { c.Site.Origin = "shop.example" },
		"Site.Origin: it":                   func(c *maicontact.Config) { c.Site.Origin = "https://shop.example/path" },
		"ScriptPath":                        func(c *maicontact.Config) { c.Site.ScriptPath = "webchat.js" },
		"ScriptPath must be":                func(c *maicontact.Config) { c.Site.ScriptPath = "//evil.test/x.js" },
		"JSONPath":                          func(c *maicontact.Config) { c.Site.JSONPath = "webchat.json" },
		"are two routes":                    func(c *maicontact.Config) { c.Site.ScriptPath, c.Site.JSONPath = "/chat", "/chat" },
		"Cookie.Name":                       func(c *maicontact.Config) { c.Cookie.Name = "a b" },
		"Cookie.MaxAge":                     func(c *maicontact.Config) { c.Cookie.MaxAge = time.Second },
		"Recheck":                           func(c *maicontact.Config) { c.Timing.Recheck = -1 },
		"Limits.Calls":                      func(c *maicontact.Config) { c.Limits.Calls = -1 },
		"Visitors.Interval":                 func(c *maicontact.Config) { c.Visitors.Interval = -1 },
		"Visitors.PerSecond":                func(c *maicontact.Config) { c.Visitors.PerSecond = math.NaN() },
		"Visitors.PerSecond must":           func(c *maicontact.Config) { c.Visitors.PerSecond = math.Inf(1) },
		"TrustedProxies[1]: it must be a prefix": func(c *maicontact.Config) {
			c.Site.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), {}}
		},
		"TrustedProxies[0]: it must be written as IPv4": func(c *maicontact.Config) {
			c.Site.TrustedProxies = []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("::ffff:10.0.0.0"), 104)}
		},
		"TrustedProxies[0]: it trusts everybody": func(c *maicontact.Config) {
			c.Site.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
		},
		"Drain": func(c *maicontact.Config) { c.Timing.Drain = -1 },
	} {
		c := valid()
		spoil(&c)
		if _, err := maicontact.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
	// A nil pointer to a store is no store either.
	for name, store := range map[string]sessions.Store{
		"cookie store": (*sessions.CookieStore)(nil), "file store": (*sessions.FilesystemStore)(nil),
	} {
		c := valid()
		c.Sessions = store
		if _, err := maicontact.New(c); err == nil || !strings.Contains(err.Error(), "Config.Sessions: it must be") {
			t.Errorf("%s that is nil: error %v", name, err)
		}
	}
	// All faults at once, in one error.
	_, err := maicontact.New(maicontact.Config{})
	for _, want := range []string{"API key", "InboxID", "web chat id", "Namespace", "Identify", "Sessions", "Store"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}
