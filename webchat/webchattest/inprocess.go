package webchattest

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// maxReply bounds what is kept of a reply: the one of [Endless] has no end.
const maxReply = 2 << 20

// InProcess returns a transport that calls a handler, such as a [Simulation], without
// a network, so that it can be used under testing/synctest. A handler that panics has
// cut the connection, as below net/http; one that works on when the request's context
// has ended is not waited for. It is safe for concurrent use, as far as the handler is.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder, served := boundedRecorder{httptest.NewRecorder()}, r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- io.ErrUnexpectedEOF
			}
		}()
		t.handler.ServeHTTP(recorder, served)
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return recorder.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// boundedRecorder ends a body that has no end.
type boundedRecorder struct{ *httptest.ResponseRecorder }

// Write implements [io.Writer].
func (r boundedRecorder) Write(p []byte) (int, error) {
	if r.Body.Len() > maxReply {
		return 0, io.ErrShortWrite
	}
	return r.ResponseRecorder.Write(p)
}

// WriteString implements [io.StringWriter], by which io.WriteString writes.
func (r boundedRecorder) WriteString(s string) (int, error) { return r.Write([]byte(s)) }
