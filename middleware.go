// Package maicontact tells MaiAgent's Web Chat who it is talking to. It is
// middleware for net/http: it resolves the logged-in member or the anonymous
// visitor of a request to a MaiAgent contact id, keeps that contact in step
// with the member's profile and permissions, and serves the script that starts
// the chat with the contact id in it.
//
// [New] takes a [Config]; [Middleware.Handler] wraps the site;
// [Middleware.Script] is mounted at Site.ScriptPath; [Middleware.Run] runs
// beside the server.
//
// A contact id is a bearer secret: whoever knows it can chat as that person.
// It is only ever given to its owner, and never to a log, an error or a URL.
package maicontact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/advice"
	"github.com/maicontact/maicontact/internal/guard"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/ratelimit"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/internal/render"
	"github.com/maicontact/maicontact/internal/reply"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// Middleware is made by [New] and safe for concurrent use. Printing it gives
// "[maicontact]".
type Middleware struct {
	config          Config
	scope           contacts.Scope
	isolation       session.Isolation // of hooks that a page waits for
	nobody          string            // the owner of the answer that there is no chat for whoever is there
	visitorPrefix   string            // how the keys of this scope's visitors begin
	visitorQuestion resolve.Question  // of a visitor who is not named yet
	log             *slog.Logger
	guard           guard.Policy
	limit           *ratelimit.Limit
	advice          *advice.Advisor
	sessions        *session.Sessions
	resolver        *resolve.Resolver
	renderer        *render.Renderer
	buffers         reply.Buffers
}

// New checks the configuration and returns a Middleware. It starts no
// goroutine and calls nobody. All faults found are in the error.
func New(c Config) (*Middleware, error) {
	c = c.withDefaults()
	policy, policyErr := guard.NewPolicy(c.Site.Origin, c.Site.AllowedOrigins)
	client, clientErr := webchat.NewClient(c.API)
	renderer, rendererErr := render.New(c.Widget, c.Site.ScriptPath, c.Site.JSONPath, render.Button(c.Visitors.Button))
	kept, sessionErr := session.New(session.Options{Store: c.Sessions, Name: c.Cookie.Name, MaxAge: c.Cookie.MaxAge, Wait: cmp.Or(max(c.Timing.Budget, 0), defaultBudget)})
	if err := errors.Join(c.check(), policyErr, wrap("Config.API", clientErr), wrap("Config.Widget", rendererErr), wrap("Config.Sessions", sessionErr)); err != nil {
		return nil, fmt.Errorf("maicontact: %w", err)
	}
	m := &Middleware{
		config: c, scope: contacts.Scope{Namespace: c.Namespace, InboxID: c.InboxID}, log: c.Logger, guard: policy, sessions: kept, renderer: renderer,
		limit: ratelimit.New(c.limits()), advice: advice.New(c.Logger, policy, kept.Readable),
	}
	m.isolation = session.Isolation{Hidden: exchangeKey{}, Within: max(c.Timing.Budget, defaultBudget)}
	m.nobody = identity.Nobody(m.scope)
	m.visitorPrefix = m.nobody[:8]
	m.visitorQuestion = resolve.NewQuestion(contacts.Person{}, c.Visitors.Profile, 0)
	m.resolver = resolve.New(resolve.Options{
		Scope: m.scope, Store: c.Store,
		Budget: c.Timing.Budget, Recheck: c.Timing.Recheck, Stale: c.Timing.StaleIfError, Drain: c.Timing.Drain,
		Keep: min(newVisitorLife, c.Cookie.MaxAge) + visitorSlack, Workers: max(1, c.Limits.Calls/2),
		Options: reconcile.Options{
			API:    upstream.New(client, upstream.Options{Calls: c.Limits.Calls, PerSecond: c.Limits.CallsPerSecond, Logger: c.Logger}),
			Timing: c.reconciling(), Suspended: c.SuspendedAccess, VendorKeys: c.VendorKeys, RemakeMoved: c.RemakeMoved, OnRefused: m.refused, Logger: c.Logger,
			InsecureStalePermissions: c.InsecureStalePermissions,
		},
	})
	return m, nil
}

// Operator returns what package operate does for those who run a site, on this
// middleware's table, limits, breaker and memory: its state and its backlog, and one
// person by business user ID. Safe for concurrent use, as what it returns is.
func (m *Middleware) Operator() *operate.Operator { return operate.Over(m.resolver) }

// Handler wraps the site. It puts what is needed to answer who is there into
// the request's context, and decodes, reads and makes nothing by itself: a
// request that never asks costs one context value and sets no cookie.
//
// The session entry is written just before the reply's first byte. The
// ResponseWriter keeps flushing, hijacking, io.ReaderFrom and
// http.ResponseController. Several middlewares may wrap one site, for several
// brands or inboxes: then ask each by its own methods.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outer := innermost(r.Context())
		if outer.of(m) != nil {
			next.ServeHTTP(w, r) // wrapped already, further out
			return
		}
		if m.renderer.ServeLoader(w, r) {
			return
		}
		x := m.begin(w, r, outer)
		next.ServeHTTP(&x.writer, r.WithContext(x))
		x.writer.Commit()
		if !x.routeReached {
			m.advice.Unreached(r, m.config.Site.ScriptPath, m.config.Site.JSONPath)
		}
	})
}

// ErrNoMiddleware is returned when the context is not that of a request that
// passed through [Middleware.Handler]. Wrap the server with it.
var ErrNoMiddleware = errors.New("maicontact: the request did not pass through Middleware.Handler; wrap the site with it")

// ErrSeveral is returned by the functions of this package where several
// middlewares wrap the site: which of their contacts is meant cannot be told.
// Use the methods of the same names.
var ErrSeveral = errors.New("maicontact: several middlewares wrap this site; ask the one that is meant by its method, such as Middleware.ContactID")

type exchangeKey struct{}

// Value implements [context.Context]: an exchange is the context of its request, so
// that one allocation serves both.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// innermost returns the exchange of the middleware nearest to the handler; nil
// where there is none.
func innermost(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// of returns the exchange of one middleware, on the way out; nil: none.
func (x *exchange) of(m *Middleware) *exchange {
	for ; x != nil; x = x.outer {
		if x.mc == m {
			return x
		}
	}
	return nil
}

// only stands for the one middleware that wraps the site. The functions of this
// package call its methods. It is empty, so those use the exchange's middleware.
var only = new(Middleware)

// exchangeOf returns the middleware's own exchange of a request.
func (m *Middleware) exchangeOf(ctx context.Context) (*exchange, error) {
	x := innermost(ctx)
	switch {
	case m != only:
		x = x.of(m)
	case x != nil && x.outer != nil:
		return nil, ErrSeveral
	}
	if x == nil {
		return nil, ErrNoMiddleware
	}
	return x, nil
}

// Check decides who may read the chat script and its JSON form. It returns nil,
// or the [Reason] for the refusal. It looks at the request alone and changes
// nothing. Safe for concurrent use.
//
// The answer holds a bearer secret, and any site may include any script. So
// only a page of the same origin, or of one in Site.AllowedOrigins, may read
// it, and only as a script or a fetch: Sec-Fetch-Site, which pages cannot forge,
// says same-origin, and a present Origin or Referer is that of Site.Origin where
// that is set; or Origin or, without one, Referer names an allowed origin;
// our own, from browsers that do not send Sec-Fetch-Site. A request with none of
// these passes only when it carries no credential: there is nobody whose id
// could be read. Should Identify know a member all the same, by an address or by
// a header that a proxy adds, the answer is [CrossSite] nevertheless.
//
// A POST opens the chat, so it must be a fetch with an Origin that is ours or
// allowed, always.
func (m *Middleware) Check(r *http.Request) error {
	if _, err := m.guard.Page(r); err != nil {
		return reasonOf(err)
	}
	return nil
}

// Format writes "[maicontact]" for every verb.
func (m *Middleware) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[maicontact]") }

// LogValue returns "[maicontact]".
func (m *Middleware) LogValue() slog.Value { return slog.StringValue("[maicontact]") }
