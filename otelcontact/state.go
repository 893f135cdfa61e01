package otelcontact

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/maicontact/maicontact/operate"
)

// countTime bounds how long a collection waits for the table.
const countTime = 2 * time.Second

// state tells the state of a middleware at each collection.
type state struct {
	*instruments
	operator *operate.Operator
	interval time.Duration

	common, member, visitor metric.MeasurementOption
	states                  map[operate.Breaker]metric.MeasurementOption

	mu      sync.Mutex // one counts, the others wait for it
	backlog operate.Backlog
	err     error
	counted time.Time // zero: never
}

func newState(i *instruments, o *operate.Operator, common []attribute.KeyValue, interval time.Duration) *state {
	s := &state{
		instruments: i, operator: o, interval: interval, common: with(common),
		member:  with(common, attribute.String(kindKey, "member")),
		visitor: with(common, attribute.String(kindKey, "visitor")),
		states:  map[operate.Breaker]metric.MeasurementOption{},
	}
	for _, b := range []operate.Breaker{operate.BreakerClosed, operate.BreakerHalfOpen, operate.BreakerOpen} {
		s.states[b] = with(common, attribute.String(stateKey, string(b)))
	}
	return s
}

// observe is a [metric.Callback].
func (s *state) observe(ctx context.Context, to metric.Observer) error {
	now := s.operator.Stats()
	count := func(i metric.Int64Observable, n int, attributes metric.MeasurementOption) {
		to.ObserveInt64(i, int64(n), attributes)
	}
	count(s.callActive, now.Calls, s.common)
	count(s.callMax, now.MostCalls, s.common)
	count(s.callQueued, now.Queued, s.common)
	to.ObserveInt64(s.callRefused, now.Refused, s.common)
	for b, attributes := range s.states {
		is := 0
		if b == now.Breaker {
			is = 1
		}
		count(s.breakerStatus, is, attributes)
	}
	count(s.flightActive, now.Flights, s.common)
	count(s.flightMax, now.MostFlights, s.common)
	count(s.retiring, now.Retiring, s.common)
	if !now.FeedAt.IsZero() {
		to.ObserveFloat64(s.feedLag, time.Since(now.FeedAt).Seconds(), s.common)
	}
	if s.interval < 0 {
		return nil
	}
	// An error would have readers that export by themselves drop what everybody else
	// has measured, too.
	b, err := s.count(ctx)
	if err != nil {
		return nil
	}
	count(s.personCount, b.Members, s.member)
	count(s.personCount, b.Visitors, s.visitor)
	count(s.backlogWaiting, b.Waiting, s.common)
	count(s.backlogOverdue, b.Overdue, s.common)
	to.ObserveFloat64(s.backlogAge, b.Oldest.Seconds(), s.common)
	return nil
}

// count counts the table, or tells a count that is young enough. A failure is
// handed to OpenTelemetry's error handler once, and stands as long, too: a table that
// is away is not asked more often.
func (s *state) count(ctx context.Context) (operate.Backlog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.counted.IsZero() && time.Since(s.counted) < s.interval {
		return s.backlog, s.err
	}
	counting, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	backlog, err := s.operator.Backlog(counting)
	if ctx.Err() != nil {
		return operate.Backlog{}, errors.Join(err, ctx.Err()) // only this collection was over
	}
	if err != nil {
		otel.Handle(fmt.Errorf("otelcontact: the table cannot be counted: %w", err))
	}
	s.backlog, s.err, s.counted = backlog, err, time.Now()
	return backlog, err
}
