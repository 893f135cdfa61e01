// Package chi shows maicontact in a go-chi/chi router.
package chi

import (
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/placement"
)

// New returns the site.
//
// Pitfall: the order of Use. What comes first stands outside. Compress must
// come before the placement: after it, the placement sees compressed pages
// and leaves them alone.
func New(mc *maicontact.Middleware) (http.Handler, error) {
	place, err := placement.New(placement.Config{})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(middleware.Compress(5), mc.Handler, place)
	r.Handle("/webchat.js", mc.Script())
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, shop.Page)
	})
	r.Get("/plain", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><body>tea</body>")
	})
	return r, nil
}
