package maicontact

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/sessions"
)

// sharedSession is the application's own session, in which our entry is one of
// the values (Config.ShareSession).
type sharedSession struct {
	// live is the session that the handler uses. It is touched on the request's
	// goroutine alone: at the start and at the gate.
	live *sessions.Session
	// What follows is as it was at the start, for other goroutines.
	start   sessions.Session // without its values and options
	values  []value
	plain   bool // nobody can change one of them from elsewhere
	options sessions.Options
	entry   string
	err     error // of the store: the session is not known, and must not be written
}

// value is one of a session. A list of them is cheaper to copy than the map.
type value struct{ key, value any }

// openShared reads the application's session through gorilla's registry, so
// that whoever reads it before or after us in this request shares the decode.
// The registry enters r itself, as always with gorilla.
func (m *Middleware) openShared(r *http.Request) *sharedSession {
	live, err := m.config.Sessions.Get(r, m.config.SessionName)
	s := &sharedSession{live: live}
	switch {
	case live == nil || isTrouble(err):
		s.err = fmt.Errorf("the site's session could not be read: %w", withoutPath(err))
	default:
		s.start = *live
		if live.Options != nil {
			s.options = *live.Options
		}
		s.values, s.plain = make([]value, 0, len(live.Values)), true
		for k, v := range live.Values {
			s.values = append(s.values, value{k, v})
			s.plain = s.plain && isPlainValue(v)
		}
		s.entry, _ = live.Values[m.sharedKey()].(string)
	}
	return s
}

// isPlainValue tells what is copied whole. A map, for one, the handler may be
// writing into.
func isPlainValue(v any) bool {
	switch v.(type) {
	case string, bool, int, int64, time.Time:
		return true
	case nil:
		return false
	}
	kind := reflect.TypeOf(v).Kind()
	return reflect.Bool <= kind && kind <= reflect.Complex128 && kind != reflect.Uintptr || kind == reflect.String
}

// copy returns the session as it was at the start. Where its values are not
// plain it is for the request's goroutine alone.
func (s *sharedSession) copy() *sessions.Session {
	c, options := s.start, s.options
	c.Options, c.Values = &options, make(map[any]any, len(s.values)+1)
	for _, v := range s.values {
		c.Values[v.key] = v.value
	}
	return &c
}

// sharedKey names our one value in the application's session. Two inboxes or
// namespaces on one site have one each.
func (m *Middleware) sharedKey() string { return "maicontact-" + m.place }

// ready is a session store that has one session, decoded already.
type ready struct{ session *sessions.Session }

func (s ready) Get(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s ready) New(*http.Request, string) (*sessions.Session, error) { return s.session, nil }
func (s ready) Save(*http.Request, http.ResponseWriter, *sessions.Session) error {
	return errors.New("maicontact: a private copy of the request must not be written to")
}

// check reports whether a session with the entry in it could be written. Only a
// cookie has no room, and only a cookie store can be asked without leaving
// anything behind.
func (s *sharedSession) check(v *visit, e entry) error {
	store, ok := v.middleware.config.Sessions.(*sessions.CookieStore)
	if s.err != nil || !ok {
		return s.err
	}
	tried := s.copy()
	if !s.plain {
		var err error
		if tried, err = s.read(v); err != nil {
			return err
		}
	}
	tried.Values[v.middleware.sharedKey()] = e.encode()
	return store.Save(v.request, headerOnly{http.Header{}}, tried)
}
