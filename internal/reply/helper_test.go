package reply

import (
	"net/http"
	"reflect"
	"sync"
	"testing"
)

// exchange is a request as the Writer's owner keeps it.
type exchange struct {
	writer Writer

	mu      sync.Mutex
	reports []error
}

func (x *exchange) Report(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reports = append(x.reports, err)
}

// wrap gives a handler a Writer.
func wrap(next func(x *exchange, w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{}
		x.writer.Init(w, x)
		next(x, &x.writer, r)
		x.writer.Commit()
	})
}

// withCookie plans the write of a cookie.
func withCookie(h http.Header) error {
	h.Add("Set-Cookie", "c=v")
	return nil
}

// privateHeader is the header of a reply that was made private.
func privateHeader(vary ...string) http.Header {
	return http.Header{
		"Cache-Control": {"private, no-store"}, "Cdn-Cache-Control": {"no-store"}, "Surrogate-Control": {"no-store"},
		"Vary": append(vary, "Cookie", "*"),
	}
}

// wantHeader compares whole headers: one that must be absent is a difference.
func wantHeader(t *testing.T, name string, got, want http.Header) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: header\n%v\nwant\n%v", name, got, want)
	}
}
