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

func setLogin(w http.ResponseWriter, id string) {
	age := 0
	if id == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{Name: "user", Value: id, Path: "/", MaxAge: age}) // #nosec G124 -- a test over http
}

// A browser that blocks the chat script costs the application nothing but the chat.
func TestScriptBlocked(t *testing.T) {
	mc, _ := shop.NewMiddleware(t)
	site := singlepage.New(mc, setLogin)
	address := shop.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/webchat-static.js" {
			http.NotFound(w, r)
			return
		}
		site.ServeHTTP(w, r)
	}))
	tab := browser.Tab(t)
	tab.Expect("favicon", "404", "webchat-static.js")
	tab.Open(address + "/")
	tab.Wait(`document.readyState === 'complete'`)
	tab.Do(`document.querySelector('[data-post="/login"]').click()`)
	tab.Wait(`document.cookie === 'user=alice'`)
	tab.Do(`new Promise((done) => setTimeout(done, 100))`)
}

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	address := shop.Serve(t, singlepage.New(mc, setLogin))
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
