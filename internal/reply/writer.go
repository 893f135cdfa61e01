// Package reply writes what a request decided into the header of its reply: the
// session's cookie, what the browser should clear, and what keeps the reply out of
// shared caches. It does so once, just before the first byte is sent, whichever way
// the handler writes. A reply for which nothing was decided is left as it is.
package reply

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
)

// Writer is the ResponseWriter of one request. Call [Writer.Init] before use, and do
// not copy it after that. Several goroutines may decide things for the reply.
//
// It is written by hand: a wrapper that is assembled from hooks for each request, such
// as httpsnoop's, allocates every time, and this one never does.
type Writer struct {
	inner    http.ResponseWriter
	reporter Reporter

	mu        sync.Mutex // guards what was decided
	committed bool
	private   bool
	prepared  bool // the header is private as it stands
	plan      func(http.Header) error
	clear     []string
}

var (
	_ http.Flusher    = (*Writer)(nil)
	_ http.Hijacker   = (*Writer)(nil)
	_ io.ReaderFrom   = (*Writer)(nil)
	_ io.StringWriter = (*Writer)(nil)
)

// Init prepares a Writer. The reporter is told what went wrong with the header.
func (w *Writer) Init(inner http.ResponseWriter, r Reporter) {
	w.inner, w.reporter = inner, r
}

// Header implements http.ResponseWriter.
func (w *Writer) Header() http.Header { return w.inner.Header() }

// Unwrap serves http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.inner }

// WriteHeader implements http.ResponseWriter. Informational replies are not
// the final one; 101 is.
func (w *Writer) WriteHeader(status int) {
	switch {
	case status == http.StatusSwitchingProtocols:
		w.commitPrivate()
	case status >= 200:
		w.Commit()
	}
	w.inner.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *Writer) Write(p []byte) (int, error) {
	w.Commit()
	return w.inner.Write(p)
}

// WriteString implements io.StringWriter.
func (w *Writer) WriteString(s string) (int, error) {
	w.Commit()
	return io.WriteString(w.inner, s)
}

// ReadFrom implements io.ReaderFrom, so that sendfile keeps working.
func (w *Writer) ReadFrom(r io.Reader) (int64, error) {
	w.Commit()
	return io.Copy(w.inner, r)
}

// Flush implements http.Flusher.
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError serves http.ResponseController.
func (w *Writer) FlushError() error {
	w.Commit()
	return http.NewResponseController(w.inner).Flush()
}

// Hijack implements http.Hijacker.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.commitPrivate()
	return http.NewResponseController(w.inner).Hijack()
}
