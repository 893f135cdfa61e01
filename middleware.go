// Package maicontact tells MaiAgent's Web Chat who it is talking to. It is
// middleware for net/http: it resolves the logged-in member or the anonymous
// visitor of a request to a MaiAgent contact id, keeps that contact in step
// with the member's profile and permissions, and serves the script that starts
// the chat with the contact id in it.
//
// [New] takes a [Config]; [Middleware.Handler] wraps the site;
// [Middleware.Script] is mounted at Config.ScriptPath; [Middleware.Run] runs
// beside the server.
//
// A contact id is a bearer secret: whoever knows it can chat as that person.
// It is only ever given to its owner, and never to a log, an error or a URL.
package maicontact

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"golang.org/x/time/rate"

	"github.com/maicontact/maicontact/webchat"
)

// Defaults of [Config].
const (
	DefaultScriptPath    = "/webchat.js"
	DefaultJSONPath      = "/webchat.json"
	DefaultSessionMaxAge = 30 * 24 * time.Hour
	DefaultBudget        = 2 * time.Second
	DefaultRecheck       = 5 * time.Minute
	DefaultGrace         = 30 * time.Minute
	DefaultDrain         = 10 * time.Second
	DefaultMaxCalls      = 16
	DefaultCallRate      = 100 // calls per second
	DefaultVisitorBurst  = 20  // new visitors of one client at once
	DefaultVisitorEvery  = 10 * time.Second
	DefaultVisitorRate   = 50 // new visitors per second
)

// Member is a person who is logged in to the site.
type Member struct {
	// ID is the business user ID: stable, never used again for another
	// person, and best not the email. Required.
	ID string
	// Profile is what MaiAgent should know of the member. It is sent when it
	// differs from what MaiAgent has confirmed.
	Profile webchat.Profile
	// Revision orders changes of the profile: a row version, or the time of
	// the last change in microseconds. Higher is newer; give it always or
	// never. With 0 the time at which a request began counts instead, in
	// microseconds: an old profile may then win for a moment when two servers
	// race, and where the profile has query metadata each request asks the
	// store.
	Revision int64
}

// Config configures a [Middleware]. It is copied by [New].
type Config struct {
	// API says how to reach MaiAgent. APIKey is required. The client logs to
	// Logger unless it has its own; API.OnCall is told of every call.
	API webchat.Config

	// InboxID is the MaiAgent inbox (conversation platform) that contacts
	// belong to, a UUID at MaiAgent. It is not the web chat id. Required.
	InboxID string

	// Widget is the chat window: its web chat id (required), the chat host
	// and how it looks.
	Widget webchat.Widget

	// Namespace names this installation and environment, for example
	// "shop-production": 1 to 64 letters, digits and ._-. Two sites on one
	// inbox must never share it, and it must never change: it is part of
	// what MaiAgent knows each member by. Required.
	Namespace string

	// Identify says who makes the request: a member, or nil for a visitor.
	// An error means no chat for this request, never a visitor; return
	// [ErrNoChat] to decline without a warning in the log. It is called at most
	// once per request, only when somebody asks for the contact, and
	// possibly on another goroutine than the handler's. The request is a
	// private copy that shares no gorilla session with the handler's, so
	// sessions may be read from it; its context is that of who asks. It must
	// not be written to.
	//
	// It sees the request as it came. A handler that changes who is logged
	// in must therefore redirect, or call [Forget] before anything in that
	// request asks for the contact. Required.
	Identify func(*http.Request) (*Member, error)

	// Sessions keeps our one session entry: any gorilla store. Several
	// servers must share its keys. Required.
	Sessions sessions.Store

	// Store is the contact management table. [NewMemoryStore] serves one
	// process; package sqlstore serves several. Required.
	Store Store

	// WidgetOptions adds options for this request, such as a colour from a
	// database. It runs beside the resolving of the contact and gets a
	// private copy of the request, whose context ends with the longer of
	// Budget and DefaultBudget. When it fails the chat starts without its
	// options. Optional.
	WidgetOptions func(*http.Request) (webchat.Options, error)

	// PublicOrigin is the site's origin as browsers see it, such as
	// "https://shop.example". Set it when a proxy ends TLS or rewrites Host;
	// otherwise each request's own Host and TLS state count.
	PublicOrigin string

	// AllowedOrigins are other origins whose pages may read the answer and
	// chat, each exactly as browsers write it, such as "https://www.shop.example":
	// scheme, host and a port that is not the default one; no wildcards, and
	// names outside ASCII as Punycode. Whoever runs a listed origin, or can put
	// a script on it, can chat as your members. None by default.
	//
	// A page of the same site (another subdomain) serves everybody; its fetch
	// must send cookies (credentials "include"), or each call makes another
	// visitor. On a page of another site browsers keep no cookie of ours: a
	// visitor who is not known yet gets the reason [CrossSite] there, and
	// members get the chat where Identify still knows them. A browser that
	// does not say which of the two it is counts as the latter.
	AllowedOrigins []string

	// ScriptPath is where Script is mounted. Defaults to DefaultScriptPath.
	ScriptPath string

	// JSONPath is where JSON is mounted, for Stub. Defaults to
	// DefaultJSONPath; it must not be ScriptPath.
	JSONPath string

	// SessionName is the name of our session (the cookie's name). Defaults
	// to "maicontact-" and eight digits made of Namespace and InboxID, so that
	// two sites on one host do not take each other's; with "__Host-" before
	// it when PublicOrigin is https, so that no sister site can plant one. The
	// site must not use it for its own.
	SessionName string

	// ShareSession keeps our entry in the site's own gorilla session, which is
	// the one named SessionName in Sessions, as one string under a key that
	// begins with "maicontact-".
	// Choose it when the site reads that session on most requests anyway: it is
	// then decoded once for both. The site must read it with the store's Get,
	// as gorilla advises, and Handler reads it the same way at the start of
	// every request, also of one that never asks for the contact.
	//
	// When our entry changes, the session is saved with all that the handler has
	// put into it, just before the reply's first byte; no other goroutine may
	// be using it then. It keeps the site's own cookie options, so give it
	// HttpOnly and SameSite: SessionMaxAge does not count, and the session holds
	// a contact id. While its store fails nobody new gets a chat, and it is not
	// written. Log people out by emptying the session that Get returns, and
	// saving that.
	//
	// A session that another request has changed or ended meanwhile is left
	// alone, where the store keeps it on the server. One that is in its cookie as
	// a whole nobody can tell: as with any session written there, a reply that
	// began before a logout or a login and arrives after it undoes it. A session
	// with maps, slices, pointers or structs in it is decoded once more for
	// Identify, as the handler may be changing those.
	ShareSession bool

	// SessionMaxAge is how long a browser is remembered after its entry was
	// last written. Defaults to DefaultSessionMaxAge; at least a minute. A
	// cookie store refuses cookies that are older than its own 30 days; for
	// more call its MaxAge, too.
	SessionMaxAge time.Duration

	// Budget is the longest time a request waits for a contact. Defaults to
	// DefaultBudget; negative: never wait.
	Budget time.Duration

	// Recheck is how long a session entry is believed before the store is
	// asked again. Until then another browser of a member may still get the
	// contact id of before an erasure on another server. Defaults to DefaultRecheck.
	Recheck time.Duration

	// Grace is how much longer a member's entry is believed while the store
	// gives no answer: it fails, or takes longer than a second (which Budget
	// must allow for). It costs that an erasure, or a change that another
	// server has recorded, is not seen for Recheck and Grace together where
	// the store cannot be asked; a change that Identify tells of ends it at
	// once. Members without such an entry get no chat in that time. Defaults
	// to DefaultGrace; negative: none.
	Grace time.Duration

	// Drain is how long Run waits for work under way when it is to end.
	// Defaults to DefaultDrain.
	Drain time.Duration

	// MaxCalls bounds the calls to MaiAgent under way, and CallRate how many
	// begin in a second, in each process. Making contacts goes first: keeping
	// them in step uses at most half of MaxCalls. They default to
	// DefaultMaxCalls and DefaultCallRate; a negative CallRate is no limit.
	MaxCalls int
	CallRate float64

	// VisitorBurst is how many new visitors one client may be at once, and
	// VisitorEvery how long it takes until it may be one more. VisitorRate is
	// how many new visitors there may be in a second, of all clients; as many
	// may come at once. They bound the contacts that somebody can make by
	// throwing cookies away, in each process. Who is over them gets the reason
	// [Crowded], no cookie and no contact, and asks again later. Members, and
	// visitors who are known, take nothing and are never turned away.
	//
	// They default to DefaultVisitorBurst, DefaultVisitorEvery and
	// DefaultVisitorRate; a negative VisitorBurst is no limit for a client, a
	// negative VisitorRate none in total. At most 40,000 clients are kept in
	// mind, in 8 MB; beyond that the longest unseen are forgotten.
	//
	// A client is a remote address, or the /64 of an IPv6 one, so people
	// behind one gateway share a limit. All that come over a Unix socket are
	// one client.
	VisitorBurst int
	VisitorEvery time.Duration
	VisitorRate  float64

	// TrustedProxies are the proxies in front of the site. From them, and from
	// nobody else, X-Forwarded-For tells the client: its right-most address that
	// is not in the list. List yours, or everybody who comes through a proxy is
	// one client; list no address that others may send from. It serves
	// VisitorBurst alone. None by default.
	TrustedProxies []netip.Prefix

	// OnNoChat is told why a request that asked for the contact got none, once
	// per request, for counting. It is called on a goroutine of the request,
	// which waits for it, and must be safe for concurrent use; its context
	// cannot ask for the contact. It is told nothing personal. A panic is logged
	// and ends there. Optional.
	OnNoChat func(context.Context, Reason)

	// InsecureStalePermissions hands out a contact id while MaiAgent has not
	// yet confirmed a change of the member's permissions. The member may
	// then, for a moment, be told what they may no longer know.
	InsecureStalePermissions bool

	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// Middleware is made by [New] and safe for concurrent use.
type Middleware struct {
	config      Config
	origin      string               // PublicOrigin, normalized; empty: each request's own
	allowed     []string             // AllowedOrigins, normalized
	registryKey any                  // see registry.go
	codecs      []securecookie.Codec // of a store made by NewCookieStore
	place       string               // of InboxID and Namespace
	nobody      string               // the epoch of nobody
	log         *slog.Logger
	resolver    *resolver
	visitors    *visitorLimit
	crowded     rate.Sometimes // how often the log warns of visitors turned away
	script      script
	stub        stub
	buffers     sync.Pool // of *[]byte, for answers
}

// New checks the configuration and returns a Middleware. It starts no
// goroutine and calls nobody. All faults found are in the error.
func New(c Config) (*Middleware, error) {
	c.ScriptPath = cmp.Or(c.ScriptPath, DefaultScriptPath)
	c.JSONPath = cmp.Or(c.JSONPath, DefaultJSONPath)
	c.SessionMaxAge = cmp.Or(c.SessionMaxAge, DefaultSessionMaxAge)
	c.Budget = cmp.Or(c.Budget, DefaultBudget)
	c.Recheck = cmp.Or(c.Recheck, DefaultRecheck)
	c.Grace = cmp.Or(c.Grace, DefaultGrace)
	c.Drain = cmp.Or(c.Drain, DefaultDrain)
	c.MaxCalls = cmp.Or(c.MaxCalls, DefaultMaxCalls)
	c.CallRate = cmp.Or(c.CallRate, DefaultCallRate)
	c.VisitorBurst = cmp.Or(c.VisitorBurst, DefaultVisitorBurst)
	c.VisitorEvery = cmp.Or(c.VisitorEvery, DefaultVisitorEvery)
	c.VisitorRate = cmp.Or(c.VisitorRate, DefaultVisitorRate)
	c.TrustedProxies = slices.Clone(c.TrustedProxies)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.API.Logger == nil {
		c.API.Logger = c.Logger
	}

	origin, originErr := parsePublicOrigin(c.PublicOrigin)
	if !c.ShareSession {
		c.SessionName = cmp.Or(c.SessionName, defaultSessionName(c, origin))
	}
	allowed, allowedErr := parseAllowedOrigins(c.AllowedOrigins)
	client, clientErr := webchat.NewClient(c.API)
	script, scriptErr := newScript(c)
	if err := errors.Join(c.check(), checkTrustedProxies(c.TrustedProxies), originErr, allowedErr, inField("API", clientErr), scriptErr); err != nil {
		return nil, fmt.Errorf("maicontact: %w", err)
	}
	var codecs []securecookie.Codec
	if !c.ShareSession {
		codecs = compactCodecs(c.Sessions)
	}
	return &Middleware{
		config: c, origin: origin, allowed: allowed, registryKey: registryKey(), log: c.Logger,
		visitors: newVisitorLimit(c.VisitorBurst, c.VisitorEvery, c.VisitorRate), crowded: rate.Sometimes{Interval: time.Minute},
		codecs: codecs, place: placeOf(c.InboxID, c.Namespace), nobody: epochOf(c.InboxID, nobody),
		resolver: newResolver(c, client), script: script, stub: newStub(c),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}, nil
}

func defaultSessionName(c Config, origin string) string {
	sum := sha256.Sum256([]byte(c.Namespace + "|" + c.InboxID))
	name := "maicontact-" + hex.EncodeToString(sum[:4])
	if strings.HasPrefix(origin, "https://") {
		name = "__Host-" + name
	}
	return name
}

func inField(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", "Config."+name, err)
}

func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !isNamespace(c.InboxID) {
		fault("Config.InboxID must be the id of the MaiAgent inbox (not of the web chat)")
	} else if strings.EqualFold(c.InboxID, c.Widget.WebChatID) {
		fault("Config.InboxID and Config.Widget.WebChatID are the same; they are two different ids in MaiAgent")
	}
	if !isNamespace(c.Namespace) {
		fault("Config.Namespace must name this installation with 1 to 64 letters, digits and ._-, such as \"shop-production\"")
	}
	if c.Identify == nil {
		fault("Config.Identify must say who makes a request")
	}
	if isNoStore(c.Sessions) {
		fault("Config.Sessions must be a gorilla session store, such as that of NewCookieStore(key)")
	} else if err := checkCookieStore(c.Sessions); err != nil {
		fault("Config.Sessions cannot write a cookie, check its keys (32 bytes to sign; 16, 24 or 32 to encrypt): %w", err)
	}
	if c.Store == nil {
		fault("Config.Store must be a store: NewMemoryStore() for one process, sqlstore for several")
	}
	if !isPath(c.ScriptPath) {
		fault("Config.ScriptPath must be a path on this site, such as %q", DefaultScriptPath)
	}
	if !isPath(c.JSONPath) {
		fault("Config.JSONPath must be a path on this site, such as %q", DefaultJSONPath)
	} else if c.JSONPath == c.ScriptPath {
		fault("Config.JSONPath and Config.ScriptPath are the same; the script and the JSON are two routes")
	}
	if c.ShareSession && c.SessionName == "" {
		fault("Config.SessionName must name the site's own session when Config.ShareSession is set")
	} else if !isNamespace(c.SessionName) {
		fault("Config.SessionName must be 1 to 64 letters, digits and ._-")
	}
	if c.SessionMaxAge < time.Minute {
		fault("Config.SessionMaxAge must be at least a minute")
	}
	if c.Recheck < 0 {
		fault("Config.Recheck must not be negative")
	}
	if c.Drain < 0 {
		fault("Config.Drain must not be negative")
	}
	if c.MaxCalls < 1 {
		fault("Config.MaxCalls must be at least 1")
	}
	if c.VisitorEvery < 0 {
		fault("Config.VisitorEvery must not be negative; a negative VisitorBurst switches the limit off")
	}
	if math.IsNaN(c.VisitorRate) || math.IsInf(c.VisitorRate, 0) {
		fault("Config.VisitorRate must be a number of visitors per second; a negative one switches the limit off")
	}
	return errors.Join(faults...)
}

func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "?#\\ ")
}

func isNamespace(s string) bool {
	return s != "" && len(s) <= 64 && isPlainText(s)
}

type visitKey struct{}

// Handler wraps the site. It puts what is needed to answer who is there into
// the request's context, and decodes, reads and makes nothing by itself: a
// request that never asks costs one context value and sets no cookie. (With
// Config.ShareSession it reads the site's session.)
//
// The session entry is written just before the reply's first byte. The
// ResponseWriter keeps flushing, hijacking, io.ReaderFrom and
// http.ResponseController.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, err := visitOf(r.Context()); err == nil && v.middleware == m {
			next.ServeHTTP(w, r) // wrapped already, further out
			return
		}
		v := m.begin(w, r)
		next.ServeHTTP(&v.writer, r.WithContext(&v.context))
		v.commit()
	})
}

// begin makes the visit of a request.
func (m *Middleware) begin(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{middleware: m, request: r, began: time.Now().UnixMicro()}
	if m.config.ShareSession {
		v.shared = m.openShared(r)
	}
	v.writer = responseWriter{inner: w, visit: v}
	v.context = visitContext{r.Context(), v}
	return v
}

// visitContext is the context of a request with its visit in it. It is a part
// of the visit: one allocation serves both.
type visitContext struct {
	context.Context
	visit *visit
}

func (c *visitContext) Value(key any) any {
	if key == (visitKey{}) {
		return c.visit
	}
	return c.Context.Value(key)
}

// ErrNoMiddleware is returned when the context is not that of a request that
// passed through [Middleware.Handler]. Wrap the server with it.
var ErrNoMiddleware = errors.New("maicontact: the request did not pass through Middleware.Handler; wrap the site with it")

func visitOf(ctx context.Context) (*visit, error) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v, nil
	}
	return nil, ErrNoMiddleware
}
