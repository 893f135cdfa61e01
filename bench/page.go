package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/gorilla/sessions"
)

// readsStore counts how often a session is read.
type readsStore struct {
	sessions.Store
	reads *atomic.Int64
}

func (s readsStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	s.reads.Add(1)
	return s.Store.Get(r, name)
}

func (s readsStore) New(r *http.Request, name string) (*sessions.Session, error) {
	s.reads.Add(1)
	return s.Store.New(r, name)
}

// pageRow is a page that does not ask for the contact, opened by somebody who
// has our cookie, against the same page without us.
func pageRow() row {
	return row{
		name: "page",
		figures: func(size) ([]figure, error) {
			var reads atomic.Int64
			var open closing
			defer open.close()
			p, err := newPlainPage(&reads, &open)
			if err != nil {
				return nil, err
			}
			met := reads.Load()
			w, err := answer(p.wrapped, p.request)
			if err == nil && met == 0 {
				err = errors.New("the counting does not count")
			}
			return []figure{
				{name: "sessions read", value: float64(reads.Load() - met), zero: true, firm: true},
				{name: "cookies set", value: float64(len(w.Result().Cookies())), zero: true, firm: true},
			}, err
		},
		compare: func() ([]comparison, func(), error) {
			var reads atomic.Int64
			var open closing
			p, err := newPlainPage(&reads, &open)
			if err != nil {
				return nil, open.close, err
			}
			return []comparison{{
				ours:   side{"wrapped", serve(p.wrapped, p.request, len(p.bare.body))},
				rival:  side{"bare handler", serve(p.bare, p.request, len(p.bare.body))},
				limits: []limit{{moreNS, 200}, {moreAllocs, 2}},
			}}, open.close, nil
		},
	}
}

// plainPage is a page that does not ask, and the request of somebody known.
type plainPage struct {
	bare    reply
	wrapped http.Handler
	request *http.Request
}

func newPlainPage(reads *atomic.Int64, open *closing) (plainPage, error) {
	store, err := recommendedStore()
	if err != nil {
		return plainPage{}, err
	}
	s, err := newSite(readsStore{store, reads}, nil, nil)
	if err != nil {
		return plainPage{}, err
	}
	open.add(s.close)
	known, err := s.meet()
	if err != nil {
		return plainPage{}, err
	}
	bare := reply{"text/html; charset=utf-8", bytes.Repeat([]byte("<p>a page</p>"), 50)}
	p := plainPage{bare, s.middleware.Handler(bare), newRequest(0, known.cookies...)}
	p.request.URL.Path = "/" // a page, and not the script's address
	w, err := answer(p.wrapped, p.request)
	if err == nil && !bytes.Equal(w.Body.Bytes(), bare.body) {
		err = fmt.Errorf("the page came out changed: %v", w.Result().Header)
	}
	return p, err
}
