package guard

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// IsLocal reports whether a developer makes the request: it goes to a loopback host,
// and comes from a page of a loopback host or does not name its page.
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

// isLoopback reports whether a host, with or without a port, is this machine.
func isLoopback(host string) bool {
	// For most hosts this is enough.
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
