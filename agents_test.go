package maicontact_test

import "testing"

// Agents that run scripts, call themselves by name and are nobody's browser.
func TestMoreAgentsAreBots(t *testing.T) {
	const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	for _, agent := range []string{
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; GoogleOther)",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; Google-InspectionTool/1.0;)",
		chrome + " Chrome-Lighthouse",
		chrome + " DatadogSynthetics",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; BingPreview/1.0b) Chrome/140.0.0.0 Safari/537.36",
	} {
		s := newSite(t, nil)
		if a := read(t, s.browser().send("GET", "/webchat.js", "User-Agent", agent)); a.Reason != "bot" {
			t.Errorf("%s: reason %q, contact %t", agent, a.Reason, a.Contact != "")
		}
	}
}
