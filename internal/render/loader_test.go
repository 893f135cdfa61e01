package render

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/templates"
)

func request(method, path string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// The loader is the same for everybody, in both forms, and for every cache; its
// integrity is that of what is sent.
func TestLoader(t *testing.T) {
	r := newRenderer(t)
	sum := sha256.Sum256([]byte(templates.Loader))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; r.LoaderSource() != want {
		t.Errorf("source %s, want %s", r.LoaderSource(), want)
	}
	const forever = "public, max-age=31536000, immutable, no-transform"
	for name, test := range map[string]struct {
		request *http.Request
		serve   func(http.ResponseWriter, *http.Request) bool
		caching string
		zipped  bool
		body    string
	}{
		"plain":             {request("GET", r.loader.path), r.ServeLoader, forever, false, templates.Loader},
		"any query":         {request("GET", r.loader.path+"?x=1"), r.ServeLoader, forever, false, templates.Loader},
		"gzip":              {request("GET", r.loader.path, "Accept-Encoding", "br, gzip;q=0.5"), r.ServeLoader, forever, true, templates.Loader},
		"gzip, second line": {request("GET", r.loader.path, "Accept-Encoding", "br", "Accept-Encoding", "GZIP"), r.ServeLoader, forever, true, templates.Loader},
		"no gzip":           {request("GET", r.loader.path, "Accept-Encoding", "gzip; q=0.0, br"), r.ServeLoader, forever, false, templates.Loader},
		"HEAD":              {request("HEAD", r.loader.path), r.ServeLoader, forever, false, ""},
		"fallback":          {request("GET", "/webchat.js?loader", "Accept-Encoding", "gzip"), r.ServeFallback, "no-store", true, templates.Loader},
	} {
		w := httptest.NewRecorder()
		if !test.serve(w, test.request) {
			t.Errorf("%s: not answered", name)
			continue
		}
		body := w.Body.Bytes()
		want := http.Header{
			"X-Content-Type-Options": {"nosniff"}, "Cross-Origin-Resource-Policy": {"cross-origin"}, "Access-Control-Allow-Origin": {"*"},
			"Cache-Control": {test.caching}, "Content-Type": {"text/javascript; charset=utf-8"}, "Vary": {"Accept-Encoding"},
			"Content-Length": w.Header()["Content-Length"],
		}
		if test.zipped {
			want.Set("Content-Encoding", "gzip")
			reader, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
		}
		if w.Code != 200 || string(body) != test.body || !reflect.DeepEqual(w.Header(), want) {
			t.Errorf("%s: status %d, %d bytes, header %v, want %v", name, w.Code, len(body), w.Header(), want)
		}
	}
}

// Another version's loader is nowhere to be found, and no cache remembers that.
func TestOtherLoader(t *testing.T) {
	r := newRenderer(t)
	for path, status := range map[string]int{
		"/webchat.0123456789abcdef.js": 404, "/webchat.0123456789ab.js": 404, "/webchat.js": 0, "/webchat.min.js": 0, "/webchat.0123456789ab/x.js": 0,
		"/other" + r.loader.path: 0, r.loader.path + "x": 0, "/webchat." + strings.Repeat("a", 65) + ".js": 0,
	} {
		w := httptest.NewRecorder()
		switch ok := r.ServeLoader(w, request("GET", path)); {
		case ok != (status != 0):
			t.Errorf("%s: answered: %t", path, ok)
		case ok && (w.Code != status || w.Header().Get("Cache-Control") != "no-store"):
			t.Errorf("%s: status %d, Cache-Control %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
	w := httptest.NewRecorder()
	if !r.ServeLoader(w, request("POST", r.loader.path)) || w.Code != 405 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("POST: status %d, header %v", w.Code, w.Header())
	}
	for _, none := range []*http.Request{request("GET", "/webchat.js"), request("GET", "/webchat.js?loader=1"), request("POST", "/webchat.js?loader")} {
		if r.ServeFallback(httptest.NewRecorder(), none) {
			t.Errorf("%s %s was answered", none.Method, none.URL)
		}
	}
}
