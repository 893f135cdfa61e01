package upstream

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Purpose says what a call is for, and so who goes first.
type Purpose int

// The purposes. Making members' contacts goes first: keeping contacts in step
// never uses more than half of the calls that may be under way, and visitors
// three quarters. Visitors do not wait in a line: when it is full they are
// turned away, and their browser asks again.
const (
	Upkeep      Purpose = iota // keeping contacts in step, erasing them
	MakeMember                 // making a contact that a member waits for
	MakeVisitor                // finding or making a visitor's contact
)

// limiter limits the calls of this process: how many are under way, and how
// many begin in a second.
type limiter struct {
	all      *semaphore.Weighted
	upkeep   *semaphore.Weighted
	visitors *semaphore.Weighted
	rate     *rate.Limiter
}

func newLimiter(calls int, perSecond float64) limiter {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	return limiter{
		all:      semaphore.NewWeighted(int64(calls)),
		upkeep:   semaphore.NewWeighted(int64(max(1, calls/2))),
		visitors: semaphore.NewWeighted(int64(max(1, calls*3/4))),
		rate:     rate.NewLimiter(limit, calls),
	}
}

// acquire waits until a call may begin. Call end when it is over.
func (l limiter) acquire(ctx context.Context, p Purpose) (end func(), err error) {
	switch p {
	case MakeVisitor:
		return l.tryAcquire()
	case Upkeep:
		if err := l.upkeep.Acquire(ctx, 1); err != nil {
			return nil, busy(err)
		}
		end, err := l.acquireInLine(ctx)
		if err != nil {
			l.upkeep.Release(1)
			return nil, err
		}
		return func() { end(); l.upkeep.Release(1) }, nil
	default:
		return l.acquireInLine(ctx)
	}
}

func (l limiter) acquireInLine(ctx context.Context) (end func(), err error) {
	if err := l.all.Acquire(ctx, 1); err != nil {
		return nil, busy(err)
	}
	if err := l.rate.Wait(ctx); err != nil {
		l.all.Release(1)
		return nil, busy(err)
	}
	return func() { l.all.Release(1) }, nil
}

func (l limiter) tryAcquire() (end func(), err error) {
	if !l.visitors.TryAcquire(1) {
		return nil, busy(errOthersWait)
	}
	if !l.all.TryAcquire(1) {
		l.visitors.Release(1)
		return nil, busy(errOthersWait)
	}
	end = func() { l.all.Release(1); l.visitors.Release(1) }
	if !l.rate.Allow() {
		end()
		return nil, busy(errOthersWait)
	}
	return end, nil
}

var errOthersWait = errors.New("others wait for theirs")

func busy(err error) error { return fmt.Errorf("%w: %w", ErrBusy, err) }
