// Package placement puts the tag of the chat script into the pages of a site
// that cannot touch its templates. Where templates can be changed, write the
// tag there: it costs nothing and nothing can go wrong.
//
// [New] makes middleware. It stands inside whatever compresses, so that it sees
// plain HTML, and around whatever renders pages:
//
//	place, err := placement.New(placement.Config{})
//	handler := compress(mc.Handler(place(mux)))
//
// # Which replies
//
// Only a reply to GET with status 200 that is text/html, declared or found so
// by the same sniffing that net/http does. Left alone byte for byte are all
// other replies, and those with Content-Encoding, Content-Range,
// Transfer-Encoding, Cache-Control: no-transform, Content-Disposition:
// attachment or a charset that does not contain ASCII.
//
// # Where
//
// Before the first </body> or </html> that ends an element: one in a comment, a
// script, a textarea, a template, an attribute or the like does not count.
// HTML allows to leave these tags out, so a page that has a doctype, <html> or
// <body> but none of them gets the tag at its end. Anything else is taken for
// a fragment that a script puts into a page, and is left alone; so is a page
// that stops inside of a comment, a script, an svg or a tag.
//
// A page that has the tag already keeps its own: a script element whose src is
// ScriptPath on this host, one with the attribute data-maicontact, or the
// inline snippet. It must stand before the place.
//
// A page whose <base href> leads elsewhere than to this host, or may, is left
// alone, unless Config.Origin is set: the browser would load the tag's script
// from there.
//
// # Headers
//
// The first 32 KiB are held back, unless flushed, to know what becomes of the
// reply before its header leaves. A reply that is changed, or may still be when
// its header leaves, has its ETag made weak; loses Accept-Ranges, Content-MD5,
// Digest, Content-Digest and Repr-Digest, which are about other bytes; and gets
// a Content-Length that is right, or none. With a nonce it loses ETag and
// Last-Modified as well: a 304 would pair the old page with a new policy.
// After the header has left nothing is held back but what may be the beginning
// of </body>.
package placement

import (
	"cmp"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// DefaultScriptPath is the default of Config.ScriptPath, and that of
// maicontact.Site.
const DefaultScriptPath = "/webchat.js"

// Config configures [New]. The zero value is ready to use.
type Config struct {
	// ScriptPath is the path of the chat script, or of the static one.
	// Defaults to DefaultScriptPath.
	ScriptPath string

	// Origin is the scheme and host of the site, such as
	// "https://shop.example", for pages whose <base href> leads elsewhere: the
	// tag then has a whole address instead of a path, on all pages. Only for a
	// site that has no other host. Optional.
	Origin string

	// Nonce returns the nonce of the page's Content-Security-Policy, for
	// policies that do not allow scripts of 'self'. It is called at most once
	// per page, before its header leaves. The request is the one that this
	// middleware got, so what sets the nonce must stand around it. "" is no
	// nonce. Optional.
	Nonce func(*http.Request) string

	// Skip reports that the reply to a request is to be left alone: say, of
	// an admin area or of pages shown in frames. Optional.
	Skip func(*http.Request) bool
}

// New checks the configuration and returns the middleware. It is safe for
// concurrent use. Each ResponseWriter, as always, belongs to one handler.
func New(c Config) (func(http.Handler) http.Handler, error) {
	c.ScriptPath = cmp.Or(c.ScriptPath, DefaultScriptPath)
	if !strings.HasPrefix(c.ScriptPath, "/") || strings.HasPrefix(c.ScriptPath, "//") || strings.ContainsAny(c.ScriptPath, "?#\\ \t\r\n\f\x00") {
		return nil, errors.New("placement: Config.ScriptPath must be a path on this site, such as \"" + DefaultScriptPath + "\"")
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || c.Origin != u.Scheme+"://"+u.Host || strings.ContainsAny(u.Host, `"'<>\ `) {
			return nil, errors.New("placement: Config.Origin must be the scheme and host of this site and no more, such as \"https://shop.example\"")
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || c.Skip != nil && c.Skip(r) {
				next.ServeHTTP(w, r)
				return
			}
			p := newResponseWriter(w, r, c)
			defer p.release()
			next.ServeHTTP(p, r)
			p.finish()
		})
	}, nil
}

// tag returns the element to insert, and whether it has a nonce.
func (c Config) tag(r *http.Request) (tag []byte, hasNonce bool) {
	nonce := ""
	if c.Nonce != nil {
		nonce = c.Nonce(r)
	}
	// The server tells by the referrer who asks, where browsers say no more.
	text := `<script src="` + html.EscapeString(c.Origin+c.ScriptPath) + `" defer referrerpolicy="same-origin"`
	if nonce != "" {
		text += ` nonce="` + html.EscapeString(nonce) + `"`
	}
	return []byte(text + "></script>"), nonce != ""
}
