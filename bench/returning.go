package main

import (
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

// countedCodec counts what a cookie store encodes.
type countedCodec struct {
	securecookie.Codec
	encoded *atomic.Int64
}

func (c countedCodec) Encode(name string, value any) (string, error) {
	c.encoded.Add(1)
	return c.Codec.Encode(name, value)
}

// returningRow counts what a thousand asks of a person do who is known.
func returningRow() row {
	return row{
		name: "returning",
		figures: func(n size) ([]figure, error) {
			asks := 1000
			if n == smoke {
				asks = 10
			}
			var all []figure
			for _, kind := range []string{"visitor", "member"} {
				figures, err := returningOf(kind, asks)
				if err != nil {
					return nil, err
				}
				all = append(all, figures...)
			}
			return all, nil
		},
	}
}

func returningOf(kind string, asks int) ([]figure, error) {
	member, err := whoIs(kind)
	if err != nil {
		return nil, err
	}
	store, err := recommendedStore()
	if err != nil {
		return nil, err
	}
	cookies, ok := store.(*sessions.CookieStore)
	if !ok {
		return nil, errors.New("the recommended store is no *sessions.CookieStore")
	}
	var encoded atomic.Int64
	for i, codec := range cookies.Codecs {
		cookies.Codecs[i] = countedCodec{codec, &encoded}
	}
	rows := &countedStore{Store: maicontact.NewMemoryStore()}
	s, err := newSite(cookies, member, func(c *maicontact.Config) { c.Store = rows })
	if err != nil {
		return nil, err
	}
	defer s.close()
	p, err := s.meet()
	if err != nil {
		return nil, err
	}
	if encoded.Load() == 0 || kind == "member" && rows.changes.Load() == 0 {
		return nil, errors.New("the counting does not count")
	}
	encoded.Store(0)
	rows.reads.Store(0)
	rows.changes.Store(0)
	s.simulation.ResetRequests()
	page := s.middleware.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, err := maicontact.ContactID(r.Context()); err != nil || id.Reveal() != p.contact {
			wrong(w)
		}
	}))
	set := 0
	for range asks {
		for _, h := range []http.Handler{s.script(), page} {
			w, err := answer(h, newRequest(0, p.cookies...))
			if err != nil {
				return nil, err
			}
			set += len(w.Result().Cookies())
		}
	}
	none := func(what string, n int) figure {
		return figure{name: kind + "/" + what, value: float64(n), zero: true, firm: true}
	}
	return []figure{
		none("Set-Cookie", set), none("encoded", int(encoded.Load())),
		none("queries", int(rows.reads.Load())), none("writes", int(rows.changes.Load())),
		none("calls", len(s.simulation.Requests())),
	}, nil
}
