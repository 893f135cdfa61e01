package session

import (
	"context"
	"net/http"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/sessions"
)

// Isolated is a context that hides the gorilla sessions of the request it belongs
// to, and the value of one key. The sessions are a bare map that the handler may be
// using: a copy of the request for another goroutine gets a map of its own.
type Isolated struct {
	context.Context
	*Isolation // nil: nothing else
	timed      atomic.Pointer[timedContext]
}

// Isolation is what else an [Isolated] hides, and how long it lasts.
type Isolation struct {
	Hidden any // a key; nil: none
	// Within is how long the context lasts from when its end is first asked about:
	// most who get it never do, and pay for no timer. 0: as long as the one in it.
	Within time.Duration
}

type timedContext struct {
	context.Context
	cancel context.CancelFunc
}

// bounded returns the context with its deadline.
func (c *Isolated) bounded() context.Context {
	if c.Isolation == nil || c.Within <= 0 {
		return c.Context
	}
	if c.timed.Load() == nil {
		e := new(timedContext)
		e.Context, e.cancel = context.WithTimeout(c.Context, c.Within) // #nosec G118 -- the time is short, and the request may end before
		if !c.timed.CompareAndSwap(nil, e) {
			e.cancel()
		}
	}
	return c.timed.Load().Context
}

// Deadline implements [context.Context].
func (c *Isolated) Deadline() (time.Time, bool) { return c.bounded().Deadline() }

// Done implements [context.Context].
func (c *Isolated) Done() <-chan struct{} { return c.bounded().Done() }

// Err implements [context.Context].
func (c *Isolated) Err() error { return c.bounded().Err() }

// Value recognizes gorilla's registry by its type, as the key is not exported. It
// asks the context with the deadline, where there is one: package context then finds
// it, and needs no goroutine for each derived context.
func (c *Isolated) Value(key any) any {
	if c.Isolation != nil && key == c.Hidden {
		return nil
	}
	in := c.Context
	if e := c.timed.Load(); e != nil {
		in = e.Context
	}
	value := in.Value(key)
	if _, ok := value.(*sessions.Registry); ok {
		return nil
	}
	return value
}

// privateRequest returns a copy of the request for a store that works on another
// goroutine, and may still do so when the handler has gone on.
func privateRequest(ctx context.Context, r *http.Request) *http.Request {
	r = r.WithContext(&Isolated{Context: ctx})
	r.Header = r.Header.Clone()
	return r
}

// HasCookie reports whether a request brings our cookie, good or bad.
func (s *Sessions) HasCookie(r *http.Request) bool {
	_, ok := rawCookie(r.Header, s.options.Name)
	return ok
}

// rawCookie returns the value of the first cookie of that name as it stands,
// without the work of reading the others.
func rawCookie(h http.Header, name string) (value string, ok bool) {
	for _, line := range h["Cookie"] {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ";")
			part = textproto.TrimString(part)
			if rest, ok := strings.CutPrefix(part, name); ok {
				if rest = textproto.TrimString(rest); strings.HasPrefix(rest, "=") {
					return rest[1:], true
				}
			}
		}
	}
	return "", false
}

// headerOnly lets a store set its cookie in a header, and write no body.
type headerOnly struct{ header http.Header }

// Header implements [http.ResponseWriter].
func (h headerOnly) Header() http.Header { return h.header }

// Write implements [http.ResponseWriter].
func (h headerOnly) Write([]byte) (int, error) { return 0, errBody }

// WriteHeader implements [http.ResponseWriter].
func (h headerOnly) WriteHeader(int) {}
