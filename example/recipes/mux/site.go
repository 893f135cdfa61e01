// Package mux shows maicontact around a gorilla/mux router.
package mux

import (
	"io"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

// New returns the site.
//
// Pitfall: Router.Use does not run where no route matches, so a not-found page
// would have no chat. Wrap the whole router instead. And with StrictSlash a
// route written "/webchat.js/" answers the tag with a redirect: mount the
// script at exactly Site.ScriptPath.
func New(mc *maicontact.Middleware) http.Handler {
	r := mux.NewRouter().StrictSlash(true)
	r.Handle("/webchat.js", mc.Script())
	r.Handle("/slash/webchat.js/", mc.Script())
	r.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, shop.Page) })
	r.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := maicontact.ContactID(r.Context())
		if err != nil {
			http.Error(w, "no chat", http.StatusInternalServerError)
			return
		}
		http.NotFound(w, r)
	})
	return mc.Handler(r)
}
