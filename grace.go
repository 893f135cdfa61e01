package maicontact

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// storeWait is how long a request waits for a member's row. It leaves half of
// the default budget.
const storeWait = time.Second

// errStoreSilent means that the store has not said what it knows of a member.
// It is the one failure that an entry of the session may bridge for a while:
// nobody has said that the entry is wrong.
var errStoreSilent = fmt.Errorf("%w: the store gave no answer", Unavailable)

// read reads a member's row for a request.
func (r *resolver) read(ctx context.Context, key Key) (Contact, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	row, err := r.store.Contact(ctx, key)
	if err == nil || errors.Is(err, ErrNotFound) {
		return row, err
	}
	return Contact{}, fmt.Errorf("%w: %w", errStoreSilent, err)
}

// bridge answers from the entry when the store gave no answer.
func (v *visit) bridge(ctx context.Context, found outcome, err error) (outcome, error) {
	if v.grace == "" || !errors.Is(err, errStoreSilent) {
		return found, err
	}
	r := v.middleware.resolver
	if n := r.bridged.count(time.Now()); n > 0 {
		r.log.WarnContext(ctx, "maicontact: the store does not answer; members keep the chat from their session for a while", "times", n, "error", err)
	}
	return outcome{id: v.grace}, nil
}

// seldom keeps a line that is due often to one a minute. The zero seldom is
// ready; it is safe for concurrent use.
type seldom struct {
	mu    sync.Mutex
	last  time.Time
	times int
}

// count counts one more time. It returns how often it was called since it last
// said so, and 0 when that is less than a minute ago.
func (s *seldom) count(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times++
	if !s.last.IsZero() && now.Sub(s.last) < time.Minute {
		return 0
	}
	n := s.times
	s.last, s.times = now, 0
	return n
}
