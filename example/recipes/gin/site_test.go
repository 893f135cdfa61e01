package gin_test

import (
	"testing"

	"github.com/maicontact/maicontact/example/recipes/gin"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	site, err := gin.New(mc)
	if err != nil {
		t.Fatal(err)
	}
	shop.Check(t, site, sim)
	if got := shop.Browser(t, site, "alice")("/context"); got.Body != "[false,true]" || got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the contexts: %v", got)
	}
}
