package webchat

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	OutcomeOK      Outcome = "ok"
	OutcomeRefused Outcome = "refused" // a clear no; the same call will not work
	OutcomeFailed  Outcome = "failed"  // clearly not done; worth another try
	OutcomeUnknown Outcome = "unknown" // may have happened
)

// Call describes one attempt of a call to the service. It holds no ids and no
// personal data, and is safe to log and to count.
type Call struct {
	Operation string // "create_contact", "get_contact", "replace_contact", "delete_contact", "find_contacts", "read_inbox" or "list_conversations"
	Status    int    // HTTP status; 0 when there was no reply
	Attempt   int    // 1 for the first
	Duration  time.Duration
	Outcome   Outcome
	Err       error // an [*Error], or nil
}

// The operations, as they appear in [Call], [Error] and logs.
const (
	opCreate  = "create_contact"
	opGet     = "get_contact"
	opReplace = "replace_contact"
	opDelete  = "delete_contact"
	opFind    = "find_contacts"
	opInbox   = "read_inbox"

	opConversations = "list_conversations"
)

// request is one call before it is sent.
type request struct {
	operation string
	method    string
	url       string
	body      []byte
	instead   string // the method to send with where the service does not have that one

	// read takes what it needs from the body of a 2xx reply. Nil when the
	// status says everything.
	read func(reply) error
}

func (r request) write() bool { return r.method != http.MethodGet }

// repeatable says that sending the request twice does the same as once.
func (r request) repeatable() bool { return r.method != http.MethodPost }

// firstWait is the wait after a first attempt, on average.
const firstWait = 200 * time.Millisecond

// do sends the request, and again as long as that is safe and may help. The waits
// between attempts grow, have jitter, and are never shorter than the service asked
// for; one that would outlast the context is not begun.
func (c *Client) do(ctx context.Context, r request) error {
	if err := ctx.Err(); err != nil {
		return &Error{Operation: r.operation, Retryable: true, Err: newCause(ctx, err)}
	}
	growing := backoff.NewExponentialBackOff()
	growing.InitialInterval, growing.Multiplier, growing.MaxInterval = firstWait, 2, 5*time.Second
	for number := 1; ; number++ {
		e := c.attempt(ctx, r, number)
		if e == nil {
			return nil
		}
		if e.Status == http.StatusMethodNotAllowed && r.instead != "" {
			r.method, r.instead = r.instead, ""
			c.patches.Store(r.method == http.MethodPatch)
			continue
		}
		if number >= c.maxAttempts || ctx.Err() != nil || !again(e, r) {
			return e
		}
		wait := growing.NextBackOff()
		if e.RetryAfter > 0 {
			// All who were told the same must not come back at the same moment.
			wait = max(wait, e.RetryAfter+rand.N(firstWait))
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return e
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			// What the last attempt told stays, and the interruption becomes the cause.
			interrupted := *e
			interrupted.Err = newCause(ctx, e.Err)
			return &interrupted
		}
	}
}

// again says whether the client itself repeats the call after e. It is stricter
// than Retryable, which also covers trying again much later. A replace that may
// still land must not be followed by another unnoticed: the caller has to know
// that an older profile may come after a newer one.
func again(e *Error, r request) bool {
	if !r.repeatable() || r.operation == opReplace && e.Unknown {
		return false
	}
	switch e.Status {
	case 0, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return e.Retryable
	case http.StatusInternalServerError:
		return e.Retryable && !r.write()
	}
	return e.Retryable && errors.Is(e, errCutOff)
}

// attempt sends the request once and tells the log and the hook.
func (c *Client) attempt(ctx context.Context, r request, number int) *Error {
	start := time.Now()
	status, failure := c.send(ctx, r)
	call := Call{
		Operation: r.operation,
		Status:    status,
		Attempt:   number,
		Duration:  time.Since(start),
		Outcome:   outcome(failure),
		Err:       asError(failure),
	}
	level := slog.LevelDebug
	attrs := []slog.Attr{
		slog.String("operation", call.Operation),
		slog.Int("status", call.Status),
		slog.Int("attempt", call.Attempt),
		slog.Duration("duration", call.Duration),
		slog.String("outcome", string(call.Outcome)),
	}
	if failure != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", failure.Error()))
	}
	c.logger.LogAttrs(ctx, level, "maiagent call", attrs...)
	if c.onCall != nil {
		c.onCall(ctx, call)
	}
	return failure
}

func outcome(e *Error) Outcome {
	switch {
	case e == nil:
		return OutcomeOK
	case e.Unknown:
		return OutcomeUnknown
	case e.Retryable:
		return OutcomeFailed
	}
	return OutcomeRefused
}

// asError avoids the nil pointer that is not a nil error.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// newRequest builds the HTTP request for one attempt.
func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Api-Key "+*c.key)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "maicontact")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}
