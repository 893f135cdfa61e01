package maicontact

import (
	"context"
	"sync"
)

// tracker counts work that no request waits for, so that a shutdown can.
// The zero tracker is open and idle.
type tracker struct {
	mu     sync.Mutex
	under  int
	closed bool
	idle   chan struct{} // closed when the last one ends; nil unless waited for
}

// begin counts one in. It reports false after the tracker was closed, and when
// as many as most are under way.
func (t *tracker) begin(most int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.under >= most {
		return false
	}
	t.under++
	return true
}

func (t *tracker) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.under--
	if t.under == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

func (t *tracker) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = false
}

// close lets nothing in any more and waits until all have ended. It returns
// how many have not when ctx ends.
func (t *tracker) close(ctx context.Context) int {
	t.mu.Lock()
	t.closed = true
	if t.under == 0 {
		t.mu.Unlock()
		return 0
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return 0
	case <-ctx.Done():
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.under
	}
}
