// Package session keeps our one entry in any gorilla session store, and has a
// cookie store of its own with authenticated encryption. It says what the entry
// decides for a person.
//
// A session is read and written for one request, from a private copy of it. It
// never enters gorilla's registry, a bare map that the handler may be using on
// another goroutine.
package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gorilla/sessions"
)

// entryKey is the one value that we keep in a session.
const entryKey = "entry"

// Options say where sessions are kept.
type Options struct {
	Store  sessions.Store
	Name   string        // of the cookie
	MaxAge time.Duration // the longest of any cookie
	Wait   time.Duration // of one request for a store that is no cookie store; 0: as long as the context allows
}

// Sessions reads and writes our sessions. It is safe for concurrent use.
type Sessions struct {
	// Readable: the cookies are signed and not encrypted.
	Readable bool

	options Options
	cookies *sessions.CookieStore // the store, when it is one
	codec   *codec                // of the store, when it is ours
	calls   atomic.Int64          // that are under way
}

// New checks the options. A store other than a cookie store is not tried:
// writing to it is not for a constructor.
func New(options Options) (*Sessions, error) {
	s := &Sessions{options: options}
	if v := reflect.ValueOf(options.Store); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("it must be a gorilla session store, such as that of NewCookieStore(secret)")
	}
	if cookies, ok := options.Store.(*sessions.CookieStore); ok {
		var err error
		if s.Readable, err = checkCookieStore(cookies, options.Name); err != nil {
			return nil, err
		}
		s.cookies = cookies
		s.codec, _ = cookies.Codecs[0].(*codec) // there is one, or nothing could have been written
	}
	if s.codec != nil && options.MaxAge > CookieMaxAge {
		return nil, fmt.Errorf("a session in a store of NewCookieStore lasts %d days at most: shorten it, or keep sessions on the server", CookieMaxAge/(24*time.Hour))
	}
	return s, nil
}

// Opened is our session in one request. Only one goroutine at a time may use it.
type Opened struct {
	Entry Entry
	Found bool  // there is an entry
	Err   error // the store failed: whether there is an entry is not known

	// session is nil where the entry was read alone, or nothing was.
	session *sessions.Session
	waited  time.Duration // for the store, by all calls
}

// Open reads the session of a request into o, for no longer than ctx lasts. The request
// is only read, and must not be written to meanwhile.
//
// A cookie that does not decode, or whose session is gone, is a clean start.
// Any other failure of the store is tried once more, and is then in o.Err: the same
// cookie may be good again later. Saving an entry clears it either way.
func (s *Sessions) Open(ctx context.Context, r *http.Request, o *Opened) *Opened {
	*o = Opened{waited: o.waited}
	name := s.options.Name
	value, ok := rawCookie(r.Header, name)
	// No browser keeps a longer one, and some stores take it for a failure.
	if s.cookies != nil && !ok || len(value) > maxCookieLength {
		return o
	}
	if s.codec != nil {
		if o.Entry, o.Found = s.codec.entryOf(name, value, time.Now()); o.Found {
			return o
		}
	}
	// What our codec refuses is left to the store, which finds the cookie that
	// net/http finds, and may have other codecs.
	if s.cookies == nil {
		r = privateRequest(ctx, r)
	}
	read := func() (*sessions.Session, error) { return s.options.Store.New(r, name) }
	g, err := call(ctx, s, o, func() (*sessions.Session, error) {
		g, err := contained(read)
		if isStoreFailure(err) && ctx.Err() == nil {
			g, err = contained(read) // once more, since it would cost a visitor their contact
		}
		return g, err
	})
	if isStoreFailure(err) {
		o.Err = fmt.Errorf("the session could not be read: %w", withoutPath(err))
	}
	if g == nil {
		return o
	}
	o.session = g
	if err != nil {
		clear(g.Values)
		return o
	}
	text, _ := g.Values[entryKey].(string)
	o.Entry, o.Found = Decode(text)
	return o
}

var errMalformed = errors.New("the session could not be written: the entry is malformed")

// Save puts the entry into the session and its cookie into h, in the time that
// the request's context leaves. On an error nothing was put into h.
func (s *Sessions) Save(h http.Header, r *http.Request, o *Opened, e Entry, secure bool, maxAge time.Duration) error {
	seconds := int(maxAge / time.Second)
	if seconds < 1 {
		return errors.New("the session could not be written: it would end at once")
	}
	former := Opened{}
	switch { // another session
	case o.Err != nil:
		// A store that hangs may write this later, and what could not be read may be
		// good again then.
		o.session = nil
	case o.Found && o.Entry.Owner != e.Owner:
		// Whoever has the session id of a former person must not find the next one there.
		former.session, o.session = o.session, nil
	}
	if s.codec != nil && o.session == nil {
		switch ok, err := s.writeEntry(h, &e, secure, seconds); {
		case err != nil:
			return fmt.Errorf("the session could not be written: %w", err)
		case !ok:
			return errMalformed
		}
	} else {
		text := e.Encode()
		if text == "" {
			return errMalformed
		}
		s.writable(o).Values[entryKey] = text
		if err := s.writeSession(h, r, o, secure, seconds); err != nil {
			return err
		}
	}
	o.Entry, o.Found, o.Err = e, true, nil
	if s.cookies == nil && former.session != nil {
		former.waited = o.waited
		_ = s.Drop(http.Header{}, r, &former, secure) // otherwise the store keeps a session of nobody until it expires
		o.waited = former.waited
	}
	return nil
}

// Try saves an entry that no reply carries yet, to see whether it can be kept.
// Where the session could not be read, what was saved is read back: only then it
// is known whether the store is away, or that one cookie was at fault.
func (s *Sessions) Try(ctx context.Context, r *http.Request, o *Opened, e Entry, secure bool, maxAge time.Duration) error {
	trouble, h := o.Err, http.Header{}
	if err := s.Save(h, r, o, e, secure, maxAge); err != nil || trouble == nil {
		return err
	}
	again := (&http.Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: http.Header{}}).WithContext(ctx)
	for _, line := range h["Set-Cookie"] {
		if cookie, err := http.ParseSetCookie(line); err == nil {
			again.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value}) // #nosec G124 -- as a browser sends it
		}
	}
	back := s.Open(ctx, again, &Opened{waited: o.waited})
	o.waited = back.waited
	return back.Err
}

// Drop ends the session, and makes the browser forget its cookie.
func (s *Sessions) Drop(h http.Header, r *http.Request, o *Opened, secure bool) error {
	clear(s.writable(o).Values)
	if err := s.writeSession(h, r, o, secure, -1); err != nil {
		return err
	}
	*o = Opened{waited: o.waited}
	return nil
}

// writable returns the session to write: a new one where only the entry was read.
func (s *Sessions) writable(o *Opened) *sessions.Session {
	if o.session == nil {
		o.session = sessions.NewSession(s.options.Store, s.options.Name)
		o.session.IsNew = true
	}
	if o.session.Values == nil {
		o.session.Values = map[any]any{}
	}
	return o.session
}

func (s *Sessions) writeSession(h http.Header, r *http.Request, o *Opened, secure bool, seconds int) error {
	ctx, g := r.Context(), o.session
	// Gorilla's own defaults are SameSite=None and no HttpOnly.
	g.Options = &sessions.Options{
		Path: "/", MaxAge: seconds, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
	reply := headerOnly{h} // a cookie store writes its cookie last, and nothing else
	if s.cookies == nil {
		reply = headerOnly{http.Header{}}
		r = privateRequest(ctx, r) // a store may look for a registry
	}
	written, err := call(ctx, s, o, func() (http.Header, error) {
		return reply.header, s.options.Store.Save(r, reply, g)
	})
	if err != nil {
		if errors.Is(err, ErrLate) {
			o.session = nil // the store may still be using it
		}
		return fmt.Errorf("the session could not be written: %w", withoutPath(err))
	}
	if s.cookies != nil {
		return nil
	}
	for name, values := range written {
		h[name] = append(h[name], values...)
	}
	return nil
}
