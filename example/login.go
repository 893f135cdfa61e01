package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
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

func newLogins(s settings, k *keeper, t *accounts) (*logins, error) {
	store, err := k.store(loginCookie)
	if err != nil {
		return nil, err
	}
	return &logins{sessions: store, accounts: t, secure: strings.HasPrefix(s.origin, "https://")}, nil
}

// open reads the shop's session. One whose cookie is no good is nobody's; when
// Redis does not answer nobody knows whose it is.
func (l *logins) open(r *http.Request) (*sessions.Session, error) {
	session, err := l.sessions.Get(r, loginCookie)
	if cookie, ok := errors.AsType[securecookie.Error](err); ok && cookie.IsDecode() {
		err = nil
	}
	return session, err
}

// account returns who makes the request; nil is a visitor. An error is never
// a visitor.
func (l *logins) account(ctx context.Context, r *http.Request) (*account, error) {
	session, err := l.open(r)
	if err != nil {
		return nil, err
	}
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
	// The former session ends: on Redis a copy of its cookie would be good still.
	session, err := l.open(r)
	if err != nil {
		return err
	}
	session.Options = l.options(-1)
	if accountID == "" {
		return session.Save(r, w)
	}
	// The reply has one cookie for it: that of the new one.
	if err := session.Save(r, elsewhere{w, http.Header{}}); err != nil {
		return err
	}
	// Nothing of the former person's stays.
	session = sessions.NewSession(l.sessions, loginCookie)
	session.Options = l.options(int(loginTime / time.Second))
	session.Values[accountKey] = accountID
	return session.Save(r, w)
}

// elsewhere takes the headers of a reply apart.
type elsewhere struct {
	http.ResponseWriter
	header http.Header
}

// Header implements [http.ResponseWriter].
func (e elsewhere) Header() http.Header { return e.header }

func (l *logins) options(maxAge int) *sessions.Options {
	return &sessions.Options{Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: l.secure, SameSite: http.SameSiteLaxMode}
}
