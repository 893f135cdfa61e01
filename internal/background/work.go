package background

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// ErrPanic means that work ended in a panic. The log has its type and place.
var ErrPanic = errors.New("background: panic")

// Do does work on this goroutine, counted and contained. The work gets the values of
// ctx but not its end, and has at most the timeout, and less where [Group.Cut] ends
// it. It returns what the work does, ErrPanic, or, when as many as most are under way
// or the group is closed, ErrClosed.
func (g *Group) Do(ctx context.Context, timeout time.Duration, most int, log *slog.Logger, work func(context.Context) error) error {
	if !g.Begin(most) {
		return ErrClosed
	}
	return g.Finish(ctx, timeout, log, work)
}

// Finish is Do for work that [Group.Begin] has counted in.
func (g *Group) Finish(ctx context.Context, timeout time.Duration, log *slog.Logger, work func(context.Context) error) (err error) {
	defer g.End()
	defer Contain(ctx, log, &err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	defer context.AfterFunc(g.untilCut(), cancel)()
	return work(ctx)
}

// Contain turns a panic of a hook, a store or a transport into ErrPanic. It is
// to be deferred itself:
//
//	defer background.Contain(ctx, log, &err)
func Contain(ctx context.Context, log *slog.Logger, err *error) {
	if p := recover(); p != nil {
		// What panicked may hold anything; where it did is enough.
		log.ErrorContext(ctx, "maicontact: panic", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		*err = ErrPanic
	}
}

// Sleep waits, and returns nil, or why ctx ended first.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
