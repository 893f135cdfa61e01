package main

import (
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/gorilla/securecookie"

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
	var encoded atomic.Int64
	for i, codec := range store.Codecs {
		store.Codecs[i] = countedCodec{codec, &encoded}
	}
	s, err := newSite(store, member, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	p, err := s.meet()
	if err != nil {
		return nil, err
	}
	if encoded.Load() == 0 || s.rows.writes.Load() == 0 {
		return nil, errors.New("the counting does not count")
	}
	encoded.Store(0)
	s.rows.reset()
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
		none("queries", int(s.rows.reads.Load())), none("writes", int(s.rows.writes.Load())),
		none("calls", len(s.simulation.Requests())),
	}, nil
}
