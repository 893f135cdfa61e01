package maicontact

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Check decides who may read the chat script. It returns nil, or the [Reason]
// for the refusal. It looks at the request alone and changes nothing.
//
// The script holds a bearer secret, and any site may include any script. So
// only a page of the same origin may read it, and only as a script or a fetch:
//
//   - Sec-Fetch-Site, which pages cannot forge, must be same-origin.
//   - A browser that does not send it must name our own origin in Origin or,
//     without one, in Referer.
//   - A request with neither passes only when it carries no cookie and no
//     other credential: there is nobody whose id could be read.
func (m *Middleware) Check(r *http.Request) error {
	h := r.Header
	if len(h["Sec-Fetch-Dest"]) > 1 || len(h["Sec-Fetch-Mode"]) > 1 || len(h["Sec-Fetch-Site"]) > 1 {
		return CrossSite
	}
	switch h.Get("Sec-Fetch-Dest") {
	case "", "script", "empty":
	default:
		return NotAScript
	}
	if h.Get("Sec-Fetch-Mode") == "navigate" {
		return NotAScript
	}
	if site := h.Get("Sec-Fetch-Site"); site != "" {
		if site != "same-origin" {
			return CrossSite
		}
		return nil
	}
	own := m.originFor(r)
	if origins, ok := h["Origin"]; ok {
		if len(origins) != 1 || originOfText(origins[0]) != own {
			return CrossSite
		}
		return nil
	}
	if referers, ok := h["Referer"]; ok {
		if len(referers) != 1 || originOfText(referers[0]) != own {
			return CrossSite
		}
		return nil
	}
	if hasCredentials(r) {
		return CrossSite
	}
	return nil
}

func hasCredentials(r *http.Request) bool {
	return len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0 || r.TLS != nil && len(r.TLS.PeerCertificates) > 0
}

// originFor returns the site's own origin as this request's browser sees it.
func (m *Middleware) originFor(r *http.Request) string {
	if m.origin != "" {
		return m.origin
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return originOf(&url.URL{Scheme: scheme, Host: r.Host})
}

func (m *Middleware) isHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(m.origin, "https://")
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

// originOfText reads an Origin or Referer header. What is not a plain http or
// https URL has no origin, and equals none.
func originOfText(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	return originOf(u)
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

// isPrefetch reports whether the browser asks for a page that may never be
// shown. Browsers say so in several ways.
func isPrefetch(h http.Header) bool {
	return strings.Contains(h.Get("Sec-Purpose"), "prefetch") ||
		strings.EqualFold(h.Get("Purpose"), "prefetch") || strings.EqualFold(h.Get("X-Moz"), "prefetch")
}

// crawler matches user agents that call themselves one. People's browsers
// hold none of these words at these places.
var crawler = regexp.MustCompile(`(?i)\b[a-z]*(?:bot|crawler|spider)(?:\b|[/;_-])|\bslurp\b|facebookexternalhit|mediapartners-google|kube-probe|googlehc|healthcheck`)

func isBot(h http.Header) bool {
	agent := h.Get("User-Agent")
	return len(agent) <= 4096 && crawler.MatchString(agent) && !strings.Contains(strings.ToLower(agent), "cubot")
}
