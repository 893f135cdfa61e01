package maicontact

import (
	"net/http"
	"slices"
	"strings"
)

// Check decides who may read the chat script and its JSON form. It returns nil,
// or the [Reason] for the refusal. It looks at the request alone and changes
// nothing. Safe for concurrent use.
//
// The answer holds a bearer secret, and any site may include any script. So
// only a page of the same origin, or of one in Config.AllowedOrigins, may read
// it, and only as a script or a fetch, never as a page, a frame or a worker:
//
//   - Sec-Fetch-Site, which pages cannot forge, must be same-origin; where it
//     is same-site or cross-site, Origin or, without one, Referer must name an
//     allowed origin.
//   - A browser that does not send it must name our own origin, or an allowed
//     one, in Origin or, without one, in Referer.
//   - A request with none of these passes only when it carries no cookie and
//     no other credential: there is nobody whose id could be read. Should
//     Identify know a member all the same, by an address or by a header that a
//     proxy adds, the answer is [CrossSite] nevertheless.
func (m *Middleware) Check(r *http.Request) error {
	_, err := m.readerOf(r)
	return err
}

// reader is the page that an answer is for. The zero reader is a page of ours,
// or nobody.
type reader struct {
	origin    string // of a listed page; empty: none
	named     bool   // it stands in Origin, and the browser wants it confirmed
	crossSite bool   // its browser keeps no cookie of ours
	unproven  bool   // it may be any page, with nobody's credentials
}

func (m *Middleware) readerOf(r *http.Request) (reader, error) {
	h := r.Header
	if len(h["Sec-Fetch-Dest"]) > 1 || len(h["Sec-Fetch-Mode"]) > 1 || len(h["Sec-Fetch-Site"]) > 1 {
		return reader{}, CrossSite
	}
	if !isScriptOrFetch(r) {
		return reader{}, NotAScript
	}
	site := first(h, "Sec-Fetch-Site")
	if site == "same-origin" {
		return reader{}, nil
	}
	if site != "" && site != "same-site" && site != "cross-site" {
		return reader{}, CrossSite
	}
	origin, named, missing := pageOrigin(h)
	switch {
	case site == "" && missing && !hasCredentials(r):
		return reader{unproven: true}, nil
	case site == "" && origin != "" && origin == m.originFor(r):
		return reader{}, nil
	case origin != "" && slices.Contains(m.allowed, origin):
		return reader{origin: origin, named: named, crossSite: site != "same-site"}, nil
	default:
		return reader{}, CrossSite
	}
}

// isScriptOrFetch reports whether a page of today's browsers, or one that does
// not say, asks for a script or fetches.
func isScriptOrFetch(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	default:
		return false
	}
	switch first(r.Header, "Sec-Fetch-Dest") {
	case "", "script", "empty":
	default:
		return false
	}
	switch first(r.Header, "Sec-Fetch-Mode") {
	case "", "no-cors", "cors", "same-origin":
	default:
		return false
	}
	_, worker := r.Header["Service-Worker"]
	return !worker
}

func hasCredentials(r *http.Request) bool {
	return len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0 || r.TLS != nil && len(r.TLS.PeerCertificates) > 0
}

// notShown tells requests that nobody may ever see the answer of. No contact
// is made for them.
func notShown(r *http.Request) (Reason, bool) {
	switch {
	case r.Method == http.MethodHead:
		return Probe, true
	case isPrefetch(r.Header):
		return Prefetch, true
	case isBot(r.Header):
		return Bot, true
	}
	return "", false
}

// isFromElsewhere tells a request for a page that another site has caused, and
// that is not somebody coming by a link: an image, a frame or a form of theirs.
// It comes without our cookie, so a new visitor would replace the one who has
// it, or be nobody.
func isFromElsewhere(r *http.Request) bool {
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
