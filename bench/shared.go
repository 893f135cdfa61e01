package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

// countedDecoding counts what a cookie store decodes.
type countedDecoding struct {
	securecookie.Codec
	decoded *atomic.Int64
}

func (c countedDecoding) Decode(name, value string, into any) error {
	c.decoded.Add(1)
	return c.Codec.Decode(name, value, into)
}

// shop is a site that knows its members by its own gorilla session: the store
// reads it once in each request, in front of everything, and leaves the user in
// the context.
type shop struct {
	store   *sessions.CookieStore
	decoded *atomic.Int64
}

const shopSession = "shop"

type userKey struct{}

func newShop(store sessions.Store) (shop, error) {
	cookies, ok := store.(*sessions.CookieStore)
	if !ok {
		return shop{}, errors.New("the store is no *sessions.CookieStore")
	}
	s := shop{cookies, new(atomic.Int64)}
	for i, codec := range cookies.Codecs {
		cookies.Codecs[i] = countedDecoding{codec, s.decoded}
	}
	return s, nil
}

func (s shop) login() ([]*http.Cookie, error) {
	w, err := answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.store.Get(r, shopSession)
		if err == nil {
			session.Values["user"] = user
			err = session.Save(r, w)
		}
		if err != nil {
			wrong(w)
		}
	}), newRequest(0))
	return w.Result().Cookies(), err
}

// authenticated is the site's own middleware.
func (s shop) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.store.Get(r, shopSession)
		id, _ := session.Values["user"].(string)
		if err != nil || id == "" {
			wrong(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, id)))
	})
}

// sharedRow is the script, and the contact in a page, for a member of a site
// that reads its own gorilla session in each request and lets us keep our entry
// there. The rival is that site without us, with a session of its own value
// alone; both write the same bytes. It is an error if either decodes the session
// more than once in a request.
func sharedRow() row {
	return row{
		name: "shared",
		compare: func() ([]comparison, func(), error) {
			var open closing
			var pairs []comparison
			for _, kind := range []string{"gob", "recommended"} {
				store := gobStore()
				if kind == "recommended" {
					var err error
					if store, err = recommendedStore(); err != nil {
						return nil, open.close, err
					}
				}
				found, err := sharedWith(store, &open)
				if err != nil {
					return nil, open.close, fmt.Errorf("%s: %w", kind, err)
				}
				for _, c := range found {
					// What we add is much the same with either store. But the decoding
					// of the recommended one is so cheap that it is a bigger part.
					if kind == "recommended" {
						c.failAt = 3.5
					}
					c.name = kind + "/" + c.name
					pairs = append(pairs, c)
				}
			}
			return pairs, open.close, nil
		},
	}
}

func sharedWith(store sessions.Store, open *closing) ([]comparison, error) {
	shop, err := newShop(store)
	if err != nil {
		return nil, err
	}
	member, err := alice()
	if err != nil {
		return nil, err
	}
	s, err := newSite(shop.store, nil, func(c *maicontact.Config) {
		c.SessionName, c.ShareSession = shopSession, true
		c.Identify = func(r *http.Request) (*maicontact.Member, error) {
			if id, _ := r.Context().Value(userKey{}).(string); id != member.ID {
				return nil, errors.New("not a member of this shop")
			}
			return member, nil
		}
	})
	if err != nil {
		return nil, err
	}
	open.add(s.close)
	loggedIn, err := shop.login()
	if err != nil {
		return nil, err
	}
	// Ours stands outermost, as the README has it; the site's own middleware reads
	// the session within, and Identify uses what it has found.
	script := s.middleware.Handler(shop.authenticated(s.middleware.Script()))
	p, err := s.meetThrough(script, loggedIn)
	if err != nil {
		return nil, err
	}
	fixed := reply{"text/javascript; charset=utf-8", p.script}
	page := s.middleware.Handler(shop.authenticated(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, err := maicontact.ContactID(r.Context()); err != nil || id.Reveal() != p.contact {
			wrong(w)
			return
		}
		fixed.ServeHTTP(w, r)
	})))
	without := shop.authenticated(fixed)
	for _, test := range []struct {
		handler http.Handler
		cookies []*http.Cookie
	}{{script, p.cookies}, {page, p.cookies}, {without, loggedIn}} {
		shop.decoded.Store(0)
		w, err := answer(test.handler, newRequest(0, test.cookies...))
		if err != nil || !bytes.Equal(w.Body.Bytes(), p.script) {
			return nil, errNotSame(err)
		}
		if n := shop.decoded.Load(); n != 1 {
			return nil, fmt.Errorf("the session was decoded %d times, want once", n)
		}
	}
	rival := side{"site without us", serve(without, newRequest(0, loggedIn...), len(p.script))}
	// With our entry in the session of both, what is left is our own work.
	carrying := side{"site without us, with our entry", serve(without, newRequest(0, p.cookies...), len(p.script))}
	ours := side{"script", serve(script, newRequest(0, p.cookies...), len(p.script))}
	asking := side{"page that asks", serve(page, newRequest(0, p.cookies...), len(p.script))}
	limits := []limit{{ratio, 1.15}}
	return []comparison{
		{name: "script", ours: ours, rival: rival, limits: limits},
		{name: "contact", ours: asking, rival: rival, limits: limits},
		{name: "script/but_for_the_entry", ours: ours, rival: carrying},
	}, nil
}
