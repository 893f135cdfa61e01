package guard

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// OriginOf returns the site's own origin as this request's browser sees it.
func (p Policy) OriginOf(r *http.Request) string {
	if p.origin != "" {
		return p.origin
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return originOf(&url.URL{Scheme: scheme, Host: r.Host})
}

// IsHTTPS reports whether this request's browser came over https.
func (p Policy) IsHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(p.origin, "https://")
}

// parseOrigin parses an origin of the configuration and returns it as browsers write
// it. A wildcard and the like are errors: they would silently match nothing.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !isHost(u) {
		return "", errors.New("it must be an origin as browsers write it, such as \"https://shop.example\" (no wildcard; a name outside ASCII as Punycode)")
	}
	return originOf(u), nil
}

// isHost reports whether the host is a name or an address, with a port as browsers
// write it or with none.
func isHost(u *url.URL) bool {
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || strconv.FormatUint(n, 10) != port {
			return false
		}
	}
	name := u.Hostname()
	if strings.Contains(name, ":") {
		return net.ParseIP(name) != nil
	}
	return name != "" && !strings.ContainsFunc(name, isNoHostRune)
}

// isNoHostRune reports whether a character cannot be in the name of a host.
func isNoHostRune(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-')
}

// originOf writes an origin the way browsers do: lower case, no default port.
func originOf(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if name, port, err := net.SplitHostPort(host); err == nil {
		if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
			host = name
			if strings.Contains(name, ":") {
				host = "[" + name + "]"
			}
		}
	}
	return scheme + "://" + host
}

// originOfURL returns the origin of an address, such as a Referer header's. It is
// empty, and equals no other origin, for what is not a plain http or https URL.
func originOfURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return originOf(u)
}

// PageOrigin returns the origin of the page that a request says it comes from:
// Origin or, without one, Referer. named is true for the former. It is empty
// where the headers name none, several, or what is no origin; missing is true
// where there are no headers.
func PageOrigin(h http.Header) (origin string, named, missing bool) {
	if origins, ok := h["Origin"]; ok {
		if len(origins) != 1 {
			return "", true, false
		}
		// An origin ends with its host and port.
		if _, host, _ := strings.Cut(origins[0], "://"); strings.ContainsAny(host, "/?#") {
			return "", true, false
		}
		return originOfURL(origins[0]), true, false
	}
	if referers, ok := h["Referer"]; ok {
		if len(referers) != 1 {
			return "", false, false
		}
		return originOfURL(referers[0]), false, false
	}
	return "", false, true
}
