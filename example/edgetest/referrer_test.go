package edgetest

import "testing"

// To plain http addresses, and from old browsers, requests carry no fetch
// metadata, and the Referer counts. The loader can send it whatever the page's
// policy says, to our own origin alone.
func TestReferrerPolicyOfThePage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.page("/", static, "Referrer-Policy", "no-referrer")
	s.page("/plain", `<!doctype html>`)
	tab := browser.Tab(t)
	tab.Expect("403")
	tab.Open("http://shop.test:" + s.port + "/plain")
	login(tab, "alice")
	tab.Open("http://shop.test:" + s.port + "/")
	tab.Wait(`window.maicontact && ['started', 'absent'].includes(maicontact.status().state)`)
	if got := s.chatter(tab); got != "alice" {
		t.Errorf("alice chats as %q; asked %d times", got, s.count("GET /webchat.json"))
	}
}
