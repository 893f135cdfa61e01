package mux_test

import (
	"testing"

	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/example/recipes/mux"
)

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	site := mux.New(mc)
	shop.Check(t, site, sim)
	get := shop.Browser(t, site, "alice")
	if got := get("/nothing"); got.Status != 404 || got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a page that is not found: %v", got)
	}
	if got := get("/slash/webchat.js"); got.Status != 301 {
		t.Errorf("a route with a slash at the end: %v", got)
	}
}
