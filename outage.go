package maicontact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// failuresOfOutage is how many calls in a row fail before MaiAgent is
	// taken to be down.
	failuresOfOutage = 5
	// outageTime is how long it is then left alone between two probes, of
	// which there is one at a time.
	outageTime = 5 * time.Second
)

// errOutage is that no call was made, because MaiAgent is down.
var errOutage = errors.New("MaiAgent does not answer; it is tried again in a moment")

// outage is a circuit breaker: while MaiAgent is down, nobody calls it and
// nobody waits for it, but for few probes.
type outage struct {
	breaker *gobreaker.CircuitBreaker[struct{}]
}

func newOutage(log *slog.Logger) outage {
	return outage{gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
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
	})}
}

// isOutage tells a failure of MaiAgent as a whole from an answer about one
// contact.
func isOutage(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	if !ok || errors.Is(err, webchat.ErrInvalid) {
		return false
	}
	return api.Status/100 != 4 || api.Status == http.StatusRequestTimeout || api.Status == http.StatusTooManyRequests
}

// isNoAnswer reports that no call was made, so that MaiAgent said nothing.
func isNoAnswer(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return err != nil && (!ok || api.Status == 0 && errors.Is(err, webchat.ErrInvalid))
}

// isOn reports whether calls are held back. It ends by itself when it is time
// for a probe.
func (o outage) isOn() bool { return o.breaker.State() == gobreaker.StateOpen }

// isProbing reports whether one call is let through to see.
func (o outage) isProbing() bool { return o.breaker.State() == gobreaker.StateHalfOpen }

// call makes a call to MaiAgent when its turn has come.
func (r *resolver) call(ctx context.Context, why purpose, do func() error) error {
	if r.outage.isOn() {
		return fmt.Errorf("%w: %w", Unavailable, errOutage)
	}
	end, err := r.pace.begin(ctx, why)
	if err != nil {
		return err
	}
	defer end()
	_, err = r.outage.breaker.Execute(func() (struct{}, error) { return struct{}{}, do() })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return fmt.Errorf("%w: %w", Unavailable, errOutage)
	}
	return err
}
