package maicontact_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/maicontact/maicontact"
)

// touching is a middleware's writer that changes header lines where they stand.
type touching struct{ http.ResponseWriter }

func (w touching) Write(p []byte) (int, error) {
	for name, lines := range w.Header() {
		switch name {
		case "Cache-Control", "Cdn-Cache-Control", "Surrogate-Control", "Vary":
			for i := range lines {
				lines[i] = "public, max-age=60"
			}
		}
	}
	return w.ResponseWriter.Write(p)
}

// What somebody does to the header of one reply stays with that reply.
func TestNobodyChangesTheHeaderOfAnother(t *testing.T) {
	s := newSite(t, nil)
	b := s.browser()
	b.contact()
	want := b.send("GET", "/webchat.js").Header
	inner := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(touching{w}, r) })
	b.send("GET", "/webchat.js")
	s.handler = inner
	got := b.send("GET", "/webchat.js").Header
	for _, name := range []string{"Cache-Control", "Cdn-Cache-Control", "Surrogate-Control", "Vary"} {
		if got.Get(name) != want.Get(name) {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want.Get(name))
		}
	}
}

// Identify may reach the reply by other ways than its request.
func TestIdentifyMarksTheScriptPublic(t *testing.T) {
	for _, name := range []string{"Cache-Control", "Etag", "Expires", "Cloudflare-Cdn-Cache-Control", "Surrogate-Control", "Vary"} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			b := s.browser()
			b.contact()
			want := b.send("GET", "/webchat.js").Header
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", origin+"/webchat.js", nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			for _, c := range b.jar.Cookies(shop) {
				r.AddCookie(c)
			}
			s.identifyBy(func(*http.Request) (*maicontact.Member, error) {
				w.Header().Set(name, "public")
				return nil, nil
			})
			s.handler.ServeHTTP(w, r)
			if read(t, w.Result()).Contact == "" {
				t.Fatal("no contact")
			}
			got := w.Result().Header.Values(name)
			for _, line := range got {
				if line == "public" && name != "Vary" {
					t.Errorf("%s: %q, want %q", name, got, want.Values(name))
				}
			}
			if name == "Vary" && len(got) < 2 {
				t.Errorf("Vary: %q, want %q as well", got, want.Values(name))
			}
		})
	}
}
