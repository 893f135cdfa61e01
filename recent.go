package maicontact

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// recallTime is how long an answer is remembered in the process.
	recallTime = 30 * time.Second
	// mostRecalled bounds that memory. When it is full, the store is asked.
	mostRecalled = 100_000
)

// recent remembers the answers that this process gave a moment ago. The zero
// recent is not ready; it is safe for concurrent use.
type recent struct {
	known *shards // owner -> recalled
}

// recalled is the tag of the stamp and the contact id, in one piece: there may
// be many.
type recalled string

const tagLength = 8

func newRecent(most int) recent { return recent{newShards(most)} }

// get returns the owner's contact where the answer was given for this stamp.
func (r recent) get(owner, stamp string) (webchat.ContactID, bool) {
	item, ok := r.known.of(owner).known.Get(owner)
	if !ok {
		return "", false
	}
	answer := item.(recalled)
	if binary.NativeEndian.Uint64([]byte(answer[:tagLength])) != r.known.tag(stamp) {
		return "", false
	}
	return webchat.ContactID(answer[tagLength:]), true
}

// put copies what it keeps: an owner may be a part of a whole session.
func (r recent) put(owner, stamp string, id webchat.ContactID) {
	text := binary.NativeEndian.AppendUint64(make([]byte, 0, tagLength+len(id)), r.known.tag(stamp))
	text = append(text, id.Reveal()...)
	s := r.known.of(owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(strings.Clone(owner), recalled(text), recallTime)
}

func (r recent) forget(owner string) {
	s := r.known.of(owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.Delete(owner)
}

// sweep takes out what has run out.
func (r recent) sweep() { r.known.sweep() }
