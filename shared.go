package maicontact

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

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
		s.values = make([]value, 0, len(live.Values))
		for k, v := range live.Values {
			s.values = append(s.values, value{k, v})
		}
		s.entry, _ = live.Values[sharedKey].(string)
	}
	return s
}

// copy returns the session as it was at the start.
func (s *sharedSession) copy() *sessions.Session {
	c, options := s.start, s.options
	c.Options, c.Values = &options, make(map[any]any, len(s.values)+1)
	for _, v := range s.values {
		c.Values[v.key] = v.value
	}
	return &c
}

// sharedKey is our one value in the application's session.
const sharedKey = "maicontact"

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
	tried.Values[sharedKey] = e.encode()
	return store.Save(v.request, headerOnly{http.Header{}}, tried)
}

func (s *sharedSession) save(v *visit, h http.Header, e entry) error {
	return s.change(v, h, func(values map[any]any) { values[sharedKey] = e.encode() })
}

func (s *sharedSession) drop(v *visit, h http.Header) error {
	if s.err != nil || s.live.Values[sharedKey] == nil {
		return nil
	}
	return s.change(v, h, func(values map[any]any) { delete(values, sharedKey) })
}

// change writes the application's session with our entry changed. Where this
// reply writes that session already, ours may only replace it when both have
// the same values: an application that has logged somebody out by other means
// than the registry must not find its former session restored.
func (s *sharedSession) change(v *visit, h http.Header, change func(map[any]any)) error {
	if s.err != nil {
		return s.err
	}
	m := v.middleware
	kept, written := withoutCookie(h["Set-Cookie"], m.config.SessionName)
	if written != nil && !s.isLive(v, written) {
		return nil // the entry is written with another reply
	}
	change(s.live.Values)
	out := http.Header{}
	if err := m.config.Sessions.Save(v.request, headerOnly{out}, s.live); err != nil {
		return err
	}
	h["Set-Cookie"] = append(kept, out["Set-Cookie"]...)
	return nil
}

// isLive reports whether the session in a cookie of this reply has the values
// of the live one.
func (s *sharedSession) isLive(v *visit, c *http.Cookie) bool {
	if c.MaxAge < 0 {
		return false
	}
	r := &http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value}}}
	read, err := v.middleware.config.Sessions.New(r.WithContext(v.request.Context()), c.Name)
	return err == nil && read != nil && reflect.DeepEqual(read.Values, s.live.Values)
}

// withoutCookie returns the lines of Set-Cookie without those of that name, and
// the last of these.
func withoutCookie(lines []string, name string) (kept []string, last *http.Cookie) {
	for _, line := range lines {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			last = c
			continue
		}
		kept = append(kept, line)
	}
	return kept, last
}
