package reply

import (
	"net/http"
	"slices"
	"strings"
)

// RouteHeader is the header of every reply of the script route and its JSON form. It
// is prepared once. Each reply gets its own copy of the values, as code around the
// site may write into them. Appending to one copies: its capacity is its length.
type RouteHeader struct {
	names []string
	ends  []int // of each name's lines
	lines []string
	vary  []string // its fields, which are one line
}

// NewRouteHeader prepares the header of replies of a type.
func NewRouteHeader(contentType string) *RouteHeader {
	h := http.Header{}
	SetPrivate(h)
	AddVary(h, "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")

	prepared := &RouteHeader{vary: h["Vary"]}
	h.Set("Vary", strings.Join(prepared.vary, ", "))
	for name, lines := range h {
		prepared.names = append(prepared.names, name)
		prepared.lines = append(prepared.lines, lines...)
		prepared.ends = append(prepared.ends, len(prepared.lines))
	}
	return prepared
}

// Set adds the prepared header to that of a reply.
func (p *RouteHeader) Set(h http.Header) {
	var vary []string
	others := len(h) > 0
	if others {
		vary = h["Vary"]
	}
	lines, start := slices.Clone(p.lines), 0
	for i, name := range p.names {
		h[name] = lines[start:p.ends[i]:p.ends[i]]
		start = p.ends[i]
	}
	if others {
		h["Vary"] = vary
		AddVary(h, p.vary...)
		SetPrivate(h)
	}
}
