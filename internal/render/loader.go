package render

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// loader is the program that all pages share, at /webchat.HASH.js beside the script's
// path. The hash is in the path because some caches and service workers ignore queries.
type loader struct {
	prefix    string // of its path, up to the hash
	path      string
	integrity string
	body      []byte
	gzipped   []byte
}

const (
	hashDigits    = 16
	loaderExt     = ".js"
	fallbackQuery = "loader"
)

func newLoader(scriptPath, text string) loader {
	sum := sha256.Sum256([]byte(text))
	l := loader{
		prefix:    strings.TrimSuffix(scriptPath, loaderExt) + ".",
		integrity: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
		body:      []byte(text),
		gzipped:   gzipped(text),
	}
	l.path = l.prefix + hex.EncodeToString(sum[:])[:hashDigits] + loaderExt
	return l
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Close() // writing to memory does not fail
	return b.Bytes()
}

// ServeLoader answers a request for the loader, of this version or, with 404, of
// another. It reports false for every other request. The answer is for all
// pages, those of other origins too, and for every cache.
func (r *Renderer) ServeLoader(w http.ResponseWriter, request *http.Request) bool {
	path := request.URL.Path
	if !strings.HasPrefix(path, r.loader.prefix) || !isHashed(path[len(r.loader.prefix):]) {
		return false
	}
	h := w.Header()
	if path != r.loader.path {
		// A cache must not keep it: the server that has it may answer next.
		h.Set("Cache-Control", "no-store")
		http.Error(w, "no such version of the chat loader", http.StatusNotFound)
		return true
	}
	r.loader.serve(w, request, "public, max-age=31536000, immutable, no-transform")
	return true
}

// isHashed reports whether the rest of a path is the hash of any version, and ".js".
func isHashed(rest string) bool {
	hash, ok := strings.CutSuffix(rest, loaderExt)
	if !ok || len(hash) < 12 || len(hash) > 64 {
		return false
	}
	for i := range len(hash) {
		if c := hash[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
			return false
		}
	}
	return true
}

// ServeFallback answers the query "loader" of the script and its JSON form with the
// loader, for a page that could not load it otherwise. It reports false for every other
// request.
func (r *Renderer) ServeFallback(w http.ResponseWriter, request *http.Request) bool {
	if request.URL.RawQuery != fallbackQuery || request.Method != http.MethodGet && request.Method != http.MethodHead {
		return false
	}
	r.loader.serve(w, request, "no-store")
	return true
}

func (l *loader) serve(w http.ResponseWriter, request *http.Request, caching string) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		h.Set("Cache-Control", "no-store")
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body := l.body
	if acceptsGzip(request.Header["Accept-Encoding"]) {
		body = l.gzipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Cache-Control", caching)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	if request.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

// acceptsGzip reports whether Accept-Encoding names and allows gzip. A * alone is not
// enough.
func acceptsGzip(lines []string) bool {
	for _, line := range lines {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			_, q, weighed := strings.Cut(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
			value, err := strconv.ParseFloat(q, 64)
			return !weighed || err == nil && value > 0
		}
	}
	return false
}
