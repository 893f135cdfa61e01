package main

import (
	"net/http"
	"time"

	"github.com/gorilla/sessions"
	"github.com/patrickmn/go-cache"
)

// entryGoneRow is the script for a member without our cookie, whose answer the
// process remembers: a new browser, or a new session. The rival looks the same entry up in
// a plain go-cache, puts it into a session of the same store, saves that, and
// writes the same bytes. It knows who is there and checks nothing: ours asks
// Identify, fingerprints the profile, guards the route, checks that the entry is
// this member's, and sets the headers that keep it private, all within the 1.3.
func entryGoneRow() row {
	return row{
		name: "entry_gone",
		compare: func() ([]comparison, func(), error) {
			var open closing
			recommended, err := recommendedStore()
			if err != nil {
				return nil, nil, err
			}
			var pairs []comparison
			for _, stores := range []struct {
				name  string
				store sessions.Store
			}{{"recommended", recommended}, {"gob", gobStore()}} {
				c, err := entryGoneWith(stores.store, &open)
				if err != nil {
					return nil, open.close, err
				}
				c.name = stores.name
				pairs = append(pairs, c)
			}
			return pairs, open.close, nil
		},
	}
}

func entryGoneWith(store sessions.Store, open *closing) (comparison, error) {
	member, err := alice()
	if err != nil {
		return comparison{}, err
	}
	s, p, err := meetOn(store, member, open)
	if err != nil {
		return comparison{}, err
	}
	text, err := s.entry(p)
	if err != nil {
		return comparison{}, err
	}
	memory := cache.New(time.Hour, 0)
	memory.SetDefault(member.ID, text)
	fixed := reply{"text/javascript; charset=utf-8", p.script}
	rival := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, ok := memory.Get(member.ID)
		if !ok {
			wrong(w)
			return
		}
		session, err := store.New(r, s.config.Cookie.Name)
		if err != nil {
			wrong(w)
			return
		}
		session.Values["entry"] = found
		if err := store.Save(r, w, session); err != nil {
			wrong(w)
			return
		}
		fixed.ServeHTTP(w, r)
	})
	for _, h := range []http.Handler{rival, s.script()} {
		w, err := answer(h, newRequest(0))
		if err != nil {
			return comparison{}, err
		}
		got, err := s.entry(person{cookies: w.Result().Cookies()})
		if err != nil || len(got) != len(text) || w.Body.String() != string(p.script) {
			return comparison{}, errNotSame(err)
		}
	}
	return comparison{
		ours:   side{"script", s.serve(s.script(), newRequest(0), len(p.script))},
		rival:  side{"go-cache Get and session write", serve(rival, newRequest(0), len(p.script))},
		limits: []limit{{ratio, 1.3}},
	}, nil
}
