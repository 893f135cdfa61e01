package reply

import (
	"net/http"
	"strconv"
	"sync"
)

// Buffers is a pool of buffers for the texts of answers. The zero value is ready for
// use, and safe for concurrent use.
type Buffers struct{ pool sync.Pool }

// Get returns an empty buffer.
func (b *Buffers) Get() *[]byte {
	if room, ok := b.pool.Get().(*[]byte); ok {
		*room = (*room)[:0]
		return room
	}
	return new([]byte)
}

// Send writes a text as a whole reply, and puts its buffer back.
func (b *Buffers) Send(w http.ResponseWriter, status int, room *[]byte, text []byte) {
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(text))} // the reply's own, as its other lines are
	w.WriteHeader(status)
	_, _ = w.Write(text) // #nosec G705 -- rendered for its place
	// A Writer must not keep what Write was given. It is cleared all the same, so that
	// one which does finds no id there until the next answer.
	if clear(text); cap(text) <= maxBuffer {
		*room = text
		b.pool.Put(room)
	}
}

// maxBuffer bounds what is kept for the next answer. HTTP/2 copies a Write
// of up to this size, and may hold on to a larger one when a stream is reset.
const maxBuffer = 4 << 10
