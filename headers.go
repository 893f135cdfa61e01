package maicontact

import (
	"net/http"
	"slices"
	"strings"
)

// setPrivate keeps a reply that holds a contact id, or our cookie, out of
// every shared cache. Some of them obey only their own header.
func setPrivate(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Cdn-Cache-Control", "no-store")
	h.Set("Surrogate-Control", "no-store")
	h.Del("Etag")
	h.Del("Last-Modified")
	h.Del("Expires")
	addVary(h, "Cookie")
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
	return false
}

// addVary adds fields to Vary that it does not name yet.
func addVary(h http.Header, fields ...string) {
	var have []string
	for _, line := range h.Values("Vary") {
		for field := range strings.SplitSeq(line, ",") {
			have = append(have, strings.ToLower(strings.TrimSpace(field)))
		}
	}
	for _, field := range fields {
		if !slices.Contains(have, strings.ToLower(field)) && !slices.Contains(have, "*") {
			h.Add("Vary", field)
		}
	}
}
