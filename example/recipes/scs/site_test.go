package scs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"

	recipe "github.com/maicontact/maicontact/example/recipes/scs"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestSite(t *testing.T) {
	c, sim := shop.Config(t, webchattest.Options{})
	site, err := recipe.New(c, scs.New())
	if err != nil {
		t.Fatal(err)
	}
	b := shop.NewClient(t, shop.Serve(t, site))
	const script = "/webchat.js"
	if name := b.Name(sim, script); name != "Anonymous" {
		t.Errorf("a visitor is %q", name)
	}
	b.Post("/login")
	if name := b.Name(sim, script); name != "Alice Chen" {
		t.Errorf("a member is %q", name)
	}
	b.Post("/logout")
	if name := b.Name(sim, script); name != "Anonymous" || len(sim.Contacts()) != 3 {
		t.Errorf("after the logout it is %q, of %d contacts", name, len(sim.Contacts()))
	}
}

// Where LoadAndSave does not stand around the script, scs says so by a panic, and
// nobody is taken for a visitor.
func TestScriptOutside(t *testing.T) {
	c, sim := shop.Config(t, webchattest.Options{})
	logins := scs.New()
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		return nil, errors.New(logins.GetString(r.Context(), "member"))
	}
	mc, err := maicontact.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.Handle("/", logins.LoadAndSave(http.NotFoundHandler()))
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "scs: no session data") || len(sim.Contacts()) != 0 {
			t.Errorf("it panics with %q, %d contacts", text, len(sim.Contacts()))
		}
	}()
	r := httptest.NewRequest(http.MethodGet, "/webchat.js", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	mc.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
}
