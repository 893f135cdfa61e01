package maicontact

import (
	"errors"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

func (s *sharedSession) save(v *visit, h http.Header, e entry) error {
	return s.change(v, h, func(values map[any]any) { values[v.middleware.sharedKey()] = e.encode() })
}

func (s *sharedSession) drop(v *visit, h http.Header) error {
	if s.err != nil || s.live.Values[v.middleware.sharedKey()] == nil {
		return nil
	}
	return s.change(v, h, func(values map[any]any) { delete(values, v.middleware.sharedKey()) })
}

// read reads the session once more. It touches nothing of the handler's.
func (s *sharedSession) read(v *visit) (*sessions.Session, error) {
	c := &v.middleware.config
	read, err := c.Sessions.New(v.request.WithContext(privateContext{v.request.Context(), v}), c.SessionName)
	if read == nil && err == nil {
		err = errors.New("the store gave no session")
	}
	return read, err
}

// change writes the application's session with our entry changed, unless that
// could bring back a session which was ended: by another request since the
// start, or in this reply by other means than the registry. The entry is written
// with another reply then.
func (s *sharedSession) change(v *visit, h http.Header, change func(map[any]any)) error {
	if s.err != nil {
		return s.err
	}
	if s.live.Values == nil || s.live.Options == nil {
		return nil // the handler has given it up
	}
	m := v.middleware
	kept, written := withoutCookie(h["Set-Cookie"], m.config.SessionName)
	if written != nil {
		if !s.isLive(v, written) {
			return nil
		}
	} else if clearsCookies(h) {
		return nil
	} else if stands, err := s.stands(v); !stands {
		return err
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
	return err == nil && read != nil && (haveSame(read.Values, s.live.Values) || haveSame(read.Values, s.stored(v)))
}

// stored returns the live values as they come back from a store. A time loses
// its monotonic clock there, and what is empty may be missing.
func (s *sharedSession) stored(v *visit) map[any]any {
	codecs := []securecookie.Codec{securecookie.New([]byte("maicontact"), nil).MaxLength(0)} // with gob, as most stores
	if cookies, ok := v.middleware.config.Sessions.(*sessions.CookieStore); ok {
		codecs = cookies.Codecs
	}
	var values map[any]any
	text, err := securecookie.EncodeMulti(s.start.Name(), s.live.Values, codecs...)
	if err == nil {
		err = securecookie.DecodeMulti(s.start.Name(), text, &values, codecs...)
	}
	if err != nil {
		return s.live.Values
	}
	return values
}

// stands reports whether the session is still what it was at the start, or
// what the handler has made of it. A session that is in its cookie as a whole
// stands: nobody can tell.
func (s *sharedSession) stands(v *visit) (bool, error) {
	if _, ok := v.middleware.config.Sessions.(*sessions.CookieStore); ok {
		return true, nil
	}
	now, err := s.read(v)
	if now == nil || isTrouble(err) {
		return false, err
	}
	same := haveSame(now.Values, s.copy().Values) || haveSame(now.Values, s.live.Values) || haveSame(now.Values, s.stored(v))
	return same && now.IsNew == s.start.IsNew, nil
}

func haveSame(a, b map[any]any) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// withoutCookie returns the last cookie of that name, and the lines of
// Set-Cookie without those that it replaces. One that cannot be read counts as
// a deletion.
func withoutCookie(lines []string, name string) (kept []string, last *http.Cookie) {
	cookies := make([]*http.Cookie, len(lines))
	for i, line := range lines {
		if before, _, _ := strings.Cut(line, "="); textproto.TrimString(before) == name {
			c, err := http.ParseSetCookie(line)
			if err != nil {
				c = &http.Cookie{Name: name, MaxAge: -1} // #nosec G124 -- it is compared, never sent
			}
			cookies[i], last = c, c
		}
	}
	for i, line := range lines {
		if c := cookies[i]; c == nil || c.Path != last.Path || c.Domain != last.Domain {
			kept = append(kept, line)
		}
	}
	return kept, last
}

// clearsCookies reports whether the browser is to forget all cookies.
func clearsCookies(h http.Header) bool {
	kinds := listed(h["Clear-Site-Data"])
	return slices.Contains(kinds, `"cookies"`) || slices.Contains(kinds, `"*"`)
}
