package chi_test

import (
	"testing"

	"github.com/maicontact/maicontact/example/recipes/chi"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	site, err := chi.New(mc)
	if err != nil {
		t.Fatal(err)
	}
	shop.Check(t, site, sim)
	// The browser accepts gzip and unpacks it.
	const want = `<!doctype html><body>tea<script src="/webchat.js" defer referrerpolicy="same-origin"></script></body>`
	if got := shop.Browser(t, site, "")("/plain"); got.Body != want {
		t.Errorf("behind Compress: %v", got)
	}
}
