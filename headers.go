package maicontact

import (
	"net/http"
	"slices"
	"strings"
)

// vendorCaching are headers of single caches, which obey them before
// Cache-Control, with the values that keep a reply out.
var vendorCaching = map[string]string{
	"Cdn-Cache-Control": "no-store", "Surrogate-Control": "no-store", "X-Accel-Expires": "0", "Edge-Control": "no-store",
	"Cloudflare-Cdn-Cache-Control": "no-store", "Vercel-Cdn-Cache-Control": "no-store", "Netlify-Cdn-Cache-Control": "no-store",
}

// setPrivate keeps a reply that holds a contact id, or our cookie, out of
// every shared cache. Some of them obey only their own header. The * in Vary
// keeps it out of the caches of service workers, which heed no other.
func setPrivate(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	for name, value := range vendorCaching {
		if name == "Cdn-Cache-Control" || name == "Surrogate-Control" || len(h[name]) > 0 {
			h.Set(name, value)
		}
	}
	h.Del("Etag")
	h.Del("Last-Modified")
	h.Del("Expires")
	addVary(h, "Cookie", "*")
}

// isPublic reports whether the reply was meant for shared caches.
func isPublic(h http.Header) bool {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(strings.ToLower(line), ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(directive), "=")
			if name == "public" || name == "s-maxage" {
				return true
			}
		}
	}
	for name, value := range vendorCaching {
		line := strings.ToLower(strings.Join(h[name], ","))
		if line != "" && line != value && !strings.Contains(line, "no-store") && !strings.Contains(line, "private") {
			return true
		}
	}
	return false
}

// addVary adds fields to Vary that it does not name yet.
func addVary(h http.Header, fields ...string) {
	have := listed(h.Values("Vary"))
	for _, field := range fields {
		if !slices.ContainsFunc(have, func(s string) bool { return strings.EqualFold(s, field) }) {
			h.Add("Vary", field)
		}
	}
}

// listed returns what the lines of a header name, each once.
func listed(lines []string) []string {
	var names []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// first is http.Header.Get for a canonical name.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
