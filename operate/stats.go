package operate

import (
	"context"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/internal/resolve"
)

// Breaker is the state of the circuit breaker before MaiAgent.
type Breaker string

// The states of the breaker.
const (
	BreakerClosed   Breaker = "closed"    // MaiAgent is called
	BreakerOpen     Breaker = "open"      // it does not answer, and is not called for a moment
	BreakerHalfOpen Breaker = "half-open" // one call is let through to see whether it is back
)

// Stats is the state of one process at one moment. It holds nothing personal.
type Stats struct {
	Breaker Breaker
	// Calls to MaiAgent are under way, MaxCalls may be, and Queued wait for their turn.
	Calls, MaxCalls, Queued int
	// CallsPerSecond is how many calls may begin in a second; negative: no limit.
	CallsPerSecond float64
	// Refused is how many calls got no turn since the process began: calls for visitors
	// do not wait for one, and others only as long as their deadline allows.
	Refused int64
	// Flights are under way in the background, and MaxFlights may be: one for each
	// person who is being looked up or kept in step.
	Flights, MaxFlights int
	// Running: the middleware's Run runs in this process.
	Running bool
	// FeedAt is when the last successful poll for changes on other servers began, by this
	// process's clock. It is at most 2 seconds ago if all is well, and zero before the
	// first one: without Run there is none.
	FeedAt time.Time
	// Retiring is how many visitors have logged in whose retirement the table has not
	// taken yet. This process refuses them meanwhile.
	Retiring int
}

// Stats returns the state of this process. It reads memory alone, so it may be called
// as often as you like.
func (o *Operator) Stats() Stats {
	load, r := o.api.Load(), o.resolver.Stats()
	s := Stats{
		Breaker: BreakerClosed,
		Calls:   load.UnderWay, MaxCalls: load.Most, Queued: load.Queued, CallsPerSecond: load.PerSecond,
		Refused: load.Refused,
		Flights: r.Flights, MaxFlights: r.MaxFlights, Running: r.Running, FeedAt: r.FeedAt, Retiring: r.Retiring,
	}
	switch {
	case o.api.Down():
		s.Breaker = BreakerOpen
	case o.api.Probing():
		s.Breaker = BreakerHalfOpen
	}
	return s
}

// Backlog is how many people the table has, and how far MaiAgent is behind.
type Backlog struct {
	Members  int
	Visitors int
	Waiting  int           // people for whom something must be sent, now or later
	Overdue  int           // those of them for whom it is due now
	Oldest   time.Duration // how long ago the first of those was due
}

// Backlog counts the rows of the table. In some databases that reads all rows of the
// scope: call it every 15 seconds, not with each request.
func (o *Operator) Backlog(ctx context.Context) (Backlog, error) {
	counts, err := o.store.Count(ctx, o.scope)
	if err != nil {
		return Backlog{}, fmt.Errorf("operate: backlog: %w", err)
	}
	b := Backlog{Members: counts.Members, Visitors: counts.Visitors, Waiting: counts.Unsettled, Overdue: counts.Overdue}
	if counts.Oldest.IsZero() {
		return b, nil
	}
	now, err := o.now(ctx)
	if err != nil {
		return Backlog{}, fmt.Errorf("operate: backlog: %w", err)
	}
	b.Oldest = max(0, now.Sub(counts.Oldest))
	return b, nil
}

// now is the time by the table's clock.
func (o *Operator) now(ctx context.Context) (time.Time, error) {
	changes, err := o.store.Changed(ctx, o.scope, time.Now(), 0)
	return changes.Now, err
}

// Over returns an Operator on a middleware's resolver: it shares the table, the limits,
// the breaker and the memory. It is for package maicontact: use Middleware.Operator.
func Over(r *resolve.Resolver) *Operator {
	return &Operator{scope: r.Scope, store: r.Store, api: r.API, workers: r.Workers, resolver: r}
}
