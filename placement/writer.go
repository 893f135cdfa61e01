package placement

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
)

// maxHeld is how much of a page is held back, to know before its header leaves
// whether it is changed.
const maxHeld = 32 << 10

// stage is how far a reply has come.
type stage int

const (
	fresh   stage = iota // the handler has not begun the reply
	holding              // it has, and nothing has left yet
	passing              // the header has left, the tag has not
	through              // nothing more to do: what comes is passed on
)

// responseWriter watches one reply and puts the tag into it.
type responseWriter struct {
	inner   http.ResponseWriter
	request *http.Request
	config  Config
	tag     []byte

	stage    stage
	header   http.Header // as it was when the handler began the reply
	document *document   // nil until the reply is known to be HTML
	pending  []byte      // written by the handler, and not passed on yet
	written  int64       // by the handler

	// declared is the handler's Content-Length while net/http does not know
	// it, or -1.
	declared int64
}

func newResponseWriter(w http.ResponseWriter, r *http.Request, c Config) *responseWriter {
	return &responseWriter{inner: w, request: r, config: c, declared: -1}
}

// release frees what the reply used, however the handler ended.
func (w *responseWriter) release() {
	if w.document != nil {
		w.document.close()
	}
}

// Header implements http.ResponseWriter.
func (w *responseWriter) Header() http.Header { return w.inner.Header() }

// Unwrap serves http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.inner }

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	switch {
	case w.stage == fresh && status >= 200:
		w.begin(status)
	case w.stage == fresh && status == http.StatusSwitchingProtocols:
		w.stage = through
		w.inner.WriteHeader(status)
	case w.stage == holding: // once too often: the first one counts
	default: // informational, or once too often, which net/http reports
		w.inner.WriteHeader(status)
	}
}

// begin decides by the header whether the reply can be a page.
func (w *responseWriter) begin(status int) {
	h := w.inner.Header()
	kind := candidateOf(status, h)
	if kind == untouchable {
		w.stage = through
		w.inner.WriteHeader(status)
		return
	}
	w.stage, w.header, w.declared = holding, h.Clone(), declaredLength(h)
	if kind == page {
		w.watch()
	}
}

func (w *responseWriter) watch() {
	w.document = newDocument(w.config, w.request.Host)
}

// Write implements http.ResponseWriter.
func (w *responseWriter) Write(p []byte) (int, error) {
	if w.stage == fresh {
		w.begin(http.StatusOK)
	}
	if w.declared >= 0 && w.written+int64(len(p)) > w.declared {
		return 0, http.ErrContentLength
	}
	if w.stage == through {
		w.written += int64(len(p))
		return w.inner.Write(p)
	}
	if err := w.take(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (w *responseWriter) WriteString(s string) (int, error) {
	if w.stage == through && w.declared < 0 {
		return io.WriteString(w.inner, s)
	}
	return w.Write([]byte(s))
}

// ReadFrom implements io.ReaderFrom, so that sendfile keeps working for what
// is left alone.
func (w *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if w.stage == fresh {
		w.begin(http.StatusOK)
	}
	if w.stage == through && w.declared < 0 {
		return io.Copy(w.inner, r)
	}
	return io.Copy(struct{ io.Writer }{w}, r)
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError serves http.ResponseController.
func (w *responseWriter) FlushError() error {
	if err := w.hurry(); err != nil {
		return err
	}
	return http.NewResponseController(w.inner).Flush()
}

// Hijack implements http.Hijacker.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.stage == holding || w.stage == passing {
		if err := errors.Join(w.hurry(), w.end(w.pending)); err != nil {
			return nil, nil, err
		}
	}
	conn, buffered, err := http.NewResponseController(w.inner).Hijack()
	if err == nil {
		w.stage, w.declared = through, -1
	}
	return conn, buffered, err
}
