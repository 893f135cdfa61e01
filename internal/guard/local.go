package guard

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// IsLocal reports whether a request is that of a developer: to a loopback host,
// from a page of one or from no page that it names.
func IsLocal(r *http.Request) bool {
	if !isLoopback(r.Host) {
		return false
	}
	page, _, missing := PageOrigin(r.Header)
	if missing {
		return true
	}
	u, err := url.Parse(page)
	return err == nil && isLoopback(u.Host)
}

// IsSameOrigin reports whether the browser says that a page of the same origin asks.
func IsSameOrigin(r *http.Request) bool {
	site := r.Header["Sec-Fetch-Site"]
	return len(site) == 1 && site[0] == "same-origin"
}

// isLoopback tells a host, with or without a port, that never leaves the machine.
func isLoopback(host string) bool {
	// Most hosts are spared the rest.
	if host == "" || host[0] != '[' && host[0] != '1' && !strings.Contains(host, "localhost") {
		return false
	}
	name := host
	if cut, _, err := net.SplitHostPort(host); err == nil {
		name = cut
	}
	name = strings.Trim(name, "[]")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}
