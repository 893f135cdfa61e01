package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

const (
	// loginCookie is the shop's own session, apart from the chat's.
	loginCookie = "shop"
	loginTime   = 30 * 24 * time.Hour
	accountKey  = "account"
)

// logins knows who is logged in, from the shop's own session. It holds the
// account's id and nothing else.
type logins struct {
	sessions sessions.Store
	accounts *accounts
	secure   bool
}

func newLogins(s settings, t *accounts) (*logins, error) {
	store, err := newCookieStore(s.sessionKey, loginCookie)
	if err != nil {
		return nil, err
	}
	return &logins{sessions: store, accounts: t, secure: strings.HasPrefix(s.origin, "https://")}, nil
}

// newCookieStore has a secret of its own, made from that of the shop, so that a
// cookie for one purpose is never good for another.
func newCookieStore(secret []byte, purpose string) (*sessions.CookieStore, error) {
	own, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	return maicontact.NewCookieStore(own)
}

// account returns who makes the request; nil is a visitor. An error is never
// a visitor.
func (l *logins) account(ctx context.Context, r *http.Request) (*account, error) {
	// A cookie that cannot be read is nobody's.
	session, _ := l.sessions.Get(r, loginCookie)
	id, _ := session.Values[accountKey].(string)
	if id == "" {
		return nil, nil
	}
	a, err := l.accounts.get(ctx, id)
	if errors.Is(err, errNoAccount) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// change makes the browser another person's: with an empty id nobody's. It
// must run before the reply begins.
func (l *logins) change(w http.ResponseWriter, r *http.Request, accountID string) error {
	// What the chat keeps in the browser, such as its history, belongs to the
	// former person and goes. What the shop keeps there stays: who signs up keeps
	// the cart.
	if err := maicontact.Logout(r.Context()); err != nil {
		return err
	}
	// A new session: nothing of the former person's stays.
	session := sessions.NewSession(l.sessions, loginCookie)
	session.Options = &sessions.Options{
		Path: "/", MaxAge: int(loginTime / time.Second), HttpOnly: true, Secure: l.secure, SameSite: http.SameSiteLaxMode,
	}
	if accountID == "" {
		session.Options.MaxAge = -1
	} else {
		session.Values[accountKey] = accountID
	}
	return session.Save(r, w)
}
