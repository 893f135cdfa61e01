// Package oidc shows maicontact where members log in at an OpenID provider, by
// coreos/go-oidc.
package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// member is what the provider says of somebody.
type member struct {
	Subject   string `json:"sub"`
	Name      string `json:"name"`
	Email     string `json:"email"`
	Verified  bool   `json:"email_verified"`
	UpdatedAt int64  `json:"updated_at"`
}

// asMember makes the member of the session's values. The subject is stable and
// never used again at its provider: with several providers put the name of the
// provider before it. The time of the last change orders profiles, so that a
// session that remembers an old one cannot bring it back.
func asMember(values map[any]any) (*maicontact.Member, error) {
	m, ok := values["member"].(member)
	if !ok {
		return nil, nil
	}
	profile := webchat.Profile{Name: m.Name}
	if m.Verified {
		profile.Email = m.Email
	}
	return &maicontact.Member{ID: m.Subject, Profile: profile, Revision: m.UpdatedAt}, nil
}

// callback checks what the provider's page has sent, and logs in.
func (s *site) callback(w http.ResponseWriter, r *http.Request) {
	session, _ := s.logins.Get(r, "login") // a cookie that cannot be read is no login
	m, err := s.exchange(r, session.Values)
	if err != nil {
		http.Error(w, "the login did not work", http.StatusBadRequest)
		return
	}
	clear(session.Values)
	session.Values["member"] = m
	// A visitor who was there is retired, and gets the member's contact now.
	if err := errors.Join(maicontact.Forget(r.Context()), session.Save(r, w)); err != nil {
		http.Error(w, "the login did not work", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// exchange is go-oidc alone: state, code, signature and nonce.
func (s *site) exchange(r *http.Request, asked map[any]any) (m member, err error) {
	state, _ := asked["state"].(string)
	nonce, _ := asked["nonce"].(string)
	verifier, _ := asked["verifier"].(string)
	if state == "" || r.FormValue("state") != state {
		return m, errors.New("another login")
	}
	token, err := s.client.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return m, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := s.provider.Verifier(&oidc.Config{ClientID: s.client.ClientID}).Verify(r.Context(), raw)
	if err != nil {
		return m, err
	}
	if id.Nonce != nonce {
		return m, errors.New("another login's token")
	}
	return m, id.Claims(&m)
}

// login leads to the provider.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	session, _ := s.logins.Get(r, "login")
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	clear(session.Values)
	session.Values["state"], session.Values["nonce"], session.Values["verifier"] = state, nonce, verifier
	if err := errors.Join(maicontact.Forget(r.Context()), session.Save(r, w)); err != nil {
		http.Error(w, "the login did not work", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, s.client.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
}

// newClient asks the provider for its addresses.
func newClient(ctx context.Context, issuer string, client oauth2.Config) (*oidc.Provider, oauth2.Config, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err == nil {
		client.Endpoint, client.Scopes = provider.Endpoint(), []string{oidc.ScopeOpenID, "profile", "email"}
	}
	return provider, client, err
}
