// Package upstream makes the calls to MaiAgent. They are paced, so that MaiAgent
// is never asked for more than the site allows, and behind a breaker, so that
// nobody waits for a MaiAgent that is down. It also says what a failure means:
// whether MaiAgent refused, failed by itself, or has left it unclear what became
// of a write.
package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/sony/gobreaker/v2"

	"github.com/maicontact/maicontact/webchat"
)

// The errors of calls that were not made. MaiAgent has said nothing then.
var (
	// ErrDown: MaiAgent is down, so that nobody calls it for a moment.
	ErrDown = errors.New("upstream: MaiAgent does not answer; it is tried again in a moment")
	// ErrBusy: other calls were before this one for as long as its context allowed, or
	// it is a visitor's and would have had to wait.
	ErrBusy = errors.New("upstream: no turn for a call to MaiAgent")
)

// Options of a [Client].
type Options struct {
	// Calls is how many calls may be under way, at least 1.
	Calls int
	// PerSecond is how many calls may begin in a second; negative: no limit.
	PerSecond float64
	// Logger is told when MaiAgent goes down and comes back. Defaults to none.
	Logger *slog.Logger
}

// Client calls MaiAgent. It is safe for concurrent use.
type Client struct {
	api      *webchat.Client
	options  Options
	limiter  limiter
	breaker  *breaker
	queued   atomic.Int64
	underWay atomic.Int64
	refused  atomic.Int64
}

// Load is how busy a client is.
type Load struct {
	UnderWay, Most int     // calls, and how many may be
	Queued         int     // calls that wait for their turn
	PerSecond      float64 // calls that may begin in a second; negative: no limit
	Refused        int64   // calls that got no turn, since the start
}

// New returns a client for a process.
func New(api *webchat.Client, o Options) *Client {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Calls = max(1, o.Calls)
	return &Client{api: api, options: o, limiter: newLimiter(o.Calls, o.PerSecond), breaker: newBreaker(o.Logger)}
}

// Load tells how busy the client is.
func (c *Client) Load() Load {
	return Load{
		UnderWay: int(c.underWay.Load()), Most: c.options.Calls, Queued: int(c.queued.Load()), PerSecond: c.options.PerSecond,
		Refused: c.refused.Load(),
	}
}

// Down reports whether calls are held back, because MaiAgent is down. It ends
// by itself when it is time to probe.
func (c *Client) Down() bool { return c.breaker.State() == gobreaker.StateOpen }

// Probing reports whether one call is let through to see whether MaiAgent is
// back.
func (c *Client) Probing() bool { return c.breaker.State() == gobreaker.StateHalfOpen }

// IsOutage reports whether a call has failed because MaiAgent is down, as all calls do
// then.
func (c *Client) IsOutage(err error) bool {
	return errors.Is(err, ErrDown) || c.Down() && isOutage(err)
}

// Find returns the contacts of an inbox with exactly this source id, the oldest
// first; none is no error.
//
// Each page is a call of its own.
func (c *Client) Find(ctx context.Context, p Purpose, inboxID, sourceID string) ([]webchat.Contact, error) {
	return c.api.FindBySourceID(ctx, inboxID, sourceID, func(read func() error) error { return c.call(ctx, p, read) })
}

// CanRead returns nil when it is shown that the key can read the contacts of the
// inbox.
func (c *Client) CanRead(ctx context.Context, p Purpose, inboxID string) error {
	return c.call(ctx, p, func() error { return c.api.CanRead(ctx, inboxID) })
}

// Contacts reads all contacts of an inbox, as [Upkeep]. Each page is a call of its own,
// which pace makes.
func (c *Client) Contacts(ctx context.Context, inboxID string, pace webchat.Pace, each func(webchat.Contact) error) error {
	return c.api.Contacts(ctx, inboxID, func(read func() error) error {
		return pace(func() error { return c.call(ctx, Upkeep, read) })
	}, each)
}

// Get reads a contact.
func (c *Client) Get(ctx context.Context, p Purpose, id webchat.ContactID) (found webchat.Contact, _ error) {
	err := c.call(ctx, p, func() (err error) {
		found, err = c.api.Get(ctx, id)
		return err
	})
	return found, err
}

// Conversations reads the conversations of a contact, all pages of them as one
// call.
func (c *Client) Conversations(ctx context.Context, id webchat.ContactID, each func(json.RawMessage) error) error {
	return c.call(ctx, Upkeep, func() error { return c.api.Conversations(ctx, id, each) })
}

// Delete deletes a contact, as [Upkeep]. One that is not there is no error.
func (c *Client) Delete(ctx context.Context, id webchat.ContactID) error {
	return c.call(ctx, Upkeep, func() error { return c.api.Delete(ctx, id) })
}

// Create makes a contact. before runs once the turn has come, just before the
// call: it records that a write is about to be sent, and says what to send. Its
// error is returned as it is; nothing was sent then.
func (c *Client) Create(ctx context.Context, p Purpose, before func(context.Context) (webchat.Draft, error)) (made webchat.Contact, _ error) {
	err := c.write(ctx, p, before, func(d webchat.Draft) (err error) {
		made, err = c.api.Create(ctx, d)
		return err
	})
	return made, err
}

// Replace writes the whole contact, as [Upkeep]. before is as for [Client.Create].
func (c *Client) Replace(ctx context.Context, id webchat.ContactID, before func(context.Context) (webchat.Draft, error)) (told webchat.Contact, _ error) {
	err := c.write(ctx, Upkeep, before, func(d webchat.Draft) (err error) {
		told, err = c.api.Replace(ctx, id, d)
		return err
	})
	return told, err
}

func (c *Client) call(ctx context.Context, p Purpose, send func() error) error {
	none := func(context.Context) (webchat.Draft, error) { return webchat.Draft{}, nil }
	return c.write(ctx, p, none, func(webchat.Draft) error { return send() })
}

// write makes a call when it is its turn. An error of before counts neither for nor
// against MaiAgent in the breaker, and neither does a panic.
func (c *Client) write(ctx context.Context, p Purpose, before func(context.Context) (webchat.Draft, error), send func(webchat.Draft) error) error {
	if c.Down() {
		return ErrDown
	}
	c.queued.Add(1)
	end, err := c.limiter.acquire(ctx, p)
	c.queued.Add(-1)
	if err != nil {
		c.refused.Add(1)
		return err
	}
	defer end()
	c.underWay.Add(1)
	defer c.underWay.Add(-1)
	done, err := c.breaker.Allow()
	if err != nil {
		return ErrDown // open, or another call is the probe
	}
	outcome := errNotSent
	defer func() { done(outcome) }()
	draft, err := before(ctx)
	if err != nil {
		return err
	}
	outcome = send(draft)
	return outcome
}
