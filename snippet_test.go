package maicontact_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The source is the hash of exactly what stands between the tags.
func TestSnippetWithHash(t *testing.T) {
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.WidgetOptions = func(*http.Request) (webchat.Options, error) {
			return webchat.Options{PrimaryColor: "</script>&\u2028\r\n\x00é"}, nil
		}
	})
	s.member("u-alice", alice)
	var source string
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		element, hash, err := maicontact.SnippetWithHash(r.Context())
		if err != nil {
			t.Error(err)
		}
		source = hash
		io.WriteString(w, "<!doctype html><meta charset=utf-8><title>shop</title>"+string(element)+"<p>after</p>")
	})
	seen := map[string]bool{}
	for _, user := range []string{"u-alice", "", "nobody"} {
		b := s.browser()
		b.login(user)
		body, _ := io.ReadAll(b.send("GET", "/page").Body)
		_, rest, _ := strings.Cut(string(body), "<script>")
		text, after, ok := strings.Cut(rest, "</script>")
		if !ok || after != "<p>after</p>" || strings.ContainsAny(text, "\r\x00") {
			t.Fatalf("the page is %s", body)
		}
		sum := sha256.Sum256([]byte(text))
		loader := loaderOf(t, b.send("GET", "/webchat.js")).SRI
		if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "' '" + loader + "'"; source != want {
			t.Errorf("user %q: source %s, want %s", user, source, want)
		}
		if seen[source] {
			t.Error("two people have one hash")
		}
		seen[source] = true
	}
	if _, _, err := maicontact.SnippetWithHash(t.Context()); !errors.Is(err, maicontact.ErrNoMiddleware) {
		t.Errorf("without the middleware: %v", err)
	}
}

// A page that is marked for shared caches and holds the snippet is sent
// private, and the log says so; what it varies by stays.
func TestSnippetOnPublicPage(t *testing.T) {
	s := newSite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=600")
		h.Set("Cdn-Cache-Control", "max-age=600")
		h.Set("Expires", "Thu, 01 Jan 2032 00:00:00 GMT")
		h.Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
		h.Set("Vary", "Accept-Encoding, Accept-Language")
		h.Set("Content-Type", "text/html; charset=utf-8")
		snippet, err := maicontact.Snippet(r.Context(), "")
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, string(snippet))
	})
	response := s.browser().send("GET", "/page")
	if a := read(t, response); a.Contact == "" {
		t.Errorf("answer %+v", a)
	}
	header := response.Header
	header.Del("Set-Cookie")
	wantHeader(t, header, http.Header{
		"Cache-Control": {"private, no-store"}, "Cdn-Cache-Control": {"no-store"}, "Surrogate-Control": {"no-store"},
		"Vary": {"Accept-Encoding, Accept-Language", "Cookie", "*"}, "Content-Type": {"text/html; charset=utf-8"},
	})
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 || !strings.Contains(s.log.String(), "marked cacheable by others") {
		t.Errorf("the log has %d errors:\n%s", n, s.log)
	}
}

// The inline form says what the script says, and asks again at its route.
func TestSnippetSaysWhatTheScriptSays(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		snippet, _ := maicontact.Snippet(r.Context(), "")
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, string(snippet))
	})
	for _, user := range []string{"u-alice", "nobody"} {
		b := s.browser()
		b.login(user)
		inline, script := listen(t, b.send("GET", "/page")), listen(t, b.send("GET", "/webchat.js"))
		if !reflect.DeepEqual(inline, script) || inline.Again != "/webchat.js" {
			t.Errorf("user %q: inline %+v, script %+v", user, inline, script)
		}
	}
}
