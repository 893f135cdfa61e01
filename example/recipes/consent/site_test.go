package consent_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/example/recipes/consent"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var browser chromium.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// In a browser: before the consent nothing of the chat is fetched or set, with it
// the chat is there, and after its end nothing is left.
func TestSite(t *testing.T) {
	c, sim := shop.Config(t, webchattest.Options{})
	site, err := consent.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	address := shop.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		site.ServeHTTP(w, r)
	}))
	tab := browser.Tab(t)
	tab.Expect("favicon")
	press := func(action string) {
		t.Helper()
		tab.Do(`window.left = true; document.querySelector('form[action="` + action + `"] button').click()`)
		tab.Wait(`!window.left && document.readyState === 'complete'`)
	}
	tab.Open(address + "/")
	tab.Wait(`document.readyState === 'complete'`)
	loaded := func() []string {
		t.Helper()
		return chromium.Eval[[]string](tab, `performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !n.endsWith('.ico'))`)
	}
	if got := loaded(); len(got) != 0 || len(sim.Requests()) != 0 {
		t.Errorf("before the consent %q was loaded, and MaiAgent called %d times", got, len(sim.Requests()))
	}
	press("/consent")
	tab.Wait(`window.maicontact && maicontact.status().state === 'started'`)
	tab.Wait(`document.querySelector('[data-maiagent=panel]')?.dataset.state === 'anonymous'`)
	tab.Do(`MaiAgent.chat.send('hello')`)
	tab.Wait(`localStorage.length > 0`)
	if n := len(sim.Contacts()); n != 1 {
		t.Errorf("%d contacts, want the visitor's", n)
	}
	press("/consent/withdraw")
	if got := loaded(); len(got) != 0 || chromium.Eval[int](tab, `localStorage.length`) != 0 {
		t.Errorf("after the consent has ended %q was loaded, or something is still stored", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if first := slices.Index(asked, "/consent"); first < 0 || slices.Contains(asked[:first], "/webchat.js") {
		t.Errorf("asked for were %q", asked)
	}
}

// A page that is still open asks for the script without consent.
func TestSecondLock(t *testing.T) {
	c, sim := shop.Config(t, webchattest.Options{})
	site, err := consent.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := shop.NewClient(t, shop.Serve(t, site)).Get("/webchat.js")
	if !strings.Contains(r.Body, "no chat: "+string(maicontact.Declined)) || r.Header.Get("Set-Cookie") != "" || len(sim.Requests()) != 0 {
		t.Errorf("the script without consent: %v", r)
	}
}
