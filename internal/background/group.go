// Package background runs work that no request waits for, or that outlives the
// request that began it. The work is counted, so that a shutdown can wait for
// it; it is bounded in number and time; and a panic in it ends in an error
// instead of ending the process.
package background

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed means that work was not begun.
var ErrClosed = errors.New("background: shutting down, or too much is under way")

// Group counts the work under way. The zero Group is open and idle. It is safe
// for concurrent use.
type Group struct {
	mu     sync.Mutex
	under  int
	closed bool
	uncut  context.Context // which Cut ends; nil: no work has asked for it yet
	cut    context.CancelFunc
	idle   chan struct{} // closed when the last one ends; nil unless waited for
}

// Begin counts one in, whose end is told with [Group.End]. It reports false
// after the group was closed, and when as many as most are under way.
func (g *Group) Begin(most int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.under >= most {
		return false
	}
	g.under++
	return true
}

// End counts one out.
func (g *Group) End() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under--
	if g.under == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// Count returns how much is under way.
func (g *Group) Count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.under
}

// Open lets work in again after [Group.Close].
func (g *Group) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = false
	if g.uncut != nil && g.uncut.Err() != nil {
		g.uncut = nil // the next work has its time again
	}
}

// Cut ends the contexts of all work, also of what was counted in and is yet to
// start. It does not wait for the work.
func (g *Group) Cut() {
	g.untilCut()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut()
}

// untilCut returns a context that ends with Cut.
func (g *Group) untilCut() context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.uncut == nil {
		g.uncut, g.cut = context.WithCancel(context.Background())
	}
	return g.uncut
}

// Close lets nothing in any more and waits until all has ended. It returns how
// much has not when ctx ends.
func (g *Group) Close(ctx context.Context) int {
	g.mu.Lock()
	g.closed = true
	if g.under == 0 {
		g.mu.Unlock()
		return 0
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	select {
	case <-idle:
		return 0
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.under
	}
}
