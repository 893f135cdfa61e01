package reply

import (
	"net/http"
	"slices"
	"strings"
)

// privately is the Cache-Control of whatever is for one person.
const privately = "private, no-store"

// vendorCaching are headers of single caches, which obey them before
// Cache-Control, with the values that keep a reply out. The first two are
// always sent.
var vendorCaching = [...]struct{ name, value string }{
	{"Cdn-Cache-Control", "no-store"}, {"Surrogate-Control", "no-store"},
	{"X-Accel-Expires", "0"}, {"Edge-Control", "no-store"},
	{"Cloudflare-Cdn-Cache-Control", "no-store"}, {"Vercel-Cdn-Cache-Control", "no-store"}, {"Netlify-Cdn-Cache-Control", "no-store"},
}

const alwaysSent = 2

// SetPrivate keeps a reply that holds a contact id, or our cookie, out of
// every shared cache. Some of them obey only their own header. The * in Vary
// keeps it out of the caches of service workers, which heed no other. It reports
// whether the reply was meant for shared caches.
func SetPrivate(h http.Header) (wasPublic bool) {
	wasPublic = setOnly(h, "Cache-Control", privately, isPublic)
	for i, vendor := range &vendorCaching {
		if i < alwaysSent || len(h[vendor.name]) > 0 {
			wasPublic = setOnly(h, vendor.name, vendor.value, isPublicToVendor) || wasPublic
		}
	}
	delete(h, "Etag")
	delete(h, "Last-Modified")
	delete(h, "Expires")
	AddVary(h, "Cookie", "*")
	return wasPublic
}

// setOnly gives a header, by its canonical name, one value. It reports what was
// said of the lines that it took away. What is there already costs nothing.
func setOnly(h http.Header, name, value string, said func(lines []string) bool) bool {
	lines := h[name]
	if len(lines) == 1 && lines[0] == value {
		return false
	}
	h[name] = []string{value}
	return said(lines)
}

// isPublic reports whether Cache-Control was meant for shared caches.
func isPublic(lines []string) bool {
	for _, line := range lines {
		for directive := range strings.SplitSeq(strings.ToLower(line), ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(directive), "=")
			if name == "public" || name == "s-maxage" {
				return true
			}
		}
	}
	return false
}

func isPublicToVendor(lines []string) bool {
	line := strings.ToLower(strings.Join(lines, ","))
	return line != "" && !strings.Contains(line, "no-store") && !strings.Contains(line, "private")
}

// AddVary adds fields to Vary that it does not name yet.
func AddVary(h http.Header, fields ...string) {
	lines := h["Vary"]
	for _, field := range fields {
		if !names(lines, field) {
			lines = append(lines, field)
		}
	}
	h["Vary"] = lines
}

// names reports whether the lines of a header name the field, in any letter
// case.
func names(lines []string, field string) bool {
	for _, line := range lines {
		if line == field {
			return true
		}
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), field) {
				return true
			}
		}
	}
	return false
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
