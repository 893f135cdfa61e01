package main

import (
	"errors"
	"net/http"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

// readyStore is a store that is changed for another once a person is known.
type readyStore struct{ sessions.Store }

// nothingToRead has the session ready, so that the difference of two handlers
// does not drown in its decoding.
type nothingToRead struct{ session *sessions.Session }

func (s nothingToRead) Get(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s nothingToRead) New(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s nothingToRead) Save(*http.Request, http.ResponseWriter, *sessions.Session) error {
	return errors.New("nothing is to be saved")
}

// renderingRow is what the script route does when it is known who is there: the
// guard, the headers and the script. Ours is the script route; the rival is a
// page of the same site that asks for the contact and writes the same bytes,
// ready, with four headers. Both find out who is there from the same session,
// but the page asks as any handler may, through the context, which costs more
// than the route's own way, and so the difference can be below nothing. Hence the
// second line, for information: beside a page that asks and writes nothing.
func renderingRow() row {
	return row{
		name: "rendering",
		compare: func() ([]comparison, func(), error) {
			var open closing
			var pairs []comparison
			for _, kind := range []string{"visitor", "member"} {
				c, err := renderingOf(kind, &open)
				if err != nil {
					return nil, open.close, err
				}
				pairs = append(pairs, c...)
			}
			return pairs, open.close, nil
		},
	}
}

func renderingOf(kind string, open *closing) ([]comparison, error) {
	member, err := whoIs(kind)
	if err != nil {
		return nil, err
	}
	ready := &readyStore{Store: gobStore()}
	s, p, err := meetOn(ready, member, open)
	if err != nil {
		return nil, err
	}
	text, err := s.entry(p)
	if err != nil {
		return nil, err
	}
	session := sessions.NewSession(nil, s.config.Cookie.Name)
	session.Values["entry"] = text
	ready.Store = nothingToRead{session}
	fixed := reply{"text/javascript; charset=utf-8", p.script}
	asking := func(then http.Handler) http.Handler {
		return s.middleware.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, err := maicontact.ContactID(r.Context())
			if err != nil || id.Reveal() != p.contact {
				wrong(w)
				return
			}
			then.ServeHTTP(w, r)
		}))
	}
	page := asking(fixed)
	silent := asking(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request := newRequest(0)
	for _, h := range []http.Handler{page, s.script()} {
		w, err := answer(h, request)
		if err != nil || w.Body.String() != string(p.script) {
			return nil, errNotSame(err)
		}
	}
	ours := side{"script", s.serve(s.script(), request, len(p.script))}
	return []comparison{
		{name: kind, ours: ours, rival: side{"page that asks, fixed bytes", serve(page, request, len(p.script))}, limits: []limit{{moreNS, 250}}},
		{name: kind + "/over_asking", ours: ours, rival: side{"page that asks, nothing written", serve(silent, request, 0)}},
	}, nil
}

func errNotSame(err error) error {
	return errors.Join(errors.New("the two do not write the same"), err)
}
