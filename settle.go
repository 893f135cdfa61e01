package maicontact

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// mostSteps bounds the work on one row under one claim: make, replace,
	// and once more when the contact turns out to be deleted.
	mostSteps = 6
	// longestDelay bounds how long a row waits after a failure.
	longestDelay = time.Minute
	// recordTime is how long the outcome of a call may take to be written.
	recordTime = 5 * time.Second
)

// settle brings a row in step with MaiAgent: it claims the row and does what
// there is to do. When another process holds the row it waits until that one
// is done. It returns the row as it is then; a failure at MaiAgent is in the
// row, not in the error.
func (r *resolver) settle(ctx context.Context, key Key) (Contact, error) {
	for delay := 25 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		row, err := r.store.Claim(ctx, key, lease)
		if err == nil {
			return r.carryOut(ctx, row)
		}
		held := errors.Is(err, ErrNotDue) && !row.LeaseUntil.IsZero() && !row.Due.IsZero()
		switch {
		case !errors.Is(err, ErrNotDue):
			return row, err
		case !held || r.mayHandOut(row):
			return row, nil
		}
		if err := sleep(ctx, delay/2+rand.N(delay)); err != nil {
			return row, err
		}
	}
}

// settleLater does the same without anybody waiting.
func (r *resolver) settleLater(ctx context.Context, key Key) {
	r.flights.DoChan("settle|"+key.Member, func() (any, error) {
		err := r.detached(ctx, func(ctx context.Context) error {
			_, err := r.settle(ctx, key)
			return err
		})
		if err != nil {
			r.log.WarnContext(ctx, "maicontact: a change stays in the store for now", "error", err)
		}
		return nil, err
	})
}

var errClosed = errors.New("shutting down, or too much is under way")

// detached does work that no request waits for, counted for the shutdown.
func (r *resolver) detached(ctx context.Context, work func(context.Context) error) (err error) {
	defer r.contain(ctx, &err)
	if !r.work.begin(mostFlights) {
		return errClosed
	}
	defer r.work.end()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTime)
	defer cancel()
	return work(ctx)
}

// carryOut closes the difference between a claimed row and MaiAgent, one step
// at a time, until the claim ends.
func (r *resolver) carryOut(ctx context.Context, row Contact) (Contact, error) {
	ctx, cancel := context.WithTimeout(ctx, flightTime)
	defer cancel()
	claimed := row
	for range mostSteps {
		var err error
		if row, err = r.step(ctx, row, claimed); err != nil {
			return r.giveUp(ctx, row, claimed, err)
		}
		if row.LeaseUntil.IsZero() {
			return row, nil
		}
	}
	return r.giveUp(ctx, row, claimed, errors.New("no end of changes"))
}

// step does the next thing. claimed is the row as the claim found it. The row is
// returned with an error, too: as it was attempted.
func (r *resolver) step(ctx context.Context, row, claimed Contact) (Contact, error) {
	switch {
	case !row.Erased.IsZero():
		return r.eraseContact(ctx, row, claimed)
	case row.ContactID == "":
		return r.makeContact(ctx, row, claimed)
	default:
		return r.replaceContact(ctx, row, claimed)
	}
}

// giveUp ends a claim after a failure: for good when MaiAgent refused the
// profile, for a while otherwise.
func (r *resolver) giveUp(ctx context.Context, row, claimed Contact, err error) (Contact, error) {
	if errors.Is(err, ErrFenced) {
		return r.store.Contact(ctx, row.Key)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if isRefusal(err) && row.Erased.IsZero() {
		r.log.ErrorContext(ctx, "maicontact: MaiAgent refused a member's profile; it waits for another one", "error", err)
		return r.store.Park(ctx, row.Claim(), row.Wanted, err.Error(), row.Attempted)
	}
	if errors.Is(err, ErrContactTaken) {
		r.log.ErrorContext(ctx, "maicontact: MaiAgent gave one contact for two members; nobody else gets it")
	}
	f := Failure{Reason: err.Error(), Attempted: row.Attempted, Held: heldAfter(row.Held, err)}
	f.Delay = r.delayAfter(row.Failures, f.Held, err)
	if errors.Is(err, errUnsettled) {
		f.Delay = min(f.Delay, lateTime-sinceAttempt(claimed))
	}
	r.log.WarnContext(ctx, "maicontact: a contact is not in step yet", "error", err, "failures", row.Failures+1, "retry_in", f.Delay)
	return r.store.Postpone(ctx, row.Claim(), f)
}

// isRefusal reports whether MaiAgent refused the profile itself. A search that
// is refused says nothing about the profile.
func isRefusal(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return ok && errors.Is(err, webchat.ErrInvalid) && !errors.Is(err, webchat.ErrExists) &&
		(api.Operation == "create_contact" || api.Operation == "replace_contact")
}

// delayAfter grows with the failures in a row, has jitter, and honours what
// MaiAgent asked for.
func (r *resolver) delayAfter(failures, held int, err error) time.Duration {
	policy := backoff.NewExponentialBackOff()
	policy.InitialInterval, policy.MaxInterval = time.Second, longestDelay
	delay := policy.NextBackOff()
	for range min(failures, 10) {
		delay = policy.NextBackOff()
	}
	var api *webchat.Error
	if errors.As(err, &api) {
		delay = max(delay, api.RetryAfter)
		if api.Unknown {
			delay = max(delay, r.settleTime)
		}
	}
	switch {
	case errors.Is(err, errUnsettled):
		delay = max(delay, r.settleTime)
	case errors.Is(err, errHeld) && held > signsOfHeld*mostHeld:
		delay = heldRest
	case errors.Is(err, errHeld), failedInside(err) && held > 1:
		delay = max(delay, heldDelay)
	}
	return delay
}
