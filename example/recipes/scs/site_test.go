package scs_test

import (
	"testing"

	"github.com/alexedwards/scs/v2"

	recipe "github.com/maicontact/maicontact/example/recipes/scs"

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
