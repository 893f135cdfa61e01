package maicontact

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// pace limits the calls to MaiAgent of this process: how many are under way,
// and how many begin in a second. Making contacts goes first: keeping them in
// step may never use more than half of what may be under way.
type pace struct {
	all     *semaphore.Weighted
	upkeep  *semaphore.Weighted
	limiter *rate.Limiter
}

func newPace(mostCalls int, perSecond float64) pace {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	return pace{
		all:     semaphore.NewWeighted(int64(mostCalls)),
		upkeep:  semaphore.NewWeighted(int64(max(1, mostCalls/2))),
		limiter: rate.NewLimiter(limit, mostCalls),
	}
}

// purpose says what a call to MaiAgent is for.
type purpose int

const (
	toKeep purpose = iota // keeping contacts in step, erasing them
	toMake                // making a contact that somebody waits for
)

// begin waits for the turn of a call, which ends with end.
func (p pace) begin(ctx context.Context, why purpose) (end func(), err error) {
	end = func() { p.all.Release(1) }
	if why == toKeep {
		if err := p.upkeep.Acquire(ctx, 1); err != nil {
			return nil, tooBusy(err)
		}
		end = func() { p.all.Release(1); p.upkeep.Release(1) }
	}
	if err := p.all.Acquire(ctx, 1); err != nil {
		if why == toKeep {
			p.upkeep.Release(1)
		}
		return nil, tooBusy(err)
	}
	if err := p.limiter.Wait(ctx); err != nil {
		end()
		return nil, tooBusy(err)
	}
	return end, nil
}

func tooBusy(err error) error {
	return fmt.Errorf("%w: no turn for a call to MaiAgent: %w", Unavailable, err)
}
