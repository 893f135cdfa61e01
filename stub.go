package maicontact

import (
	"bytes"
	"net/http"
	"time"
)

// stub is a script that is the same for everybody. It is prepared once.
type stub struct {
	text []byte
	etag string
}

func newStub(c Config) stub {
	text := call(struct {
		JSON string `json:"json"`
	}{c.JSONPath})
	return stub{text: text, etag: `"` + digest(text) + `"`}
}

// Stub returns the handler of a static chat script, which holds nothing
// personal, is the same for everybody and may be cached anywhere for 5
// minutes. In the page it fetches the answer from Config.JSONPath:
//
//	mux.Handle("GET /webchat-stub.js", m.Stub())
//	mux.Handle("GET /webchat.json", m.JSON())
//	<script src="/webchat-stub.js" defer></script>
//
// It is the form for single-page applications, and for sites that keep
// personal data out of script files. Only GET and HEAD are answered.
func (m *Middleware) Stub() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Etag", m.stub.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.stub.text))
	})
}
