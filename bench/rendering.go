package main

import (
	"errors"
	"net/http"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
)

// readyStore has the session ready, so that the difference of two handlers does
// not drown in its decoding.
type readyStore struct{ session *sessions.Session }

func (s readyStore) Get(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s readyStore) New(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s readyStore) Save(*http.Request, http.ResponseWriter, *sessions.Session) error {
	return errors.New("nothing is to be saved")
}

// renderingRow is what the script route does when it is known who is there: the
// guard, the headers and the script. Ours is the script route; the rival is a
// page of the same site that asks for the contact and writes the same bytes,
// ready, with four headers. Both find out in the same way who is there.
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
				pairs = append(pairs, c)
			}
			return pairs, open.close, nil
		},
	}
}

func renderingOf(kind string, open *closing) (comparison, error) {
	member, err := whoIs(kind)
	if err != nil {
		return comparison{}, err
	}
	met, err := newSite(gobStore(), member, nil)
	if err != nil {
		return comparison{}, err
	}
	open.add(met.close)
	p, err := met.meet()
	if err != nil {
		return comparison{}, err
	}
	text, err := met.entry(p)
	if err != nil {
		return comparison{}, err
	}
	session := sessions.NewSession(nil, met.config.SessionName)
	session.Values["entry"] = text
	s, err := newSite(readyStore{session}, member, nil)
	if err != nil {
		return comparison{}, err
	}
	open.add(s.close)
	fixed := reply{"text/javascript; charset=utf-8", p.script}
	page := s.middleware.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := maicontact.ContactID(r.Context())
		if err != nil || id.Reveal() != p.contact {
			wrong(w)
			return
		}
		fixed.ServeHTTP(w, r)
	}))
	request := newRequest(0)
	for _, h := range []http.Handler{page, s.script()} {
		w, err := answer(h, request)
		if err != nil || w.Body.String() != string(p.script) {
			return comparison{}, errNotSame(err)
		}
	}
	return comparison{
		name:   kind,
		ours:   side{"script", serve(s.script(), request, len(p.script))},
		rival:  side{"fixed bytes", serve(page, request, len(p.script))},
		limits: []limit{{moreNS, 250}},
	}, nil
}

func errNotSame(err error) error {
	return errors.Join(errors.New("the two do not write the same"), err)
}
