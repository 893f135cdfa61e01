package guard

import (
	"errors"
	"net/http"
	"strings"
)

// The reasons why nobody would ever see the answer.
var (
	// ErrProbe: a HEAD request, whose answer nobody reads.
	ErrProbe = errors.New("guard: probe")
	// ErrPrefetch: the browser asks in advance; the page may never be shown.
	ErrPrefetch = errors.New("guard: prefetch")
	// ErrBot: a crawler, as its user agent says.
	ErrBot = errors.New("guard: bot")
)

// Unseen returns why nobody may ever see the answer to a request: ErrProbe,
// ErrPrefetch or ErrBot; nil: somebody will. Nothing is made for such a request.
func Unseen(r *http.Request) error {
	switch {
	case r.Method == http.MethodHead:
		return ErrProbe
	case isPrefetch(r.Header):
		return ErrPrefetch
	case isBot(firstValue(r.Header, "User-Agent")):
		return ErrBot
	}
	return nil
}

// FromOtherSite reports whether another site caused a request for a page other than
// by a link that somebody follows: by an image, a frame or a form of theirs. It comes
// without our cookie, so a new visitor would replace the one who has it, or be nobody.
func FromOtherSite(r *http.Request) bool {
	switch firstValue(r.Header, "Sec-Fetch-Site") {
	case "cross-site", "same-site":
	default:
		return false
	}
	dest := firstValue(r.Header, "Sec-Fetch-Dest")
	return r.Method != http.MethodGet && r.Method != http.MethodHead || dest != "" && dest != "document"
}

// isPrefetch reports whether the browser asks for a page that may never be
// shown. Browsers say so in several ways.
func isPrefetch(h http.Header) bool {
	return strings.Contains(firstValue(h, "Sec-Purpose"), "prefetch") ||
		strings.EqualFold(firstValue(h, "Purpose"), "prefetch") || strings.EqualFold(firstValue(h, "X-Moz"), "prefetch")
}
