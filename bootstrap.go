package maicontact

import (
	"net/http"
	"strconv"
)

// Script returns the handler of the chat script route, to be mounted at
// Config.ScriptPath:
//
//	mux.Handle("GET /webchat.js", m.Script())
//	<script src="/webchat.js" defer></script>
//
// It works with and without [Middleware.Handler] around it. Who is asking
// comes from Config.Identify and the session alone; no parameter, header or
// body can choose it. Only GET is answered, HEAD makes nothing, and only pages
// of the same origin, or of Config.AllowedOrigins, may read it (see
// [Middleware.Check]). A contact id is never in a reply that may be cached.
// When there is no contact the reply is still 200 and a valid script, which
// says why and asks again when that may help; a refusal is 403.
func (m *Middleware) Script() http.Handler {
	return m.route(form{
		header:  newRouteHeader("text/javascript; charset=utf-8"),
		answer:  m.script.text,
		tail:    m.script.tail,
		refusal: comment,
	})
}

// JSON returns the handler of the script route's JSON form, to be mounted at
// Config.JSONPath. The script that [Middleware.Stub] serves fetches it:
//
//	mux.Handle("GET /webchat.json", m.JSON())
//
// It answers as Script does, with the same guard and headers, and one object:
//
//	{"config": {…}, "embed": "https://…", "epoch": "…"}
//	{"epoch": "…", "reason": "unavailable", "retry": true}
//
// config is the widget's configuration and embed the address of the chat's own
// script; both are there exactly when there is a contact. epoch names the
// identity that the answer is for, and is missing while that is not known.
func (m *Middleware) JSON() http.Handler {
	return m.route(form{
		header:  newRouteHeader("application/json"),
		answer:  m.script.json,
		refusal: func(reason Reason) []byte { return append(encode(loaderOptions{Reason: reason}), '\n') },
	})
}

// form is how an answer is written. It is prepared once.
type form struct {
	header  *routeHeader
	answer  appendAnswer
	tail    []byte // the same for everybody; written after an answer
	refusal func(Reason) []byte
}

func (m *Middleware) route(f form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, err := visitOf(r.Context()); err == nil && v.middleware == m {
			m.serve(w, r, v, f)
			return
		}
		v := m.begin(w, r)
		m.serve(&v.writer, r, v, f)
		v.commit()
	})
}

// serve answers a request, which has the visit.
func (m *Middleware) serve(w http.ResponseWriter, r *http.Request, v *visit, f form) {
	h := w.Header()
	f.header.set(h)

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	page, err := m.readerOf(r)
	if err != nil {
		reason := reasonOf(err)
		v.tell(r.Context(), reason, nil)
		text := f.refusal(reason)
		h.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(text)
		return
	}
	page.open(h)
	a := m.answerTo(r, v, page)
	if r.Method != http.MethodGet {
		return
	}
	buffer := m.buffers.Get().(*[]byte)
	text := m.render(r.Context(), v, (*buffer)[:0], a, f.answer)
	h["Content-Length"] = []string{strconv.Itoa(len(text) + len(f.tail))}
	_, _ = w.Write(text)
	if len(f.tail) > 0 {
		_, _ = w.Write(f.tail)
	}
	// Whoever keeps what a Write was given is at fault, as with fmt.Fprintf. It
	// finds nobody's id there all the same, until the next answer.
	if clear(text); cap(text) <= largestBuffer {
		*buffer = text
		m.buffers.Put(buffer)
	}
}

// largestBuffer bounds what is kept for the next answer. HTTP/2 copies a Write
// of up to this size, and may hold on to a larger one when a stream is reset.
const largestBuffer = 4 << 10

// open lets the browser give the reply to a listed page.
func (p reader) open(h http.Header) {
	if p.origin == "" {
		return
	}
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if p.named {
		h.Set("Access-Control-Allow-Origin", p.origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}
