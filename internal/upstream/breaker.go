package upstream

import (
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// failuresOfOutage is how many calls in a row fail before MaiAgent is
	// taken to be down.
	failuresOfOutage = 5
	// outageTime is how long it is then left alone between two probes, of
	// which there is one at a time.
	outageTime = 5 * time.Second
)

// errNotSent is the outcome of a call that was not sent.
var errNotSent = errors.New("nothing was sent")

// breaker keeps everybody from calling a MaiAgent that is down, and from
// waiting for it, but for few probes.
type breaker = gobreaker.TwoStepCircuitBreaker[struct{}]

func newBreaker(log *slog.Logger) *breaker {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Timeout:      outageTime,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresOfOutage },
		IsSuccessful: func(err error) bool { return !isOutage(err) },
		IsExcluded:   isNoAnswer,
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case to == gobreaker.StateOpen && from == gobreaker.StateClosed:
				log.Warn("maicontact: MaiAgent does not answer; calls are held back until it does")
			case to == gobreaker.StateClosed:
				log.Info("maicontact: MaiAgent answers again")
			}
		},
	})
}
