package edgetest

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/placement"
)

// A page with <base href> of a host for files gets the script of its own
// origin, not whatever that host has there.
func TestPlacementOnAPageWithBase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	place, err := placement.New(placement.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.mux.Handle("/", place(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!doctype html><html><head><base href="http://localhost:`+s.port+`/files/"></head><body></body></html>`)
	})))
	tab := browser.Tab(t)
	tab.Expect("404", "MIME", "403", "CORP|NotSameOrigin")
	tab.Open(s.url + "/")
	tab.Wait(`document.readyState === 'complete'`)
	if chromium.Eval[bool](tab, `[...document.scripts].some((s) => new URL(s.src).origin !== location.origin)`) {
		t.Error("the placed tag leads to another origin")
	}
}
