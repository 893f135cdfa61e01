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
	slots map[Purpose][]*semaphore.Weighted // of which a call needs one each, in this order
	rate  *rate.Limiter
}

func newLimiter(calls int, perSecond float64) limiter {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	all := semaphore.NewWeighted(int64(calls))
	return limiter{
		slots: map[Purpose][]*semaphore.Weighted{
			Upkeep:      {semaphore.NewWeighted(int64(max(1, calls/2))), all},
			MakeMember:  {all},
			MakeVisitor: {semaphore.NewWeighted(int64(max(1, calls*3/4))), all},
		},
		rate: rate.NewLimiter(limit, calls),
	}
}

// acquire waits until a call may begin, unless it is a visitor's. Call end when the
// call is over.
func (l limiter) acquire(ctx context.Context, p Purpose) (end func(), err error) {
	slots, taken := l.slots[p], 0
	end = func() {
		for _, slot := range slots[:taken] {
			slot.Release(1)
		}
	}
	for _, slot := range slots {
		if err = takeSlot(ctx, p, slot); err != nil {
			break
		}
		taken++
	}
	switch {
	case err != nil:
	case p != MakeVisitor:
		err = l.rate.Wait(ctx)
	case !l.rate.Allow():
		err = errOthersWait
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return end, nil
}

var errOthersWait = errors.New("others wait for theirs")

func takeSlot(ctx context.Context, p Purpose, slot *semaphore.Weighted) error {
	if p != MakeVisitor {
		return slot.Acquire(ctx, 1)
	}
	if !slot.TryAcquire(1) {
		return errOthersWait
	}
	return nil
}
