package maicontact

import (
	"encoding/hex"
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

// recalled is an answer in little room: there may be many.
type recalled struct {
	stamp uint64   // its tag
	id    [16]byte // the number that it stands for
}

func newRecent(most int) recent { return recent{newShards(most)} }

// get returns the owner's contact where the answer was given for this stamp.
func (r recent) get(owner, stamp string) (webchat.ContactID, bool) {
	item, ok := r.known.of(owner).known.Get(owner)
	if !ok {
		return "", false
	}
	answer := item.(recalled)
	if answer.stamp != r.known.tag(stamp) {
		return "", false
	}
	return contactOf(answer.id), true
}

// put copies what it keeps: an owner may be a part of a whole session. An id
// that is no UUID is not remembered.
func (r recent) put(owner, stamp string, id webchat.ContactID) {
	answer := recalled{r.known.tag(stamp), holderKey(id)}
	if contactOf(answer.id) != id {
		return
	}
	s := r.known.of(owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(strings.Clone(owner), answer, recallTime)
}

// contactOf writes the UUID that stands for a number.
func contactOf(number [16]byte) webchat.ContactID {
	var text [36]byte
	hex.Encode(text[:8], number[:4])
	hex.Encode(text[9:13], number[4:6])
	hex.Encode(text[14:18], number[6:8])
	hex.Encode(text[19:23], number[8:10])
	hex.Encode(text[24:], number[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return webchat.ContactID(text[:])
}

func (r recent) forget(owner string) {
	s := r.known.of(owner)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.Delete(owner)
}

// sweep takes out what has run out.
func (r recent) sweep() { r.known.sweep() }
