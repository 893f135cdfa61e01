package maicontact_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Verify names the setting of whatever does not fit, and nothing where all does.
func TestVerify(t *testing.T) {
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	const elsewhere = "44444444-4444-4444-8444-444444444444"
	for name, test := range map[string]struct {
		change func(*maicontact.Config)
		names  string // empty: all fits
	}{
		"all fits":            {func(*maicontact.Config) {}, ""},
		"a wrong key":         {func(c *maicontact.Config) { c.API.APIKey = "another" }, "Config.API.APIKey"},
		"a wrong inbox":       {func(c *maicontact.Config) { c.InboxID = elsewhere }, "Config.InboxID"},
		"a wrong web chat":    {func(c *maicontact.Config) { c.Widget.WebChatID = elsewhere }, "Config.Widget.WebChatID"},
		"nobody at the API":   {func(c *maicontact.Config) { c.API.BaseURL = "http://127.0.0.1:1/api" }, "Config.API.BaseURL"},
		"nobody at the chat":  {func(c *maicontact.Config) { c.Widget.ChatURL = "http://127.0.0.1:1" }, "Config.Widget.ChatURL"},
		"a renamed namespace": {func(c *maicontact.Config) { c.Namespace = "renamed" }, "Config.Namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			var config maicontact.Config
			s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
			config.API.BaseURL, config.API.HTTPClient = sim.BaseURL(), http.DefaultClient
			config.Widget.ChatURL = sim.ChatURL()
			s.build(config)
			s.browser().contact() // the table has somebody
			test.change(&config)
			s.build(config)
			before := sim.Count(webchattest.CreateContact) + sim.Count(webchattest.ReplaceContact) + sim.Count(webchattest.DeleteContact)
			err := s.mc.Verify(t.Context())
			if after := sim.Count(webchattest.CreateContact) + sim.Count(webchattest.ReplaceContact) + sim.Count(webchattest.DeleteContact); after != before {
				t.Error("something was changed")
			}
			switch {
			case test.names == "" && err != nil:
				t.Errorf("an error where all fits: %v", err)
			case test.names != "" && (err == nil || !strings.Contains(err.Error(), test.names)):
				t.Errorf("the error does not name %s: %v", test.names, err)
			case err != nil && strings.Contains(err.Error(), config.API.APIKey):
				t.Error("the error holds the key")
			}
		})
	}
}
