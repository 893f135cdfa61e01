package guard

import (
	"errors"
	"net/http"
	"strings"
)

// Why nobody would ever see the answer.
var (
	// ErrProbe: a HEAD request, which nobody reads the answer of.
	ErrProbe = errors.New("guard: probe")
	// ErrPrefetch: the browser asks in advance; the page may never be shown.
	ErrPrefetch = errors.New("guard: prefetch")
	// ErrBot: a crawler that says so.
	ErrBot = errors.New("guard: bot")
)

// Unseen tells requests that nobody may ever see the answer of: ErrProbe,
// ErrPrefetch, ErrBot or nil. Nothing is made for them.
func Unseen(r *http.Request) error {
	switch {
	case r.Method == http.MethodHead:
		return ErrProbe
	case isPrefetch(r.Header):
		return ErrPrefetch
	case isBot(first(r.Header, "User-Agent")):
		return ErrBot
	}
	return nil
}

// FromElsewhere tells a request for a page that another site has caused, and
// that is not somebody coming by a link: an image, a frame or a form of theirs.
// It comes without our cookie, so a new visitor would replace the one who has
// it, or be nobody.
func FromElsewhere(r *http.Request) bool {
	switch first(r.Header, "Sec-Fetch-Site") {
	case "cross-site", "same-site":
	default:
		return false
	}
	dest := first(r.Header, "Sec-Fetch-Dest")
	return r.Method != http.MethodGet && r.Method != http.MethodHead || dest != "" && dest != "document"
}

// isPrefetch reports whether the browser asks for a page that may never be
// shown. Browsers say so in several ways.
func isPrefetch(h http.Header) bool {
	return strings.Contains(first(h, "Sec-Purpose"), "prefetch") ||
		strings.EqualFold(first(h, "Purpose"), "prefetch") || strings.EqualFold(first(h, "X-Moz"), "prefetch")
}
