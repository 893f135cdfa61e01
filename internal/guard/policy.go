// Package guard decides who may read the answer to "who is there?", which holds a
// bearer secret, and which requests get no chat because nobody would see it. It looks
// at the request alone and changes nothing.
package guard

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The reasons for a refusal.
var (
	// ErrCrossSite: another site asks.
	ErrCrossSite = errors.New("guard: cross-site")
	// ErrNotAScript: the answer is framed, navigated to, or asked for in
	// another way than a script or a fetch of the page.
	ErrNotAScript = errors.New("guard: not a script")
)

// Policy is which pages may read the answer. It is made by [NewPolicy] and safe
// for concurrent use.
type Policy struct {
	origin  string   // of the site; empty: each request's own
	allowed []string // other origins whose pages may read the answer
}

// NewPolicy checks the site's own origin, which may be empty, and the origins of
// other pages that may read the answer. Every fault is in the error.
func NewPolicy(origin string, allowed []string) (Policy, error) {
	var p Policy
	var faults []error
	if origin != "" {
		own, err := parseOrigin(origin)
		if err != nil {
			faults = append(faults, fmt.Errorf("Config.Site.Origin: %w", err))
		}
		p.origin = own
	}
	for i, s := range allowed {
		other, err := parseOrigin(s)
		if err != nil {
			faults = append(faults, fmt.Errorf("Config.Site.AllowedOrigins[%d]: %w", i, err))
			continue
		}
		p.allowed = append(p.allowed, other)
	}
	if len(faults) > 0 {
		return Policy{}, errors.Join(faults...)
	}
	return p, nil
}

// Page is the page that an answer is for. The zero Page is one of ours, or
// nobody.
type Page struct {
	Origin    string // of a listed page; empty: none
	Named     bool   // the request has it in Origin, so the browser wants CORS headers
	CrossSite bool   // the browser keeps no cookie of ours there
	Unproven  bool   // it may be any page; the request has no credentials
}

// Page returns the page that may read the answer, or ErrCrossSite or
// ErrNotAScript.
//
// Any site may include any script. So only a page of the same origin, or of an
// allowed one, may read the answer, and only as a script or a fetch, never as a
// page, a frame or a worker:
//
//   - Sec-Fetch-Site, which pages cannot forge, must be same-origin; an Origin,
//     or without one a Referer, must then be ours all the same where Site.Origin
//     says what that is: a name of another that leads here (DNS rebinding) is the
//     same origin to a browser.
//   - Where Sec-Fetch-Site is same-site or cross-site, Origin or, without one,
//     Referer must name an allowed origin.
//   - A browser that does not send it must name our own origin, or an allowed
//     one, in Origin or, without one, in Referer.
//   - A request with none of these passes only when it carries no cookie and
//     no other credential: there is nobody whose id could be read. The page is
//     Unproven then, and must not be told of a member who is known all the
//     same, by an address or by a header that a proxy adds.
//
// A POST opens the chat: see opening.
func (p Policy) Page(r *http.Request) (Page, error) {
	if r.Method == http.MethodPost {
		return p.opening(r)
	}
	h := r.Header
	dest, mode, site, ok := fetchMetadata(h)
	if !ok {
		return Page{}, ErrCrossSite
	}
	if !isScriptOrFetch(r, dest, mode) {
		return Page{}, ErrNotAScript
	}
	if site == "same-origin" {
		return Page{}, p.checkSameOrigin(h)
	}
	if site != "" && site != "same-site" && site != "cross-site" {
		return Page{}, ErrCrossSite
	}
	origin, named, missing := PageOrigin(h)
	switch {
	case site == "" && missing && !hasCredentials(r):
		return Page{Unproven: true}, nil
	case site == "" && origin == p.OriginOf(r):
		return Page{}, nil
	case slices.Contains(p.allowed, origin):
		return Page{Origin: origin, Named: named, CrossSite: site != "same-site"}, nil
	default:
		return Page{}, ErrCrossSite
	}
}

// checkSameOrigin checks a page that the browser says is of the same origin.
func (p Policy) checkSameOrigin(h http.Header) error {
	if p.origin == "" || p.isOwnPage(h) {
		return nil
	}
	origin, _, missing := PageOrigin(h)
	if missing || origin == p.origin || slices.Contains(p.allowed, origin) {
		return nil
	}
	return ErrCrossSite
}

// isOwnPage is a quick check, so that most requests need no parsing of addresses: it
// reports whether the only Origin, or without one the only Referer, begins as ours.
func (p Policy) isOwnPage(h http.Header) bool {
	if origins, ok := h["Origin"]; ok {
		return len(origins) == 1 && origins[0] == p.origin
	}
	referers := h["Referer"]
	if len(referers) != 1 {
		return false
	}
	path, ok := strings.CutPrefix(referers[0], p.origin)
	return ok && (path == "" || path[0] == '/')
}

// Open sets the headers that let a listed page read the reply.
func (p Page) Open(h http.Header) {
	if p.Origin == "" {
		return
	}
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if p.Named {
		h.Set("Access-Control-Allow-Origin", p.Origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// isScriptOrFetch reports whether the request is for a script or a fetch, as far as
// the browser says what it is for.
func isScriptOrFetch(r *http.Request, dest, mode string) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	default:
		return false
	}
	switch dest {
	case "", "script", "empty":
	default:
		return false
	}
	switch mode {
	case "", "no-cors", "cors", "same-origin":
	default:
		return false
	}
	_, worker := r.Header["Service-Worker"]
	return !worker
}

// fetchMetadata returns the request's Sec-Fetch headers; empty: not sent. ok is false
// when one is there several times.
func fetchMetadata(h http.Header) (dest, mode, site string, ok bool) {
	var ok1, ok2, ok3 bool
	dest, ok1 = atMostOne(h["Sec-Fetch-Dest"])
	mode, ok2 = atMostOne(h["Sec-Fetch-Mode"])
	site, ok3 = atMostOne(h["Sec-Fetch-Site"])
	return dest, mode, site, ok1 && ok2 && ok3
}

func atMostOne(values []string) (value string, ok bool) {
	if len(values) == 0 {
		return "", true
	}
	return values[0], len(values) == 1
}

func hasCredentials(r *http.Request) bool {
	return len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0 || r.TLS != nil && len(r.TLS.PeerCertificates) > 0
}

// firstValue is http.Header.Get for a canonical name.
func firstValue(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
