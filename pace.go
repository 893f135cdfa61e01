package maicontact

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// pace limits the calls to MaiAgent of this process: how many are under way,
// and how many begin in a second. Making members' contacts goes first: keeping
// contacts in step may never use more than half of what may be under way, and
// visitors three quarters. Visitors do not wait in a line: when it is full they
// are turned away, and their browser asks again.
type pace struct {
	all      *semaphore.Weighted
	upkeep   *semaphore.Weighted
	visitors *semaphore.Weighted
	limiter  *rate.Limiter
}

func newPace(mostCalls int, perSecond float64) pace {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	return pace{
		all:      semaphore.NewWeighted(int64(mostCalls)),
		upkeep:   semaphore.NewWeighted(int64(max(1, mostCalls/2))),
		visitors: semaphore.NewWeighted(int64(max(1, mostCalls*3/4))),
		limiter:  rate.NewLimiter(limit, mostCalls),
	}
}

// purpose says what a call to MaiAgent is for.
type purpose int

const (
	toKeep  purpose = iota // keeping contacts in step, erasing them
	toMake                 // making a contact that a member waits for
	toGreet                // finding or making a visitor's contact
)

// begin waits for the turn of a call, which ends with end.
func (p pace) begin(ctx context.Context, why purpose) (end func(), err error) {
	switch why {
	case toGreet:
		return p.beginAtOnce()
	case toKeep:
		if err := p.upkeep.Acquire(ctx, 1); err != nil {
			return nil, tooBusy(err)
		}
		end, err := p.beginInLine(ctx)
		if err != nil {
			p.upkeep.Release(1)
			return nil, err
		}
		return func() { end(); p.upkeep.Release(1) }, nil
	default:
		return p.beginInLine(ctx)
	}
}

func (p pace) beginInLine(ctx context.Context) (end func(), err error) {
	if err := p.all.Acquire(ctx, 1); err != nil {
		return nil, tooBusy(err)
	}
	if err := p.limiter.Wait(ctx); err != nil {
		p.all.Release(1)
		return nil, tooBusy(err)
	}
	return func() { p.all.Release(1) }, nil
}

var errLine = errors.New("others wait for theirs")

func (p pace) beginAtOnce() (end func(), err error) {
	if !p.visitors.TryAcquire(1) {
		return nil, tooBusy(errLine)
	}
	if !p.all.TryAcquire(1) {
		p.visitors.Release(1)
		return nil, tooBusy(errLine)
	}
	end = func() { p.all.Release(1); p.visitors.Release(1) }
	if !p.limiter.Allow() {
		end()
		return nil, tooBusy(errLine)
	}
	return end, nil
}

func tooBusy(err error) error {
	return fmt.Errorf("%w: no turn for a call to MaiAgent: %w", Unavailable, err)
}
