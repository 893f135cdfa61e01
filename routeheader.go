package maicontact

import "net/http"

// routeHeader is what every reply of the script route and its JSON form has. It
// is prepared once, and its slices are shared by all replies: they have no room,
// so that adding to one copies it. Should somebody write into one all the same,
// setPrivate still puts right what keeps a reply private.
type routeHeader struct {
	names  []string
	values [][]string
	vary   []string
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

	prepared := routeHeader{vary: h["Vary"]}
	delete(h, "Vary")
	for name, value := range h {
		prepared.names = append(prepared.names, name)
		prepared.values = append(prepared.values, value[:len(value):len(value)])
	}
	return prepared
}

func (p routeHeader) set(h http.Header) {
	others := len(h) > 0
	for i, name := range p.names {
		h[name] = p.values[i]
	}
	if others {
		setPrivate(h)
		addVary(h, p.vary...)
		return
	}
	h["Vary"] = p.vary[:len(p.vary):len(p.vary)]
}
