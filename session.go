package maicontact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// sessionKey is the one value we keep in a session.
const sessionKey = "entry"

// openSession decodes our session, from a private copy of the request: it never
// enters gorilla's registry, which is a bare map that the handler may be using on
// another goroutine. It is nil where the entry alone was read: from a cookie of
// [NewCookieStore], or from the site's own session (Config.ShareSession).
//
// A cookie that does not decode, or whose
// session is gone, is a clean start. Any other failure of the store is tried
// once more, since it would cost a visitor their contact; when it stays, that is
// reported as trouble: either the store is down, or it will never read the
// cookie again.
func (v *visit) openSession(ctx context.Context) (_ *sessions.Session, _ entry, ok, trouble bool) {
	m := v.middleware
	if v.shared != nil {
		e, ok := decodeEntry(v.shared.entry)
		return nil, e, ok, false
	}
	if len(m.codecs) > 0 {
		value, ok := cookieOf(v.request.Header, m.config.SessionName)
		if !ok {
			return nil, entry{}, false, false
		}
		if v.readStored(value) {
			e, ok := decodeEntry(v.stored.text)
			return nil, e, ok, false
		}
	}
	store, r := m.config.Sessions, v.privateCopy(ctx)
	g, err := store.New(r, m.config.SessionName)
	if isTrouble(err) {
		g, err = store.New(r, m.config.SessionName)
	}
	if g == nil {
		g = sessions.NewSession(store, m.config.SessionName)
		g.IsNew = true
	}
	if err != nil {
		if isTrouble(err) {
			m.log.WarnContext(ctx, "maicontact: the session could not be read, it starts anew", "error", withoutPath(err))
		}
		clear(g.Values)
		return g, entry{}, false, isTrouble(err)
	}
	text, _ := g.Values[sessionKey].(string)
	e, ok := decodeEntry(text)
	return g, e, ok, false
}

// readStored reads the entry from a cookie of [NewCookieStore], without
// building the session around it. A cookie that it cannot read is left to the
// store.
func (v *visit) readStored(value string) bool {
	m := v.middleware
	for _, codec := range m.codecs {
		if codec.Decode(m.config.SessionName, value, &v.stored) == nil {
			return true
		}
	}
	return false
}

// cookieOf returns the value of the first cookie of that name as it stands,
// without the work of reading the others.
func cookieOf(h http.Header, name string) (value string, ok bool) {
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

// isTrouble tells a store that fails from a session that is not there.
func isTrouble(err error) bool {
	var cookie securecookie.Error
	if errors.As(err, &cookie) && cookie.IsDecode() {
		return false
	}
	return err != nil && !errors.Is(err, fs.ErrNotExist)
}

// withoutPath takes the file name from an error of a file store: it holds the
// session id.
func withoutPath(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", file.Op, file.Err)
	}
	return err
}

// saveEntry puts the entry into the session and its cookie into h.
func (v *visit) saveEntry(h http.Header, e entry) error {
	if v.shared != nil {
		return v.shared.save(v, h, e)
	}
	g := v.writable()
	g.Values[sessionKey] = e.encode()
	return v.writeSession(h, g, int(v.middleware.config.SessionMaxAge/time.Second))
}

// checkEntry reports whether the entry could be kept. Where the request's own
// could not be read, a store that reads the new one shows that the cookie was at
// fault; another one is down, and the cookie may yet be good.
func (v *visit) checkEntry(ctx context.Context, e entry) error {
	if v.shared != nil {
		return v.shared.check(v, e)
	}
	h := http.Header{}
	if err := v.saveEntry(h, e); err != nil || !v.unread {
		return err
	}
	r := v.privateCopy(ctx)
	r.Header = http.Header{}
	for _, c := range (&http.Response{Header: h}).Cookies() {
		r.AddCookie(c)
	}
	if _, err := v.middleware.config.Sessions.New(r, v.middleware.config.SessionName); isTrouble(err) {
		return err
	}
	return nil
}

// dropEntry ends the session and makes the browser forget its cookie.
func (v *visit) dropEntry(h http.Header) error {
	if v.shared != nil {
		return v.shared.drop(v, h)
	}
	g := v.writable()
	clear(g.Values)
	return v.writeSession(h, g, -1)
}

// writable returns the session to be written. What only held an entry begins
// anew: nothing else is ours.
func (v *visit) writable() *sessions.Session {
	if v.session == nil {
		v.session = sessions.NewSession(v.middleware.config.Sessions, v.middleware.config.SessionName)
	}
	return v.session
}

func (v *visit) writeSession(h http.Header, g *sessions.Session, maxAge int) error {
	m := v.middleware
	// gorilla's own defaults are SameSite=None and no HttpOnly.
	g.Options = &sessions.Options{
		Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: m.isHTTPS(v.request), SameSite: http.SameSiteLaxMode,
	}
	r := v.request
	if len(m.codecs) == 0 {
		r = v.privateCopy(r.Context()) // a store may look for a registry
	}
	return m.config.Sessions.Save(r, headerOnly{h}, g)
}

// isNoStore also recognizes a nil pointer to one of gorilla's own stores.
func isNoStore(store sessions.Store) bool {
	switch s := store.(type) {
	case nil:
		return true
	case *sessions.CookieStore:
		return s == nil
	case *sessions.FilesystemStore:
		return s == nil
	}
	return false
}

// checkCookieStore tries the keys of a cookie store. Other stores are left
// alone: writing to them is not for a constructor.
func checkCookieStore(store sessions.Store) error {
	cookies, ok := store.(*sessions.CookieStore)
	if !ok {
		return nil
	}
	_, err := securecookie.EncodeMulti("maicontact", map[any]any{sessionKey: ""}, cookies.Codecs...)
	return err
}

// headerOnly lets a session store write its cookie into a header and nothing
// into the reply.
type headerOnly struct{ header http.Header }

func (h headerOnly) Header() http.Header { return h.header }
func (h headerOnly) Write(p []byte) (int, error) {
	return 0, errors.New("maicontact: a session store must not write a body")
}
func (h headerOnly) WriteHeader(int) {}
