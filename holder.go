package maicontact

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"

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

// gone holds a contact that was deleted on purpose.
const gone = ""

// holders remembers to whom this process has given which contact, so that one
// which turns up for a second person stays with the first. Members' rows refuse
// that for good; visitors have none. The zero holders is not ready; it is safe
// for concurrent use.
type holders struct {
	mu    sync.Mutex
	known *cache.Cache // a digest of the contact id -> owner
	swept time.Time
}

func newHolders() *holders {
	return &holders{known: cache.New(holdTime, 0)}
}

// take makes owner the holder of id. It reports who holds it when that is
// somebody else, and whether nobody did before.
func (h *holders) take(id webchat.ContactID, owner string) (holder string, isNew bool) {
	key := holderKey(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if known, ok := h.known.Get(key); ok {
		if known.(string) != owner {
			return known.(string), false
		}
		h.known.SetDefault(key, owner)
		return owner, false
	}
	h.put(key, owner, holdTime)
	return owner, true
}

// put sweeps at most once a minute: that takes as long as the memory is big.
func (h *holders) put(key, owner string, d time.Duration) {
	if h.known.ItemCount() >= mostHolders && time.Since(h.swept) > time.Minute {
		h.known.DeleteExpired()
		h.swept = time.Now()
	}
	if h.known.ItemCount() < mostHolders {
		h.known.Set(key, owner, d)
	}
}

// release undoes a take that was new.
func (h *holders) release(id webchat.ContactID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.known.Delete(holderKey(id))
}

// bury lets nobody hold id for so long.
func (h *holders) bury(id webchat.ContactID, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.put(holderKey(id), gone, d)
}

// holderKey keeps the ids themselves out of the memory.
func holderKey(id webchat.ContactID) string {
	sum := sha256.Sum256([]byte(id.Reveal()))
	return string(sum[:16])
}

// handOut is asked before a contact goes to its owner.
func (r *resolver) handOut(ctx context.Context, id webchat.ContactID, owner string) error {
	holder, _ := r.holders.take(id, owner)
	if holder == owner {
		return nil
	}
	r.recent.Delete(owner)
	if holder == gone {
		return fmt.Errorf("%w: the contact was deleted", Unavailable)
	}
	if n := r.refused.count(time.Now()); n > 0 {
		r.log.ErrorContext(ctx, "maicontact: one contact turned up for two people; the second does not get it. Look for a proxy that answers API calls from a cache", "times", n)
	}
	return errHeldByOther
}

// bindHeld keeps a contact out of a member's row that somebody else holds.
func (r *resolver) bindHeld(id webchat.ContactID, owner string, bind func() (Contact, error)) (Contact, error) {
	holder, isNew := r.holders.take(id, owner)
	if holder != owner {
		return Contact{}, fmt.Errorf("%w: it was given to somebody else", ErrContactTaken)
	}
	row, err := bind()
	if err != nil && isNew {
		r.holders.release(id)
	}
	return row, err
}
