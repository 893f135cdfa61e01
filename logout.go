package maicontact

import (
	"context"
	"errors"

	"github.com/maicontact/maicontact/internal/reply"
)

// Forget clears the session entry on the reply to this request. Call it when
// somebody signs up, logs in or logs out, before the reply begins. A visitor who
// was there is retired: no cookie brings them back. Without the call that is so only
// once a page asks for the member's contact: otherwise the visitor is back after the
// logout. A member's entry is safe when that reply is a redirect: it is theirs alone.
// After Forget the request gets no contact id. Where several middlewares wrap
// the site it clears the entries of all. It returns ErrNoMiddleware, or an error
// when the reply has begun. Safe for concurrent use.
func Forget(ctx context.Context) error { return Logout(ctx) }

// SiteData is a kind of data that browsers keep for a site, in the words of
// the Clear-Site-Data header.
type SiteData string

// The kinds of data that [Logout] can clear, of the whole site and not of the
// chat alone.
const (
	// ClearWholeSiteStorage clears all that scripts of the site's origin have
	// stored, a cart in localStorage too: local and session storage,
	// databases, service workers.
	ClearWholeSiteStorage SiteData = "storage"
	// ClearWholeSiteCache clears the browser's cache of the origin. It may take
	// seconds, and keeps pages from coming out of the back-forward cache.
	ClearWholeSiteCache SiteData = "cache"
	// ClearWholeSiteCookies clears every cookie of the site, those of its other
	// subdomains too, and may clear those that this reply sets: it is for
	// a logout, not for a login as another person.
	ClearWholeSiteCookies SiteData = "cookies"
)

// Logout is [Forget] for a logout, or a login as another person. What the chat
// keeps in the browser goes without more being said: the next page with the chat
// script removes it before it starts a chat, whenever its answer is to somebody
// else than the one before. That is each item of localStorage and sessionStorage
// whose name begins with "maiagent", in any case; everything else that the site
// keeps stays. Until such a page loads these items stay, too, and so does what
// MaiAgent's script may keep by other names or in other places: which it uses is
// not documented. What the chat's frame keeps for its own host is out of reach.
//
// With kinds of data, the reply has a Clear-Site-Data header besides, by which the
// browser clears at once all that the whole site keeps of those kinds; kinds that
// the application's own header names stay, each only once. Browsers obey it over
// https and on loopback addresses.
//
// Call it before anything of the reply is written, best with a redirect:
//
//	if err := maicontact.Logout(r.Context()); err != nil { … }
//	http.Redirect(w, r, "/", http.StatusSeeOther)
//
// Other tabs learn that the person changed when the next page with the chat
// script loads in any of them, or when they are shown again.
//
// The error is ErrNoMiddleware, or says that a kind is unknown or that the
// reply has begun. An unknown kind is left out; the rest is done all the same.
// Safe for concurrent use.
func Logout(ctx context.Context, clear ...SiteData) error {
	x := innermost(ctx)
	if x == nil {
		return ErrNoMiddleware
	}
	known, err := reply.Kinds(clear, ClearWholeSiteStorage, ClearWholeSiteCache, ClearWholeSiteCookies)
	faults := []error{err}
	for ; x != nil; x = x.outer {
		faults = append(faults, x.logOut(ctx, known))
	}
	return errors.Join(faults...)
}
