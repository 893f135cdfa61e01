package reply

import (
	"net/http"
	"slices"
	"strings"
)

// privateCaching is the Cache-Control of whatever is for one person.
const privateCaching = "private, no-store"

// vendorCaching are headers that some caches obey before Cache-Control, with the
// values that keep a reply out. The first two are always sent.
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
	wasPublic = setOnly(h, "Cache-Control", privateCaching, isPublic)
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

// setOnly sets a header, by its canonical name, to one value. It returns what said
// says of the lines that it replaced. It does nothing when the value is there already.
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

// AddVary adds to Vary the fields that it does not list yet.
func AddVary(h http.Header, fields ...string) {
	lines := h["Vary"]
	for _, field := range fields {
		if !lists(lines, field) {
			lines = append(lines, field)
		}
	}
	h["Vary"] = lines
}

// lists reports whether the lines of a header list the field, in any letter case.
func lists(lines []string, field string) bool {
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

// uniqueItems returns the items that the lines of a header list, each once.
func uniqueItems(lines []string) []string {
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
