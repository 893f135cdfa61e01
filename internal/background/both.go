package background

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Both does two pieces of work at the same time: other on a goroutine of its own, and
// mine on this one. A panic of either is raised here once both have ended, so that
// nothing uses the request after its handler, and net/http recovers it.
func Both[A, B any](ctx context.Context, other func(context.Context) A, mine func(context.Context) B) (a A, b B) {
	var escaped any
	group, legs := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer func() { escaped = recover() }()
		a = other(legs)
		return nil
	})
	func() {
		// Also when mine panics: the other must not go on.
		defer func() { _ = group.Wait() }()
		b = mine(legs)
	}()
	if escaped != nil {
		panic(escaped)
	}
	return a, b
}
