package reconcile

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// maxDelay bounds how long a row waits after a failure that may pass.
	maxDelay = time.Minute
	// sharedDelay bounds it where the failure is not the row's: MaiAgent is down, or
	// all calls went to others.
	sharedDelay = 5 * time.Second
	// refusedDelay bounds how long it waits after MaiAgent has refused what was
	// sent, which is tried again for ever.
	refusedDelay = time.Hour
	// heldDelay is how long to wait before a held source id is given up.
	heldDelay = 30 * time.Second
	// signsOfHeld is how many signs it takes to believe that a source id is held.
	// "Already there" counts as that many, and a failure inside MaiAgent, which is
	// how some versions may say it, as one.
	signsOfHeld = 3
	// maxHeld bounds how many source ids in a row are given up. If MaiAgent still
	// says "already there" after that, the row waits for givenUpDelay.
	maxHeld      = 3
	givenUpDelay = time.Hour
	// settingDelay is how long to wait while the site's settings are at fault.
	settingDelay = time.Minute
)

// isDenial reports whether MaiAgent has answered a creation with something else.
func isDenial(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return !errors.Is(err, errAnothers) && (errors.Is(err, errUntold) || ok && api.Operation == upstream.OpCreate && errors.Is(err, webchat.ErrMismatch))
}

// errHeld means that MaiAgent says a contact is there and does not show it.
var errHeld = errors.New("MaiAgent has the source id already, but shows no contact with it")

// mayBeHeld reports whether one more sign that a deleted contact holds the source id
// is to start the next generation. A search that lags behind, or a MaiAgent that gives
// that answer to everything, looks the same. So it takes signs from an earlier claim,
// moves on by one generation at a time, and only a few times.
func (w *work) mayBeHeld() bool {
	signs := w.claimed.Conflicts
	return signs > 0 && signs%signsOfHeld == 0 && signs <= signsOfHeld*maxHeld && w.reading.Row.Generation == w.claimed.Generation &&
		w.claimed.DoubtUntil.IsZero()
}

// conflictsAfter counts the signs: up to the next multiple of signsOfHeld when
// MaiAgent says "already there".
func conflictsAfter(conflicts int, err error) int {
	switch {
	case errors.Is(err, errHeld):
		return (conflicts/signsOfHeld + 1) * signsOfHeld
	case upstream.FailedInside(err):
		return conflicts + 1
	}
	return conflicts
}

// failure says what the row records of a failure, and when it is due again: later with
// each failure in a row, with jitter, and not before MaiAgent asked for. A shared
// failure is one that is not the row's, and is tried again sooner.
func (w *work) failure(row contacts.Row, cause error, shared bool, now time.Time) contacts.Failure {
	f := contacts.Failure{
		Reason: cause.Error(), DoubtUntil: w.doubt, Conflicts: conflictsAfter(row.Conflicts, cause), Denials: row.Denials,
	}
	if isDenial(cause) {
		f.Denials++
	}
	policy := backoff.NewExponentialBackOff()
	policy.InitialInterval, policy.MaxInterval = time.Second, maxDelay
	switch {
	case shared:
		policy.MaxInterval = sharedDelay
	case upstream.IsRefusal(cause), errors.Is(cause, errUnseen):
		policy.InitialInterval, policy.MaxInterval = refusedDelay/120, refusedDelay
	}
	f.Delay = policy.NextBackOff()
	for range min(row.Failures, 20) {
		f.Delay = policy.NextBackOff()
	}
	f.Delay = max(f.Delay, retryAfter(cause))
	if upstream.IsUnclear(cause) {
		f.Delay = max(f.Delay, w.Timing.SearchLag)
	}
	switch {
	case errors.Is(cause, errDenied):
		f.Delay = givenUpDelay
	case upstream.Setting(cause) != "":
		f.Delay = max(settingDelay/4*3+rand.N(settingDelay/2), retryAfter(cause))
	case errors.Is(cause, errInDoubt):
		f.Delay = min(max(f.Delay, w.Timing.SearchLag), w.doubt.Sub(now)) // the next claim finds the doubt over
	case errors.Is(cause, errHeld) && f.Conflicts > signsOfHeld*maxHeld:
		f.Delay = givenUpDelay
	case errors.Is(cause, errHeld), upstream.FailedInside(cause) && f.Conflicts > 1:
		f.Delay = max(f.Delay, heldDelay)
	}
	return f
}

// retryAfter is how long MaiAgent asked to wait.
func retryAfter(err error) time.Duration {
	if api, ok := errors.AsType[*webchat.Error](err); ok {
		return api.RetryAfter
	}
	return 0
}

// callOf says which call has failed, and how.
func callOf(cause error, now time.Time) contacts.Call {
	call := contacts.Call{Outcome: contacts.OutcomeFailed, At: now}
	if errors.Is(cause, errUnseen) {
		return contacts.Call{Operation: upstream.OpReplace, Outcome: contacts.OutcomeUnseen, At: now}
	}
	if api, ok := errors.AsType[*webchat.Error](cause); ok {
		call.Operation = api.Operation
		switch {
		case errors.Is(cause, webchat.ErrUnauthorized):
			call.Outcome = contacts.OutcomeDenied
		case upstream.Setting(cause) != "":
			call.Outcome = contacts.OutcomeMisconfigured
		case upstream.IsRefusal(cause):
			call.Outcome = contacts.OutcomeRefused
		case upstream.IsUnclear(cause):
			call.Outcome = contacts.OutcomeUnclear
		}
	}
	return call
}
