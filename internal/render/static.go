package render

import (
	"bytes"
	"net/http"
	"time"
)

// StaticHandler serves the script that fetches the JSON form. It is the same for
// everybody, and may be cached anywhere for 5 minutes.
func (r *Renderer) StaticHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if request.Method != http.MethodGet && request.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Etag", r.etag)
		http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(r.static))
	})
}
