package guard

import (
	"net/http"
	"strings"
)

// Fault is a way in which a site is set up that has its own pages refused, or
// its cookies not protected.
type Fault int

const (
	// NoFault: nothing is known to be wrong.
	NoFault Fault = iota
	// OverHTTP: the site's origin is https, and its page was opened over http.
	OverHTTP
	// BehindTLS: a proxy ends TLS, and nobody has told us the site's origin.
	BehindTLS
	// Silent: a browser without fetch metadata does not say which page asks.
	Silent
	// OtherOrigin: the page's origin is neither the site's own nor listed.
	OtherOrigin
)

// DiagnoseRefusal says what may be wrong where Page refuses a request with
// ErrCrossSite, and the origin of the page, if there is one.
func (p Policy) DiagnoseRefusal(r *http.Request) (f Fault, page string) {
	page, _, missing := pageOrigin(r.Header)
	switch {
	case p.IsOverHTTP(r):
		return OverHTTP, page
	case p.IsBehindTLS(r) && isOfHost(page, r.Host):
		return BehindTLS, page
	case missing && first(r.Header, "Sec-Fetch-Site") == "":
		return Silent, ""
	}
	return OtherOrigin, page
}

// IsOverHTTP reports whether a page of this host was opened over http though the
// site's origin is https. Browsers keep no Secure cookie there.
func (p Policy) IsOverHTTP(r *http.Request) bool {
	if r.TLS != nil || !strings.HasPrefix(p.origin, "https://") || !namesScheme(r.Header, "http://") {
		return false
	}
	page, _, _ := pageOrigin(r.Header)
	return isOfHost(page, r.Host) || page == "http://"+strings.TrimPrefix(p.origin, "https://")
}

// IsBehindTLS reports whether a request came over https to a proxy, which is not
// known as the site's origin is not: the proxy says so, or the page's address does.
func (p Policy) IsBehindTLS(r *http.Request) bool {
	if r.TLS != nil || p.origin != "" {
		return false
	}
	h := r.Header
	proto, _, _ := strings.Cut(first(h, "X-Forwarded-Proto"), ",")
	if strings.EqualFold(strings.TrimSpace(proto), "https") || strings.Contains(strings.ToLower(first(h, "Forwarded")), "proto=https") {
		return true
	}
	if !namesScheme(h, "https://") {
		return false
	}
	page, _, _ := pageOrigin(h)
	return isOfHost(page, r.Host)
}

// namesScheme spares most requests the reading of addresses.
func namesScheme(h http.Header, scheme string) bool {
	return strings.HasPrefix(first(h, "Origin"), scheme) || strings.HasPrefix(first(h, "Referer"), scheme)
}
