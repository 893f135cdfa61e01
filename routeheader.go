package maicontact

import (
	"net/http"
	"slices"
)

// routeHeader is what every reply of the script route and its JSON form has. It
// is prepared once, and replies share its lines as long as nobody writes into
// one where it stands. Adding to a header copies: no line has room.
type routeHeader struct {
	names  []string
	ends   []int // of each name's lines
	lines  []string
	shared []string // the same, given away
}

func newRouteHeader(contentType string) *routeHeader {
	h := http.Header{}
	setPrivate(h)
	addVary(h, "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")

	prepared := &routeHeader{}
	for name, lines := range h {
		prepared.names = append(prepared.names, name)
		prepared.lines = append(prepared.lines, lines...)
		prepared.ends = append(prepared.ends, len(prepared.lines))
	}
	prepared.shared = slices.Clone(prepared.lines)
	return prepared
}

func (p *routeHeader) set(h http.Header) {
	var vary []string
	others := len(h) > 0
	if others {
		vary = h["Vary"]
	}
	lines, start := p.shared, 0
	if !slices.Equal(lines, p.lines) {
		lines = slices.Clone(p.lines)
	}
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
