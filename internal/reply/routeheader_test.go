package reply

import (
	"net/http"
	"testing"
)

// routeLines is the whole header of a script reply.
func routeLines() http.Header {
	return http.Header{
		"Cache-Control":                {"private, no-store"},
		"Cdn-Cache-Control":            {"no-store"},
		"Surrogate-Control":            {"no-store"},
		"Vary":                         {"Cookie, *, Origin, Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"},
		"Content-Type":                 {"text/javascript; charset=utf-8"},
		"X-Content-Type-Options":       {"nosniff"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Robots-Tag":                 {"noindex"},
	}
}

// What somebody does to the header of one reply stays with that reply.
func TestNobodyChangesTheHeaderOfAnother(t *testing.T) {
	route := NewRouteHeader("text/javascript; charset=utf-8")
	first, beside := http.Header{}, http.Header{}
	route.Set(first)
	route.Set(beside)
	wantHeader(t, "the first", first, routeLines())
	for _, lines := range first {
		for i := range lines {
			lines[i] = "public, max-age=60" // where they stand
		}
	}
	wantHeader(t, "one that has not left yet", beside, routeLines())
	second := http.Header{}
	route.Set(second)
	wantHeader(t, "the second", second, routeLines())

	another := NewRouteHeader("text/javascript; charset=utf-8")
	third, fourth := http.Header{}, http.Header{}
	another.Set(third)
	for name := range third {
		third.Add(name, "more")
	}
	another.Set(fourth)
	wantHeader(t, "the fourth", fourth, routeLines())
}

// What an outer handler says of caching does not stand beside ours; what it
// varies by does.
func TestRouteHeaderOverAnother(t *testing.T) {
	h := http.Header{
		"Cache-Control": {"public"}, "Etag": {`"1"`}, "Expires": {"0"}, "Netlify-Cdn-Cache-Control": {"public"}, "Vary": {"Accept-Encoding, origin"},
		"X-Request-Id": {"1"},
	}
	NewRouteHeader("application/json").Set(h)
	want := routeLines()
	want.Set("Content-Type", "application/json")
	want.Set("Netlify-Cdn-Cache-Control", "no-store")
	want.Set("X-Request-Id", "1")
	want["Vary"] = []string{"Accept-Encoding, origin", "Cookie", "*", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site"}
	wantHeader(t, "over another", h, want)
}

func BenchmarkRouteHeader(b *testing.B) {
	route, h := NewRouteHeader("application/json"), http.Header{}
	b.ReportAllocs()
	for b.Loop() {
		clear(h)
		route.Set(h)
	}
}
