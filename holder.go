package maicontact

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// holdTime is how long it is remembered who was given a contact.
	holdTime = 10 * time.Minute
	// mostHolders bounds that memory. When it is full, contacts are handed out
	// without it until older ones have run out.
	mostHolders = 100_000
)

// errHeldByOther means that a contact was given to somebody else a moment ago.
var errHeldByOther = fmt.Errorf("%w: the contact was given to somebody else", Unavailable)

// holders remembers to whom this process has given which contact, so that one
// which turns up for a second person stays with the first. Members' rows refuse
// that for good; visitors have none. It also remembers which contacts were
// deleted on purpose. The zero holders is not ready; it is safe for concurrent
// use.
type holders struct {
	known *shards // holderKey -> holder or buried
}

// holder is the tag of an owner.
type holder uint64

// buried is in the place of a holder where nobody may be one.
type buried struct{}

// held is who holds a contact.
type held int

const (
	heldByOther held = iota
	heldByNobody
	heldByOwner
	heldNewly // by the owner, and by nobody before
)

func newHolders(most int) *holders { return &holders{newShards(most)} }

// take makes owner the holder of id, unless somebody else is or nobody may be.
// Of a known holder the time is renewed when half of it is over; most requests
// change nothing.
func (h *holders) take(id webchat.ContactID, owner string, now time.Time) held {
	key, me := holderKey(id), holder(h.known.tag(owner))
	s := h.known.of(string(key[:]))
	if who, ends, ok := s.known.GetWithExpiration(string(key[:])); ok {
		if got := me.heldBy(who); got != heldByOwner || ends.Sub(now) >= holdTime/2 {
			return got
		}
	}
	return s.take(string(key[:]), me)
}

// take decides under the lock: the holder may be another by now.
func (s *shard) take(key string, me holder) held {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := heldNewly
	if who, ok := s.known.Get(key); ok {
		got = me.heldBy(who)
	}
	if got == heldByOwner || got == heldNewly {
		s.put(key, me, holdTime)
	}
	return got
}

func (me holder) heldBy(who any) held {
	switch who {
	case buried{}:
		return heldByNobody
	case me:
		return heldByOwner
	default:
		return heldByOther
	}
}

// release undoes a take that was new.
func (h *holders) release(id webchat.ContactID, owner string) {
	key, me := holderKey(id), holder(h.known.tag(owner))
	s := h.known.of(string(key[:]))
	s.mu.Lock()
	defer s.mu.Unlock()
	if who, ok := s.known.Get(string(key[:])); ok && me.heldBy(who) == heldByOwner {
		s.known.Delete(string(key[:]))
	}
}

// bury lets nobody hold id for so long. It always has room: a live holder gives
// way, or of too many buried ones the one whose time is over first.
func (h *holders) bury(id webchat.ContactID, d time.Duration) {
	key := holderKey(id)
	s := h.known.of(string(key[:]))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.put(string(key[:]), buried{}, d) {
		s.giveWay()
		s.known.Set(string(key[:]), buried{}, d)
	}
}

// giveWay needs mu. It makes room for one.
func (s *shard) giveWay() {
	s.known.DeleteExpired()
	if !s.isFull() {
		return
	}
	var first string
	ends := int64(math.MaxInt64)
	for key, item := range s.known.Items() {
		if item.Object != (buried{}) {
			first = key
			break
		}
		if item.Expiration < ends {
			first, ends = key, item.Expiration
		}
	}
	s.known.Delete(first)
}

// sweep takes out what has run out.
func (h *holders) sweep() { h.known.sweep() }

// holderKey is the number that a contact id stands for, which takes less room
// than its text.
func holderKey(id webchat.ContactID) (key [16]byte) {
	text := id.Reveal()
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return otherKey(text)
	}
	for i, at := range [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := hexDigit(text[at]), hexDigit(text[at+1])
		if high|low > 15 {
			return otherKey(text)
		}
		key[i] = high<<4 | low
	}
	return key
}

// otherKey is for what is no UUID: a store may hold anything.
func otherKey(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// hexDigit returns what a digit stands for, and 255 for anything else.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10
	}
	return 255
}

// handOut is asked before a contact goes to its owner.
func (r *resolver) handOut(ctx context.Context, id webchat.ContactID, owner string, now time.Time) error {
	got := r.holders.take(id, owner, now)
	if got == heldByOwner || got == heldNewly {
		return nil
	}
	r.recent.forget(owner)
	if got == heldByNobody {
		return fmt.Errorf("%w: the contact was deleted", Unavailable)
	}
	if n := r.refused.count(time.Now()); n > 0 {
		r.log.ErrorContext(ctx, "maicontact: one contact turned up for two people; the second does not get it. Look for a proxy that answers API calls from a cache", "times", n)
	}
	return errHeldByOther
}

// bindHeld keeps a contact out of a member's row that somebody else holds.
func (r *resolver) bindHeld(id webchat.ContactID, owner string, bind func() (Contact, error)) (Contact, error) {
	got := r.holders.take(id, owner, time.Now())
	if got != heldByOwner && got != heldNewly {
		return Contact{}, fmt.Errorf("%w: it was given to somebody else", ErrContactTaken)
	}
	row, err := bind()
	if err != nil && got == heldNewly {
		r.holders.release(id, owner)
	}
	return row, err
}
