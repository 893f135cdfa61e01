package reply

import (
	"net/http"
	"strconv"
	"sync"
)

// Buffers keeps room for the texts of answers. The zero value is ready for use,
// and safe for concurrent use.
type Buffers struct{ pool sync.Pool }

// Get returns room for a text, empty.
func (b *Buffers) Get() *[]byte {
	if room, ok := b.pool.Get().(*[]byte); ok {
		*room = (*room)[:0]
		return room
	}
	return new([]byte)
}

// Send writes a text as a whole reply, and takes back the room that it was
// written into.
func (b *Buffers) Send(w http.ResponseWriter, status int, room *[]byte, text []byte) {
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(text))} // the reply's own, as its other lines are
	w.WriteHeader(status)
	_, _ = w.Write(text) // #nosec G705 -- rendered for its place
	// Whoever keeps what a Write was given is at fault, as with fmt.Fprintf. It
	// finds nobody's id there all the same, until the next answer.
	if clear(text); cap(text) <= largestBuffer {
		*room = text
		b.pool.Put(room)
	}
}

// largestBuffer bounds what is kept for the next answer. HTTP/2 copies a Write
// of up to this size, and may hold on to a larger one when a stream is reset.
const largestBuffer = 4 << 10
