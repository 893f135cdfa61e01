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

// parseOrigin reads an origin of the configuration and returns it in the form
// browsers write it. A wildcard and the like are errors: they would silently
// match nothing.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !isHost(u) {
		return "", errors.New("it must be an origin as browsers write it, such as \"https://shop.example\" (no wildcard; a name outside ASCII as Punycode)")
	}
	return originOf(u), nil
}

// isHost accepts a name, or an address, and a port that browsers would write
// as it is.
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
	return name != "" && !strings.ContainsFunc(name, isUnusual)
}

// isUnusual reports whether a letter has no place in the name of a host.
func isUnusual(r rune) bool {
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

// originOfText returns the origin of an address, such as a Referer header's.
// What is not a plain http or https URL has no origin, and equals none.
func originOfText(s string) string {
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
		return originOfText(origins[0]), true, false
	}
	if referers, ok := h["Referer"]; ok {
		if len(referers) != 1 {
			return "", false, false
		}
		return originOfText(referers[0]), false, false
	}
	return "", false, true
}
