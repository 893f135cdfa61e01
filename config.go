package maicontact

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Where [Config] has the routes mounted by default.
const (
	DefaultScriptPath = "/webchat.js"
	DefaultJSONPath   = "/webchat.json"
)

// defaultBudget is that of Timing.Budget.
const defaultBudget = 2 * time.Second

// Config configures a [Middleware]. It is copied by [New].
type Config struct {
	// API says how to reach MaiAgent. APIKey is required. The client logs to
	// Logger unless it has its own; API.OnCall is told of every call.
	API webchat.Config

	// InboxID is the MaiAgent inbox (conversation platform) that contacts
	// belong to, a UUID. It is not the web chat id. Required.
	InboxID string

	// Widget is the chat window: its web chat id (required), the chat host
	// and how it looks.
	Widget webchat.Widget

	// Namespace names this installation and environment, for example
	// "shop-production": 1 to 64 letters, digits and ._-. Two sites on one
	// inbox must never share it, and it must never change: it is part of
	// what MaiAgent knows each person by. Required.
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
	Store contacts.Store

	// WidgetOptions adds options for this request, such as a colour from a
	// database. It runs beside the resolving of the contact and gets a
	// private copy of the request, whose context ends with the longer of
	// Timing.Budget and 2 seconds. When it fails the chat starts without
	// its options. Optional.
	WidgetOptions func(*http.Request) (webchat.Options, error)

	// OnAsk is told how a request that asked for the contact was answered, once
	// per request, for counting. It is called on a goroutine of the request,
	// which waits for it, and must be safe for concurrent use; its context
	// cannot ask for the contact. It is told nothing personal. A panic is logged
	// and ends there. Optional.
	OnAsk func(context.Context, Ask)

	// OnRefused is told which fields of a profile MaiAgent does not take (a phone
	// number it cannot read, say): everything else is sent, and these are tried
	// again in a day or when they change. memberID is empty for visitors, and for an
	// ID of more than 128 characters, which are not kept. It runs beside requests and
	// must be safe for concurrent use. Optional.
	OnRefused func(ctx context.Context, memberID string, fields []webchat.Field)

	// SuspendedAccess is what MaiAgent may answer a suspended member from. The
	// default is nothing: [webchat.NoAccess].
	SuspendedAccess webchat.QueryMetadata

	// VendorKeys are keys that MaiAgent adds to query metadata by itself. Permissions
	// that are shown with a key which was not sent count as another's, as they may
	// be those of before; versions and times, and names in a knowledge base, are
	// known to mean nothing. None by default; the log says when one is missing.
	VendorKeys []string

	// RemakeMoved counts a contact that was moved to other inboxes at MaiAgent as
	// deleted, so that its person gets another one; a later erasure does not reach
	// the former. By default it is kept in step where it is, and the log says so.
	RemakeMoved bool

	// InsecureStalePermissions hands out a contact id while MaiAgent has not
	// yet confirmed a change of the member's permissions. The member may
	// then, for a moment, be told what they may no longer know.
	InsecureStalePermissions bool

	// Logger defaults to slog.Default().
	Logger *slog.Logger

	Site     Site
	Cookie   Cookie
	Visitors Visitors
	Timing   Timing
	Limits   Limits
}

// Format writes "[maicontact configuration]" for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[maicontact configuration]") }

// LogValue returns "[maicontact configuration]".
func (c Config) LogValue() slog.Value { return slog.StringValue("[maicontact configuration]") }

// MarshalText returns "[maicontact configuration]", which is also what
// encoding/json writes.
func (c Config) MarshalText() ([]byte, error) { return []byte("[maicontact configuration]"), nil }

// Site is where the site is, as browsers see it.
type Site struct {
	// Origin is the site's own, such as "https://shop.example". Set it when a
	// proxy ends TLS or rewrites Host; otherwise each request's own Host and
	// TLS state count.
	Origin string

	// AllowedOrigins are other origins whose pages may read the answer and
	// chat, each exactly as browsers write it, such as "https://www.shop.example":
	// scheme, host and a port that is not the default one; no wildcards, and
	// names outside ASCII as Punycode. Whoever runs a listed origin, or can put
	// a script on it, can chat as your members. None by default.
	//
	// A page of the same site (another subdomain) serves everybody; its fetch
	// must send cookies (credentials "include"). On a page of another site,
	// and where a browser does not say which it is, no cookie of ours is kept:
	// a visitor who is not known yet gets the reason [CrossSite] there, and
	// members get the chat where Identify still knows them.
	AllowedOrigins []string

	// TrustedProxies are the proxies in front of the site. From them, and from
	// nobody else, X-Forwarded-For tells the client: its right-most address that
	// is not in the list. List yours, or everybody who comes through a proxy is
	// one client; list no address that others may send from. It serves
	// Visitors.Burst alone. None by default.
	TrustedProxies []netip.Prefix

	// ScriptPath is where Script is mounted. Defaults to DefaultScriptPath.
	ScriptPath string

	// JSONPath is where JSON is mounted, for StaticScript. Defaults to
	// DefaultJSONPath; it must not be ScriptPath.
	JSONPath string
}

// Cookie is the session that holds our entry.
type Cookie struct {
	// Name is the name of our session (the cookie's name). Defaults to
	// "maicontact-" and eight digits made of Namespace and InboxID, so that
	// two sites on one host do not take each other's; with "__Host-" before
	// it when Site.Origin is https, so that no sister site can plant one. The
	// site must not use it for its own.
	Name string

	// MaxAge is how long a browser is remembered after its entry was last
	// renewed. Defaults to 30 days; at least a minute. A cookie store refuses
	// cookies that are older than its own 30 days.
	MaxAge time.Duration
}

// Start is when the contact of a visitor is made.
type Start int

const (
	// OnOpen: when they first open it, by a button. Before that they get no cookie.
	OnOpen Start = iota
	// OnLoad: when a page loads its chat.
	OnLoad
)

// Button is how the browser draws the button of a chat that was not opened yet.
// Its colour, size and corner are the widget's. Texts default to English ones.
type Button struct {
	// Hidden leaves the drawing to the page: an element with
	// data-maicontact="open", or maicontact.open(), opens the chat.
	Hidden  bool
	Label   string // for screen readers, and who points at it
	Opening string // said while the chat is on its way
	Failed  string // shown when it did not come
}

// Visitors says when a visitor's contact is made, and bounds, in each process, the
// contacts that somebody can make by throwing cookies away. Who is over a limit
// gets the reason [Crowded], no cookie and no contact, and asks again later.
// Members, and visitors who are known, are never turned away.
type Visitors struct {
	// Profile is what MaiAgent should know of every visitor: a name (default
	// "Anonymous") and query metadata, what they may be answered from; without,
	// MaiAgent's own default holds. A change of it reaches a known visitor at
	// their next ask, before a contact id is handed out.
	Profile webchat.Profile

	// Start defaults to OnOpen: the route at Site.ScriptPath must then let POST
	// through, and its fetch past middleware that wants a token in each POST.
	Start Start

	// Button is what visitors open the chat with.
	Button Button

	// Burst is how many new visitors one client may be at once, and Interval
	// how long it takes until it may be one more. They default to 500, which an
	// office behind one address has room in, and 10 seconds; a negative Burst is
	// no limit for a client. A client is a remote address, or the /64 of an IPv6
	// one, so people behind one gateway share a limit. All that come over a Unix
	// socket are one client. The network around it, a /24 or the /48 of an IPv6
	// one, may be as much as four clients.
	Burst    int
	Interval time.Duration

	// PerSecond is how many new visitors there may be in a second, of all
	// clients; as many may come at once, or two. The more a network has asked within an
	// hour, the more of half of those it leaves to others, so that a flood starves
	// nobody else. Defaults to 50; a negative one is no limit.
	PerSecond float64
}

// Timing says how long things may take.
type Timing struct {
	// Budget is the longest time a request waits for a contact, and in all for a
	// session store that is no cookie store. Defaults to 2 seconds; negative:
	// never wait for a contact, and 2 seconds for the session. The context that
	// Identify and WidgetOptions get ends after it, and after no less than 2 seconds.
	Budget time.Duration

	// Recheck is how long a session entry is believed before the row is read
	// again, while [Middleware.Run] learns within 2 seconds what changes on
	// other servers. Without Run every ask reads the row. Defaults to 5 minutes.
	Recheck time.Duration

	// StaleIfError is how much longer the entry of a member who has no
	// permissions of their own is believed while the store fails, or takes
	// longer than a second (which Budget must allow for). What other servers
	// have recorded meanwhile, an erasure too, is not seen for Recheck and
	// StaleIfError together then. Members without such an entry, and visitors,
	// get no chat in that time. Defaults to 30 minutes; negative: none.
	StaleIfError time.Duration

	// Drain is how long Run waits for work under way when it is to end. Defaults
	// to 10 seconds.
	Drain time.Duration

	// SearchLag is how long MaiAgent's search may need to show a contact that
	// was just made. Defaults to 5 seconds.
	SearchLag time.Duration

	// WriteDoubt is how long after a write of unknown outcome it may still
	// land at MaiAgent. Until then it is looked for, and not repeated. Defaults to
	// a minute.
	WriteDoubt time.Duration

	// Lease is how long one process may work on a row before another takes
	// over. Defaults to 30 seconds; at least 3 milliseconds.
	Lease time.Duration
}

// Limits bounds the calls to MaiAgent of each process.
type Limits struct {
	// Calls is how many may be under way, and CallsPerSecond how many begin
	// in a second. Making contacts goes first: keeping them in step uses at
	// most half of Calls. They default to 16 and 100; a negative CallsPerSecond is
	// no limit.
	Calls          int
	CallsPerSecond float64
}
