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

// countTimeout bounds how long a collection waits for the table.
const countTimeout = 2 * time.Second

// state observes the state of a middleware at each collection.
type state struct {
	*instruments
	operator *operate.Operator
	interval time.Duration

	common, member, visitor metric.MeasurementOption
	states                  map[operate.Breaker]metric.MeasurementOption

	mu       sync.Mutex // not held while the table is asked
	backlog  operate.Backlog
	err      error
	counted  time.Time     // zero: never
	counting chan struct{} // closed when the count under way ends; nil: none is
}

func newState(i *instruments, o *operate.Operator, common []attribute.KeyValue, interval time.Duration) *state {
	s := &state{
		instruments: i, operator: o, interval: interval, common: attributesOf(common),
		member:  attributesOf(common, attribute.String(kindKey, "member")),
		visitor: attributesOf(common, attribute.String(kindKey, "visitor")),
		states:  map[operate.Breaker]metric.MeasurementOption{},
	}
	for _, b := range []operate.Breaker{operate.BreakerClosed, operate.BreakerHalfOpen, operate.BreakerOpen} {
		s.states[b] = attributesOf(common, attribute.String(stateKey, string(b)))
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
	count(s.callMax, now.MaxCalls, s.common)
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
	count(s.flightMax, now.MaxFlights, s.common)
	count(s.retiring, now.Retiring, s.common)
	if !now.FeedAt.IsZero() {
		to.ObserveFloat64(s.feedLag, time.Since(now.FeedAt).Seconds(), s.common)
	}
	if s.interval < 0 {
		return nil
	}
	// If this returned an error, a periodic reader would drop the metrics of all other
	// instruments, too.
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

// count counts the table, or returns the last count if it is recent enough. It waits no
// longer than countTimeout, whatever the table does, and at most one count is under way.
// A failure is kept as long as a count, so that a table that is down is not asked more
// often.
func (s *state) count(ctx context.Context) (operate.Backlog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.counted.IsZero() && time.Since(s.counted) < s.interval {
		return s.backlog, s.err
	}
	if s.counting == nil {
		s.counting = make(chan struct{})
		go s.countNow(context.WithoutCancel(ctx), s.counting)
	}
	counting := s.counting
	s.mu.Unlock()
	late := time.NewTimer(countTimeout)
	defer late.Stop()
	var err error
	select {
	case <-counting:
	case <-ctx.Done():
		err = ctx.Err() // only this collection has ended
	case <-late.C:
		err = errLate
	}
	s.mu.Lock()
	switch {
	case err == nil:
		return s.backlog, s.err
	case errors.Is(err, errLate) && s.counting == counting:
		s.backlog, s.err, s.counted = operate.Backlog{}, err, time.Now()
	}
	return operate.Backlog{}, err
}

var errLate = errors.New("it gave no answer in time")

// countNow counts the table, and passes a failure to OpenTelemetry's error handler.
func (s *state) countNow(ctx context.Context, end chan<- struct{}) {
	backlog, err := s.countSafely(ctx)
	if err != nil {
		otel.Handle(fmt.Errorf("otelcontact: the table cannot be counted: %w", err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backlog, s.err, s.counted, s.counting = backlog, err, time.Now(), nil
	close(end)
}

// countSafely counts the table within countTimeout. It turns a panic into an error
// without its text, which may hold anything.
func (s *state) countSafely(ctx context.Context) (_ operate.Backlog, err error) {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errors.New("the table's code panicked")
		}
	}()
	return s.operator.Backlog(ctx)
}
