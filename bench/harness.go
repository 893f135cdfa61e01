package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// newRequest is a GET by Chrome for the chat script, with two unrelated cookies
// and so many others.
func newRequest(others int, cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://shop.example/webchat.js", nil)
	for name, value := range map[string]string{
		"Accept":             "*/*",
		"Accept-Encoding":    "gzip, deflate, br, zstd",
		"Accept-Language":    "en-US,en;q=0.9",
		"Referer":            "https://shop.example/",
		"Sec-Ch-Ua":          `"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"`,
		"Sec-Ch-Ua-Mobile":   "?0",
		"Sec-Ch-Ua-Platform": `"Windows"`,
		"Sec-Fetch-Dest":     "script",
		"Sec-Fetch-Mode":     "no-cors",
		"Sec-Fetch-Site":     "same-origin",
		"User-Agent":         "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	} {
		r.Header.Set(name, value)
	}
	r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	r.AddCookie(&http.Cookie{Name: "_ga", Value: "GA1.1.1403961021.1763800000"})
	for i := range others {
		r.AddCookie(&http.Cookie{Name: "other" + strconv.Itoa(i), Value: "0123456789abcdef01234567"})
	}
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

// discard is a ResponseWriter that keeps nothing but counts. Two of them on two
// cores share no cache line, which would cost either of them.
type discard struct {
	header  http.Header
	status  int
	written int64
	_       [104]byte
}

func (w *discard) Header() http.Header { return w.header }

func (w *discard) Write(p []byte) (int, error) {
	w.written += int64(len(p))
	return len(p), nil
}

func (w *discard) WriteHeader(status int) { w.status = status }

// serve times h. The request is copied afresh for each call, since gorilla
// writes into it, and the header is cleared. Every call must write want bytes.
func serve(h http.Handler, r *http.Request, want int) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		w := &discard{header: http.Header{}}
		fresh := new(http.Request)
		begun, ok := cpuTime()
		for b.Loop() {
			clear(w.header)
			*fresh = *r
			h.ServeHTTP(w, fresh)
		}
		if ended, _ := cpuTime(); ok {
			b.ReportMetric(float64(ended-begun)/float64(b.N), cpuMetric)
		}
		checkWritten(b, w, int64(b.N)*int64(want))
	}
}

// serveParallel is serve on GOMAXPROCS goroutines.
func serveParallel(h http.Handler, r *http.Request, want int) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		begun, ok := cpuTime()
		b.RunParallel(func(pb *testing.PB) {
			w := &discard{header: http.Header{}}
			fresh := new(http.Request)
			calls := int64(0)
			for pb.Next() {
				clear(w.header)
				*fresh = *r
				h.ServeHTTP(w, fresh)
				calls++
			}
			checkWritten(b, w, calls*int64(want))
		})
		if ended, _ := cpuTime(); ok {
			b.ReportMetric(float64(ended-begun)/float64(b.N), cpuMetric)
		}
	}
}

func checkWritten(b *testing.B, w *discard, want int64) {
	if w.written != want || w.status != 0 && w.status != http.StatusOK {
		b.Errorf("status %d and %d bytes written, want %d", w.status, w.written, want)
	}
}

// reply is a ready reply with four headers: what a handler writes that need not
// find out who is there.
type reply struct {
	contentType string
	body        []byte
}

func (p reply) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", p.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Length", strconv.Itoa(len(p.body)))
	_, _ = w.Write(p.body)
}

// answer serves r once and returns what came back.
func answer(h http.Handler, r *http.Request) (*httptest.ResponseRecorder, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.Clone(r.Context()))
	if w.Code != http.StatusOK {
		return w, fmt.Errorf("status %d: %s", w.Code, w.Body)
	}
	return w, nil
}

// wrong is written where a handler took somebody for somebody else. Its length
// is nobody's.
func wrong(w http.ResponseWriter) { http.Error(w, "the wrong person", http.StatusInternalServerError) }
