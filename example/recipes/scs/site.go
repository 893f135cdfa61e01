// Package scs shows maicontact beside alexedwards/scs: the logins are in scs, and
// the chat's entry is in a cookie of its own.
package scs

import (
	"errors"
	"io"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
	"github.com/maicontact/maicontact/webchat"
)

// New returns the site. c is the configuration but for Identify.
//
// Pitfall: LoadAndSave stands around the script's route, too, best around all.
// Identify reads the session from the context of the request that asks, and scs
// panics where there is none. Config.Sessions stays a gorilla store, such as
// NewCookieStore makes: scs is none, and needs not be.
func New(c maicontact.Config, logins *scs.SessionManager) (http.Handler, error) {
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		id := logins.GetString(r.Context(), "member")
		if id == "" {
			return nil, nil
		}
		return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: logins.GetString(r.Context(), "name")}}, nil
	}
	mc, err := maicontact.New(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if err := errors.Join(maicontact.Forget(ctx), logins.RenewToken(ctx)); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		logins.Put(ctx, "member", "42") // who your own check says it is
		logins.Put(ctx, "name", "Alice Chen")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := errors.Join(maicontact.Logout(r.Context()), logins.Destroy(r.Context())); err != nil {
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, shop.Page) })
	return logins.LoadAndSave(mc.Handler(mux)), nil
}
