package maicontact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/internal/ratelimit"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/webchat"
)

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if id, err := webchat.ParseInboxID(c.InboxID); err == nil {
		c.InboxID = id
	}
	c.Visitors.Profile = c.Visitors.Profile.Normalized()
	c.VendorKeys = slices.Clone(c.VendorKeys)
	c.Site.ScriptPath = cmp.Or(c.Site.ScriptPath, DefaultScriptPath)
	c.Site.JSONPath = cmp.Or(c.Site.JSONPath, DefaultJSONPath)
	c.Site.TrustedProxies = slices.Clone(c.Site.TrustedProxies)
	c.Cookie.MaxAge = cmp.Or(c.Cookie.MaxAge, session.CookieMaxAge)
	c.Visitors.Burst = cmp.Or(c.Visitors.Burst, 500)
	c.Visitors.Interval = cmp.Or(c.Visitors.Interval, 10*time.Second)
	c.Visitors.PerSecond = cmp.Or(c.Visitors.PerSecond, 50)
	c.Timing.Budget = cmp.Or(c.Timing.Budget, defaultBudget)
	c.Timing.Recheck = cmp.Or(c.Timing.Recheck, 5*time.Minute)
	c.Timing.StaleIfError = cmp.Or(c.Timing.StaleIfError, 30*time.Minute)
	c.Timing.Drain = cmp.Or(c.Timing.Drain, 10*time.Second)
	c.Timing.SearchLag = cmp.Or(c.Timing.SearchLag, reconcile.DefaultSearchLag)
	c.Timing.WriteDoubt = cmp.Or(c.Timing.WriteDoubt, reconcile.DefaultWriteDoubt)
	c.Timing.Lease = cmp.Or(c.Timing.Lease, reconcile.DefaultLease)
	c.Limits.Calls = cmp.Or(c.Limits.Calls, 16)
	c.Limits.CallsPerSecond = cmp.Or(c.Limits.CallsPerSecond, 100)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.API.Logger == nil {
		c.API.Logger = c.Logger
	}
	if c.Cookie.Name == "" {
		c.Cookie.Name = session.DefaultName(c.Namespace, c.InboxID, strings.HasPrefix(strings.ToLower(c.Site.Origin), "https://"))
	}
	return c
}

// check finds the faults that no other package checks.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if _, err := webchat.ParseInboxID(c.InboxID); err != nil {
		fault("Config.InboxID must be the id of the MaiAgent inbox (not of the web chat), a UUID")
	} else if strings.EqualFold(c.InboxID, c.Widget.WebChatID) {
		fault("Config.InboxID and Config.Widget.WebChatID are the same; they are two different ids in MaiAgent")
	}
	if !contacts.IsName(c.Namespace) {
		fault("Config.Namespace must name this installation with 1 to 64 letters, digits and ._-, such as \"shop-production\"")
	}
	if c.Identify == nil {
		fault("Config.Identify must say who makes a request")
	}
	if c.Store == nil {
		fault("Config.Store must be a store: NewMemoryStore() for one process, sqlstore for several")
	}
	if p := c.Visitors.Profile; p.Email != "" || p.Phone != "" || p.Avatar != "" {
		fault("Config.Visitors.Profile is that of all visitors: it may have a name and query metadata only")
	}
	if !isPath(c.Site.ScriptPath) {
		fault("Config.Site.ScriptPath must be a path on this site, such as %q", DefaultScriptPath)
	}
	if !isPath(c.Site.JSONPath) {
		fault("Config.Site.JSONPath must be a path on this site, such as %q", DefaultJSONPath)
	} else if c.Site.JSONPath == c.Site.ScriptPath {
		fault("Config.Site.JSONPath and Config.Site.ScriptPath are the same; the script and the JSON are two routes")
	}
	if !contacts.IsName(c.Cookie.Name) {
		fault("Config.Cookie.Name must be 1 to 64 letters, digits and ._-")
	}
	if c.Cookie.MaxAge < time.Minute {
		fault("Config.Cookie.MaxAge must be at least a minute")
	}
	if c.Visitors.Start != OnOpen && c.Visitors.Start != OnLoad {
		fault("Config.Visitors.Start must be OnOpen or OnLoad")
	}
	if c.Limits.Calls < 1 {
		fault("Config.Limits.Calls must be at least 1")
	}
	return errors.Join(append(faults, resolve.CheckTiming(c.Timing.Recheck, c.Timing.Drain, c.reconciling()), c.limits().Check())...)
}

func (c Config) reconciling() reconcile.Timing {
	return reconcile.Timing{Lease: c.Timing.Lease, WriteDoubt: c.Timing.WriteDoubt, SearchLag: c.Timing.SearchLag}
}

// limits bounds new visitors.
func (c Config) limits() ratelimit.Options {
	v := c.Visitors
	return ratelimit.Options{Burst: v.Burst, Interval: v.Interval, PerSecond: v.PerSecond, TrustedProxies: c.Site.TrustedProxies}
}

func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "?#\\ ")
}

// wrap puts what before an error, if there is one.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Verify asks MaiAgent and the table whether the settings fit each other: key,
// inbox and web chat, the chat host and its embed, the table, its clock and its
// namespace. It changes nothing and takes a few calls; call it at start, or from a
// test of the deployment, and not with each request. The error has a line for each
// thing that is wrong, which names the setting and says what to do; what somebody
// should look at is a warning in the log. The checks are those of package doctor.
// Safe for concurrent use.
func (m *Middleware) Verify(ctx context.Context) error {
	return wrap("maicontact: verify", doctor.Verify(ctx, m.doctorSite(), func(r doctor.Result) {
		m.log.WarnContext(ctx, "maicontact: verify: "+r.Says, "check", r.Check)
	}))
}

// Examine makes those checks of package doctor, by their names, or all, and tells
// what each has found. They change nothing. See [doctor.Examine]. Safe for concurrent
// use.
func (m *Middleware) Examine(ctx context.Context, tell func(doctor.Result), names ...string) error {
	return doctor.Examine(ctx, m.doctorSite(), tell, names...)
}

func (m *Middleware) doctorSite() doctor.Site {
	api := m.config.API
	api.MaxAttempts = 1
	client, _ := webchat.NewClient(api) // New has taken it
	return doctor.Site{
		API: client, Widget: m.config.Widget, InboxID: m.config.InboxID, Namespace: m.config.Namespace, HTTPClient: api.HTTPClient,
		Table: func(context.Context) (contacts.Store, error) { return m.config.Store, nil },
	}
}
