package webchat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// maxReply bounds what is read of a reply, in bytes.
const maxReply = 1 << 20

// maxRetryAfter bounds how long the service can ask to wait.
const maxRetryAfter = 5 * time.Minute

// errCutOff marks a reply that began well and did not arrive whole.
var errCutOff = errors.New("reply was cut off")

// send makes one attempt and returns the status of the reply, if there was one.
func (c *Client) send(ctx context.Context, r request) (int, *Error) {
	attempt, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var trace connTrace
	req, err := c.newRequest(trace.watch(attempt), r)
	if err != nil {
		return 0, invalid(r.operation, "request cannot be built")
	}
	client := c.reader
	if r.write() {
		client = c.writer
	}
	resp, err := client.Do(req)
	if err != nil {
		e := &Error{Operation: r.operation, Err: newCause(ctx, err)}
		e.Unknown = r.write() && !trace.notSent(err)
		e.Retryable = r.repeatable() || !e.Unknown
		return 0, e
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if r.method == http.MethodDelete && resp.StatusCode == http.StatusNotFound {
		return resp.StatusCode, nil
	}
	if resp.StatusCode/100 != 2 {
		return resp.StatusCode, statusError(r, resp, body)
	}
	if r.read == nil {
		return resp.StatusCode, nil
	}
	if err == nil {
		err = r.read(reply{contentType: resp.Header.Get("Content-Type"), body: body})
	} else {
		err = &cause{text: "reply was cut off: " + newCause(ctx, err).Error(), err: errors.Join(ErrBadReply, errCutOff, err, ctx.Err())}
	}
	if err == nil {
		return resp.StatusCode, nil
	}
	e := &Error{Operation: r.operation, Status: resp.StatusCode, Err: err}
	e.Unknown = r.write() || errors.Is(err, ErrMismatch)
	e.Retryable = r.repeatable() && !errors.Is(err, ErrMismatch)
	return resp.StatusCode, e
}

// statusError makes an error of a reply that is not a success.
func statusError(r request, resp *http.Response, body []byte) *Error {
	e := &Error{
		Operation:  r.operation,
		Status:     resp.StatusCode,
		Fields:     parseFields(body),
		RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	switch {
	case e.Status/100 == 3:
		e.Err = errors.New("redirect not followed; check the base URL")
	case e.Status == http.StatusNotFound && (r.operation == opCreate || r.operation == opFind || r.operation == opInbox):
		e.Err = errors.New("there are no contacts at this address; check the base URL")
	case e.Status == http.StatusMethodNotAllowed:
		e.Err = errors.New("method not allowed; check the base URL")
	case e.Status == http.StatusTooManyRequests:
		e.Retryable = true
	case e.Status/100 == 5, e.Status == http.StatusRequestTimeout:
		e.Unknown = r.write()
		e.Retryable = r.repeatable()
	}
	return e
}

// parseRetryAfter reads seconds or an HTTP date. It returns 0 when there is
// nothing to wait for, and at most 5 minutes.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds > int(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// connTrace watches whether a request got a connection. Without one, nothing
// was sent. Hooks may run on other goroutines, even after the call returned.
type connTrace struct{ asked, got atomic.Bool }

func (t *connTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// notSent reports whether it is certain that nothing reached the service. A
// transport that does not report connections leaves only what err itself says.
func (t *connTrace) notSent(err error) bool {
	if t.got.Load() {
		return false
	}
	if t.asked.Load() {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// cause is an error of the transport with a text that is safe to print: errors
// of net/http hold the URL, and those of a custom transport may hold anything.
// It has no Unwrap on purpose, so that printing a chain finds nothing to leak;
// errors.Is and errors.As still see what is inside.
type cause struct {
	text string
	err  error
}

func newCause(ctx context.Context, err error) *cause {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return &cause{text: ctxErr.Error(), err: errors.Join(ctxErr, err)}
	}
	return &cause{text: describe(err), err: err}
}

// Error returns the safe text.
func (c *cause) Error() string { return c.text }

// Is looks inside the hidden error.
func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

// As looks inside the hidden error.
func (c *cause) As(target any) bool { return errors.As(c.err, target) }

// Format writes the safe text for every verb.
func (c *cause) Format(f fmt.State, _ rune) { io.WriteString(f, c.text) }

// describe names the kind of a transport error in words of our own.
func describe(err error) string {
	var (
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		errno   syscall.Errno
		timeout net.Error
	)
	switch {
	case errors.As(err, &dns):
		return "host name cannot be resolved"
	case errors.As(err, &cert):
		return "certificate of the service is not trusted"
	case errors.As(err, &record):
		return "the service did not answer with TLS"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before the reply was complete"
	}
	return "connection failed"
}
