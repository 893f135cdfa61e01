package maicontact

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact/webchat"
)

// entry is what the session remembers. It is bound to its owner: whoever
// reads it must compare inbox and owner with those of the request, so that an
// entry left over from another person is a miss and never a leak.
type entry struct {
	inbox   string
	owner   string
	contact webchat.ContactID // zero: a visitor whose contact is not known yet
	stamp   string            // of the member's profile when the entry was written
	checked time.Time         // when the store was last asked, to the second
}

const (
	entryVersion = "1"
	entryFields  = 6
	longestEntry = 1024
)

// encode writes the entry as one string of plain fields, none of which can
// hold the separator. One string needs no gob registration and is what a
// session store handles fastest.
func (e entry) encode() string {
	return strings.Join([]string{
		entryVersion, e.inbox, e.owner, e.contact.Reveal(), e.stamp, strconv.FormatInt(e.checked.Unix(), 10),
	}, "|")
}

// decodeEntry reads what encode wrote. Anything else is no entry.
func decodeEntry(s string) (entry, bool) {
	if len(s) > longestEntry {
		return entry{}, false
	}
	f := strings.Split(s, "|")
	if len(f) != entryFields || f[0] != entryVersion || f[1] == "" || f[2] == "" {
		return entry{}, false
	}
	e := entry{inbox: f[1], owner: f[2], stamp: f[4]}
	if f[3] != "" {
		id, err := webchat.ParseContactID(f[3])
		if err != nil {
			return entry{}, false
		}
		e.contact = id
	}
	seconds, err := strconv.ParseInt(f[5], 10, 64)
	if err != nil {
		return entry{}, false
	}
	e.checked = time.Unix(seconds, 0)
	return e, true
}

// sessionKey is the one value we keep in our session.
const sessionKey = "entry"

// session is our gorilla session of one request. It is decoded from a private
// copy of the request and never enters gorilla's registry, which is a bare map
// that the handler may be using on another goroutine.
type session struct {
	store   sessions.Store
	request *http.Request
	gorilla *sessions.Session
	secure  bool
	maxAge  time.Duration
}

// openSession decodes our session. A cookie that does not decode, or whose
// session is gone, is a clean start. Any other failure of the store is tried
// once more, since it would cost a visitor their contact; when it stays, the
// cookie is taken to be at fault, as no store would ever read it again.
func (m *Middleware) openSession(r *http.Request) (session, entry, bool) {
	s := session{store: m.config.Sessions, request: r, secure: m.isHTTPS(r), maxAge: m.config.SessionMaxAge}
	g, err := s.store.New(r, m.config.SessionName)
	if isTrouble(err) {
		g, err = s.store.New(r, m.config.SessionName)
	}
	if g == nil {
		g = sessions.NewSession(s.store, m.config.SessionName)
		g.IsNew = true
	}
	s.gorilla = g
	if err != nil {
		if isTrouble(err) {
			m.log.WarnContext(r.Context(), "maicontact: the session could not be read, it starts anew", "error", withoutPath(err))
		}
		clear(g.Values)
		return s, entry{}, false
	}
	text, _ := g.Values[sessionKey].(string)
	e, ok := decodeEntry(text)
	return s, e, ok
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

// save puts the entry into the session and its cookie into h.
func (s session) save(h http.Header, e entry) error {
	s.gorilla.Values[sessionKey] = e.encode()
	return s.write(h, int(s.maxAge/time.Second))
}

// drop ends the session and makes the browser forget its cookie.
func (s session) drop(h http.Header) error {
	clear(s.gorilla.Values)
	return s.write(h, -1)
}

func (s session) write(h http.Header, maxAge int) error {
	// gorilla's own defaults are SameSite=None and no HttpOnly.
	s.gorilla.Options = &sessions.Options{
		Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
	return s.store.Save(s.request, headerOnly{h}, s.gorilla)
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
