package echo_test

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/recipes/echo"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

func TestSite(t *testing.T) {
	mc, sim := shop.NewMiddleware(t)
	site := echo.New(mc)
	shop.Check(t, site, sim)
	get := shop.Browser(t, site, "alice")
	if in, out := get("/inside"), get("/outside"); strings.TrimSpace(in.Body) != "true" || strings.TrimSpace(out.Body) != "false" {
		t.Errorf("inside %v, outside %v", in, out)
	}
}
