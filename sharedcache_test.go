package maicontact_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
)

// Shared caches that obey a header of their own before Cache-Control must not
// keep a page with the contact id, and marking a page for them is an error in
// the log.
func TestPersonalPageIsInNoVendorsCache(t *testing.T) {
	for name, value := range map[string]string{
		"X-Accel-Expires":              "600", // nginx, before Cache-Control
		"Cloudflare-Cdn-Cache-Control": "public, max-age=600",
		"Vercel-Cdn-Cache-Control":     "public, max-age=600",
		"Netlify-Cdn-Cache-Control":    "public, max-age=600",
		"Edge-Control":                 "max-age=600", // Akamai
		"Cdn-Cache-Control":            "max-age=600",
		"Surrogate-Control":            "max-age=600",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(name, value)
				w.Header().Set("Content-Type", "text/html")
				snippet, _ := maicontact.Snippet(r.Context(), "")
				io.WriteString(w, string(snippet))
			})
			response := s.browser().send("GET", "/page")
			if a := read(t, response); a.Contact == "" {
				t.Fatalf("answer %+v", a)
			}
			if got := response.Header.Get(name); strings.Contains(got, "600") {
				t.Errorf("a page with a contact id says %s: %s", name, got)
			}
			if !strings.Contains(s.log.String(), "marked cacheable by others") {
				t.Error("the log does not tell")
			}
		})
	}
}
