package guard

import (
	"net/http"
	"slices"
	"strings"
)

// opening returns the page that opens the chat, or ErrCrossSite or ErrNotAScript.
// Opening makes a contact, so it needs more than reading does: a fetch with an Origin
// that is ours or allowed. A request without Origin never passes: on plain http
// another site's tag sends no other header.
func (p Policy) opening(r *http.Request) (Page, error) {
	h := r.Header
	dest, mode, site, ok := fetchMetadata(h)
	if !ok {
		return Page{}, ErrCrossSite
	}
	if r.Method != http.MethodPost || dest != "" && dest != "empty" || mode != "" && mode != "cors" && mode != "same-origin" {
		return Page{}, ErrNotAScript
	}
	origin, named, _ := PageOrigin(h)
	if !named || origin == "" {
		return Page{}, ErrCrossSite
	}
	own := origin == p.OriginOf(r)
	allowed := slices.Contains(p.allowed, origin)
	switch {
	case site == "same-origin" && (own || allowed || p.origin == "" && IsOfHost(origin, r.Host)):
		return Page{}, nil
	case site == "" && own:
		return Page{}, nil
	case site != "" && site != "same-site" && site != "cross-site":
		return Page{}, ErrCrossSite
	case allowed:
		return Page{Origin: origin, Named: true, CrossSite: site != "same-site"}, nil
	}
	return Page{}, ErrCrossSite
}

// IsOfHost reports whether an origin has the host that a request came to, whatever
// the scheme: a proxy in front may end TLS.
func IsOfHost(origin, host string) bool {
	scheme, _, _ := strings.Cut(origin, "://")
	return origin == originOfURL(scheme+"://"+host)
}
