package maicontact

import (
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/session"
)

// Errors of the table, to be matched with errors.Is.
var (
	ErrNotFound      = contacts.ErrNotFound      // nothing is known of the person
	ErrErased        = contacts.ErrErased        // erased, or being erased: Restore lifts it
	ErrNotErased     = contacts.ErrNotErased     // not erased, or the deletion is not complete
	ErrReissuing     = contacts.ErrReissuing     // the contact is being replaced already
	ErrOlderRevision = contacts.ErrOlderRevision // a newer revision of the profile is known
)

// NewMemoryStore returns a [contacts.Store] for one process, in memory: for sites that
// run as one process, and for tests. It forgets everything when the process
// ends: the next start finds the contacts at MaiAgent again and takes them over,
// but tombstones and profiles that waited are lost.
func NewMemoryStore() *contacts.MemoryStore { return contacts.NewMemoryStore() }

// NewCookieStore returns the recommended store for Config.Sessions: gorilla's
// cookie store with authenticated encryption (AES-256-GCM). It serves the
// application's own sessions as well.
//
// secret is 32 random bytes, the same on all servers and after a restart; older
// ones are still read. To rotate, let all servers know the new secret as an
// older one first, then put it first, and take the old one away a month later.
// The error says what is wrong with a secret, and holds none.
//
// Cookies end after 30 days, and go out with Path "/", HttpOnly, Secure and
// SameSite=Lax. Change Options for the application's own sessions: Secure must
// be false where a site is tried over plain HTTP. The middleware sets its own. A
// cookie older than 30 days is refused whatever the store's MaxAge says. The store
// is safe for concurrent use once its Codecs and Options are settled, which must be
// before it is given to [New]. docs/session-store.md says more.
func NewCookieStore(secret []byte, older ...[]byte) (*sessions.CookieStore, error) {
	return session.NewCookieStore(secret, older...)
}
