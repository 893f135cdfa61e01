package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

// whoIs returns the member that a row is about; none is a visitor.
func whoIs(kind string) (*maicontact.Member, error) {
	if kind == "visitor" {
		return nil, nil
	}
	return alice()
}

// knownTargets are what the script for somebody known may cost at most.
type knownTargets struct{ ofGet, ofRaw, allocs float64 }

var targetsOf = map[string]knownTargets{"visitor": {0.11, 0.90, 12}, "member": {0.13, 1.05, 13}}

// knownRow is the script for a person whose entry is in the session, with the
// store that we recommend.
func knownRow(kind string) row {
	target := targetsOf[kind]
	return row{
		name: "script/" + kind,
		compare: func() ([]comparison, func(), error) {
			var open closing
			member, err := whoIs(kind)
			if err != nil {
				return nil, nil, err
			}
			store, err := recommendedStore()
			if err != nil {
				return nil, nil, err
			}
			s, p, err := meetOn(store, member, &open)
			if err != nil {
				return nil, open.close, err
			}
			text, err := s.entry(p)
			if err != nil {
				return nil, open.close, err
			}
			plain, err := plainGet(text, 0)
			if err != nil {
				return nil, open.close, err
			}
			raw, err := rawCookie(text, reply{"text/javascript; charset=utf-8", p.script})
			if err != nil {
				return nil, open.close, err
			}
			ours := side{"script", s.serve(s.script(), newRequest(0, p.cookies...), len(p.script))}
			return []comparison{
				{
					ours: ours, rival: side{"gorilla CookieStore Get alone", plain},
					limits: []limit{{nanoseconds, 2500}, {bytesEach, 1.5 * 1024}, {allocsEach, target.allocs}, {ratio, target.ofGet}},
				},
				{name: "floor", ours: ours, rival: side{"securecookie over raw bytes", raw}, limits: []limit{{ratio, target.ofRaw}}},
			}, open.close, nil
		},
	}
}

// plainGet times gorilla's own cookie store, signed and with gob as it comes, as
// it reads one string of the size of our entry. Nothing is written.
func plainGet(text string, others int) (func(*testing.B), error) {
	store := gobStore()
	w := &discard{header: http.Header{}}
	session, err := store.New(newRequest(others), "app")
	if err != nil {
		return nil, err
	}
	session.Values["entry"] = text
	if err := store.Save(newRequest(others), w, session); err != nil {
		return nil, err
	}
	cookies, err := http.ParseSetCookie(w.header.Get("Set-Cookie"))
	if err != nil {
		return nil, err
	}
	return getAlone(store, "app", text, newRequest(others, cookies))
}

// getAlone times the Get of a store by itself, as an application calls it.
func getAlone(store sessions.Store, name, text string, r *http.Request) (func(*testing.B), error) {
	get := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, name)
		if err != nil || session.Values["entry"] != text {
			wrong(w)
		}
	})
	if _, err := answer(get, r); err != nil {
		return nil, err
	}
	return serve(get, r, 0), nil
}

// rawCookie times what no gorilla session can go below: find the cookie, check
// its MAC, and return its bytes; and then write the script, as ours does.
func rawCookie(text string, script reply) (func(*testing.B), error) {
	codec := securecookie.New(signingKey, nil).SetSerializer(securecookie.NopEncoder{})
	value, err := codec.Encode("app", []byte(text))
	if err != nil {
		return nil, err
	}
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got []byte
		cookie, err := r.Cookie("app")
		if err == nil {
			err = codec.Decode("app", cookie.Value, &got)
		}
		if err != nil || string(got) != text {
			wrong(w)
			return
		}
		script.ServeHTTP(w, r)
	})
	request := newRequest(0, &http.Cookie{Name: "app", Value: value})
	if _, err := answer(read, request); err != nil {
		return nil, err
	}
	return serve(read, request, len(script.body)), nil
}

// otherStoresRow is the script for a person whose entry is in a session of
// another gorilla store, against that store's own Get of the same session.
func otherStoresRow() row {
	return row{
		name: "stores",
		compare: func() ([]comparison, func(), error) {
			var open closing
			directory, err := os.MkdirTemp("", "bench")
			if err != nil {
				return nil, nil, err
			}
			open.add(func() { _ = os.RemoveAll(directory) })
			var pairs []comparison
			for _, stores := range []struct {
				name  string
				store sessions.Store
			}{
				{"gob signed", gobStore()},
				{"gob signed and encrypted", sessions.NewCookieStore(signingKey, encryptionKey)},
				{"files", sessions.NewFilesystemStore(directory, signingKey)},
			} {
				for _, kind := range []string{"visitor", "member"} {
					member, err := whoIs(kind)
					if err != nil {
						return nil, open.close, err
					}
					c, err := againstItself(stores.store, member, &open)
					if err != nil {
						return nil, open.close, fmt.Errorf("%s: %w", stores.name, err)
					}
					c.name = strings.ReplaceAll(stores.name, " ", "_") + "/" + kind
					pairs = append(pairs, c)
				}
			}
			return pairs, open.close, nil
		},
	}
}

func againstItself(store sessions.Store, member *maicontact.Member, open *closing) (comparison, error) {
	s, p, err := meetOn(store, member, open)
	if err != nil {
		return comparison{}, err
	}
	text, err := s.entry(p)
	if err != nil {
		return comparison{}, err
	}
	if len(p.cookies) != 1 {
		return comparison{}, errors.New("the person has not one cookie")
	}
	request := newRequest(0, p.cookies...)
	get, err := getAlone(store, s.config.Cookie.Name, text, request)
	if err != nil {
		return comparison{}, err
	}
	return comparison{
		ours:   side{"script", s.serve(s.script(), request, len(p.script))},
		rival:  side{"its own Get", get},
		limits: []limit{{ratio, 1.12}},
	}, nil
}
