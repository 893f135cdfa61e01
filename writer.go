package maicontact

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// responseWriter commits the visit at the one gate that every way out of a
// handler passes, just before the first byte of the final reply.
type responseWriter struct {
	inner http.ResponseWriter
	visit *visit
}

// Header implements http.ResponseWriter.
func (w *responseWriter) Header() http.Header { return w.inner.Header() }

// Unwrap serves http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.inner }

// WriteHeader implements http.ResponseWriter. Informational replies are not
// the final one; 101 is.
func (w *responseWriter) WriteHeader(status int) {
	switch {
	case status == http.StatusSwitchingProtocols:
		w.visit.commitPrivate()
	case status >= 200:
		w.visit.commit()
	}
	w.inner.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *responseWriter) Write(p []byte) (int, error) {
	w.visit.commit()
	return w.inner.Write(p)
}

// WriteString implements io.StringWriter.
func (w *responseWriter) WriteString(s string) (int, error) {
	w.visit.commit()
	return io.WriteString(w.inner, s)
}

// ReadFrom implements io.ReaderFrom, so that sendfile keeps working.
func (w *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	w.visit.commit()
	return io.Copy(w.inner, r)
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError serves http.ResponseController.
func (w *responseWriter) FlushError() error {
	w.visit.commit()
	return http.NewResponseController(w.inner).Flush()
}

// Hijack implements http.Hijacker.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.visit.commitPrivate()
	return http.NewResponseController(w.inner).Hijack()
}
