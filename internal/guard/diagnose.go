package guard

import (
	"net/http"
	"strings"
)

// IsOverHTTP reports whether a page of this host was opened over http though the
// site's origin is https. Browsers keep no Secure cookie there.
func (p Policy) IsOverHTTP(r *http.Request) bool {
	if r.TLS != nil || !strings.HasPrefix(p.origin, "https://") || !pageHasScheme(r.Header, "http://") {
		return false
	}
	page, _, _ := PageOrigin(r.Header)
	return IsOfHost(page, r.Host) || page == "http://"+strings.TrimPrefix(p.origin, "https://")
}

// IsBehindTLS reports whether a request came over https to a proxy, though the site's
// origin is not set: the proxy says so, or the page's address does.
func (p Policy) IsBehindTLS(r *http.Request) bool {
	if r.TLS != nil || p.origin != "" {
		return false
	}
	h := r.Header
	proto, _, _ := strings.Cut(firstValue(h, "X-Forwarded-Proto"), ",")
	if strings.EqualFold(strings.TrimSpace(proto), "https") || strings.Contains(strings.ToLower(firstValue(h, "Forwarded")), "proto=https") {
		return true
	}
	if !pageHasScheme(h, "https://") {
		return false
	}
	page, _, _ := PageOrigin(h)
	return IsOfHost(page, r.Host)
}

// pageHasScheme is a quick check, so that most requests need no parsing of addresses.
func pageHasScheme(h http.Header, scheme string) bool {
	return strings.HasPrefix(firstValue(h, "Origin"), scheme) || strings.HasPrefix(firstValue(h, "Referer"), scheme)
}
