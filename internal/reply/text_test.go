package reply

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// Each text has its own length, whatever somebody did to the header of another.
func TestLengths(t *testing.T) {
	var b Buffers
	send := func(size int) http.Header {
		w, room := httptest.NewRecorder(), b.Get()
		b.Send(w, http.StatusOK, room, append(*room, strings.Repeat("x", size)...))
		if w.Body.Len() != size {
			t.Errorf("%d bytes, want %d", w.Body.Len(), size)
		}
		return w.Header()
	}
	for _, size := range []int{600, 600, 601, 600, 0, 5000, 5000} {
		h := send(size)
		if got := h["Content-Length"]; len(got) != 1 || got[0] != strconv.Itoa(size) {
			t.Errorf("Content-Length %q, want %d", got, size)
		}
		h.Add("Content-Length", "1")
		if h = send(size); len(h["Content-Length"]) != 1 {
			t.Error("what was added to one reply is in another")
		}
		h["Content-Length"][0] = "1" // where it stands
	}
}
