package singlepage_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/example/recipes/singlepage"
)

var browser chromium.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	address := shop.Serve(t, singlepage.New(mc, func(w http.ResponseWriter, id string) {
		age := 0
		if id == "" {
			age = -1
		}
		http.SetCookie(w, &http.Cookie{Name: "user", Value: id, Path: "/", MaxAge: age}) // #nosec G124 -- a test over http
	}))
	tab := browser.Tab(t)
	tab.Expect("favicon")
	talksAs := func(name string) {
		t.Helper()
		tab.Wait(`document.querySelector('[data-maiagent=name]')?.textContent === '` + name + `'`)
	}
	tab.Open(address + "/")
	talksAs("Anonymous")
	tab.Do(`document.querySelector('[data-post="/login"]').click()`)
	talksAs("alice")
	tab.Do(`document.querySelector('[data-post="/logout"]').click()`)
	talksAs("Anonymous")
	if n := len(sim.Contacts()); n != 3 {
		t.Errorf("%d contacts, want two visitors' and Alice's", n)
	}
}
