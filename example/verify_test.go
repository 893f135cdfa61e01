package main

import (
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// At start the shop looks whether MaiAgent and the settings fit, says what does not
// with the setting's name, and opens all the same.
func TestVerifyAtStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(s *site)
		says   string // empty: nothing
	}{
		"all fits":              {func(*site) {}, ""},
		"another key":           {func(s *site) { s.env["MAIAGENT_API_KEY"] = "canary-another" }, "Config.API.APIKey"},
		"another inbox":         {func(s *site) { s.env["MAIAGENT_INBOX_ID"] = "44444444-4444-4444-8444-444444444444" }, "Config.InboxID"},
		"nobody there":          {func(s *site) { s.env["MAIAGENT_BASE_URL"] = "http://127.0.0.1:1" }, "Config.API.BaseURL"},
		"MaiAgent is down":      {func(s *site) { s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse}) }, "503"},
		"MaiAgent hangs":        {func(s *site) { s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang}) }, "Config.API.BaseURL"},
		"a renamed namespace":   {func(s *site) { s.env["SITE_NAMESPACE"] = "renamed" }, "Config.Namespace"},
		"another chat's host":   {func(s *site) { s.env["MAIAGENT_CHAT_URL"] = "http://127.0.0.1:1" }, "Config.Widget.ChatURL"},
		"another web chat's id": {func(s *site) { s.env["MAIAGENT_WEBCHAT_ID"] = "44444444-4444-4444-8444-444444444444" }, "Config.Widget.WebChatID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.browser().signUp("ana@example.com", "Ana")
			b := s.browser()
			b.signUp("ben@example.com", "Ben")
			b.do("GET", "/webchat.js", nil, "Sec-Fetch-Site", "same-origin")
			if code := s.stop(); code != exitOK {
				t.Fatalf("the shop exited with %d", code)
			}
			test.change(s)
			began := time.Now()
			s.start()
			if took := time.Since(began); took > verifyTime+10*time.Second {
				t.Errorf("the shop opened after %s", took)
			}
			const warning = "the shop opens without waiting for that"
			log := s.stderr.String()
			if said := strings.Contains(log, warning); said != (test.says != "") || !strings.Contains(log, test.says) {
				t.Errorf("the log does not say %q:\n%s", test.says, log)
			}
			if page := s.browser().get("/"); page.StatusCode != 200 || strings.Contains(page.body, "read_inbox") {
				t.Errorf("status %d, or the page shows what the start has asked", page.StatusCode)
			}
		})
	}
}
