package maicontact

import (
	"net/http"
	"slices"
)

// routeHeader is what every reply of the script route and its JSON form has. It
// is prepared once. Each reply gets lines of its own, in one piece: whoever
// writes into a line must not reach the next reply.
type routeHeader struct {
	names []string
	ends  []int // of each name's lines
	lines []string
}

func newRouteHeader(contentType string) routeHeader {
	h := http.Header{}
	setPrivate(h)
	addVary(h, "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")

	var prepared routeHeader
	for name, lines := range h {
		prepared.names = append(prepared.names, name)
		prepared.lines = append(prepared.lines, lines...)
		prepared.ends = append(prepared.ends, len(prepared.lines))
	}
	return prepared
}

func (p routeHeader) set(h http.Header) {
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
		ours := h["Vary"]
		h["Vary"] = vary
		addVary(h, ours...)
		setPrivate(h)
	}
}

// isWhole reports whether h is as set has made it, and has no more than so many
// others.
func (p routeHeader) isWhole(h http.Header, others int) bool {
	if len(h) != len(p.names)+others {
		return false
	}
	start := 0
	for i, name := range p.names {
		if !slices.Equal(h[name], p.lines[start:p.ends[i]]) {
			return false
		}
		start = p.ends[i]
	}
	return true
}
