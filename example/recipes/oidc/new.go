package oidc

import (
	"context"
	"encoding/gob"
	"io"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/gorilla/sessions"
	"golang.org/x/oauth2"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

type site struct {
	provider *oidc.Provider
	client   oauth2.Config
	logins   sessions.Store
}

// New returns the site. c is the configuration but for Identify; client is what
// the provider knows the site by.
func New(ctx context.Context, c maicontact.Config, issuer string, client oauth2.Config, logins sessions.Store) (http.Handler, error) {
	gob.Register(member{}) // for the session
	s := &site{logins: logins}
	var err error
	if s.provider, s.client, err = newClient(ctx, issuer, client); err != nil {
		return nil, err
	}
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		session, _ := logins.Get(r, "login")
		return asMember(session.Values)
	}
	mc, err := maicontact.New(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET /callback", s.callback)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, shop.Page) })
	return mc.Handler(mux), nil
}
