package admin

import (
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/operate"
)

// DefaultPrefix is the default of [Config].Prefix.
const DefaultPrefix = "/admin/"

// minSecret is how many bytes Config.Secret has at least.
const minSecret = 32

// ErrDenied is returned by [Config].Authorize and AuthorizeActions for a request that is
// not allowed. Config.Denied answers it.
var ErrDenied = errors.New("admin: denied")

// Config configures a [Handler]. It is copied by [New].
type Config struct {
	// Site is the middleware whose state and people are shown. Required.
	Site *maicontact.Middleware

	// Authorize is the application's own check of whether the user who makes a request
	// may look. It is called once for each request, before anything else, and must be
	// safe for concurrent use. It returns nil if they may, and [ErrDenied] if not. Any
	// other error is logged, and answered with 503. Required.
	Authorize func(*http.Request) error

	// AuthorizeActions checks, after Authorize, whether the user may change people:
	// erase, restore, reissue, suspend, resume, and link. It is called for each
	// confirmation and each action, and for each page of a person, which shows the
	// actions only to those who may. Nil: nobody may, and the pages are read only.
	AuthorizeActions func(*http.Request) error

	// Secret encrypts the person in the address of a page: at least 32 random bytes, the
	// same on all servers that serve the pages. It may be the secret of the sessions: a
	// key of its own is derived from it. Required.
	Secret []byte

	// Prefix is the path that the handler is mounted at, as requests reach it, with
	// a slash at both ends. Defaults to [DefaultPrefix].
	Prefix string

	// Denied answers those who may not look or act. Defaults to http.NotFound, so that
	// nobody learns that there is anything. To ask for a password, answer 401 here.
	Denied http.Handler

	// Calls is the log of calls to show. maicontact.Config.API.OnCall must be its Add, or
	// call it. Optional.
	Calls *operate.CallLog

	// TrustedOrigins are origins whose forms are accepted beside the pages' own, such as
	// "https://back-office.example". If a proxy rewrites Host, list the site's own, for
	// browsers that do not send Sec-Fetch-Site. None by default.
	TrustedOrigins []string

	// OnAction is called for each action that was done or refused, for the application's
	// record of who has changed what: the context is the request's. It must be safe for
	// concurrent use. Optional.
	OnAction func(context.Context, Action)

	// Logger gets actions, without the person, and failures. Defaults to slog.Default().
	Logger *slog.Logger
}

const configText = "[admin configuration]"

// Format writes "[admin configuration]" for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, configText) }

// LogValue returns "[admin configuration]".
func (c Config) LogValue() slog.Value { return slog.StringValue(configText) }

// MarshalText returns "[admin configuration]", which is also what encoding/json
// writes.
func (c Config) MarshalText() ([]byte, error) { return []byte(configText), nil }

// Action is an action on a person that was done or tried. fmt and slog print it without
// the business user ID; encoding/json writes that too, for a record.
type Action struct {
	Name string // "erase", "restore", "reissue", "suspend", "resume" or "link"
	Kind string // "member" or "visitor"
	// MemberID is the business user ID; empty for a visitor, and for an ID of more
	// than 128 characters, which is not kept.
	MemberID string
	Err      error `json:"-"` // why it was refused or failed; nil: it was done
}

// Format writes what was done, and to which kind of person, for every verb.
func (a Action) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.Name+" a "+a.Kind) }

// LogValue returns the same.
func (a Action) LogValue() slog.Value { return slog.StringValue(a.Name + " a " + a.Kind) }

// Handler is made by [New]. It is safe for concurrent use.
type Handler struct {
	config     Config
	operator   *operate.Operator
	sealer     sealer
	protection *http.CrossOriginProtection
	routes     []route
	mux        *http.ServeMux
	pages      *template.Template
	policy     string // the Content-Security-Policy
	examining  sync.Mutex
}

// Format writes "[admin pages]" for every verb.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[admin pages]") }

// New checks the configuration and returns a Handler. All faults found are in the
// error.
func New(c Config) (*Handler, error) {
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	if c.Denied == nil {
		c.Denied = http.HandlerFunc(http.NotFound)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	h := &Handler{config: c, operator: c.Site.Operator(), protection: http.NewCrossOriginProtection()}
	for _, origin := range c.TrustedOrigins {
		if err := h.protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("admin: Config.TrustedOrigins must be origins such as https://shop.example: %w", err)
		}
	}
	key, err := hkdf.Key(sha256.New, c.Secret, nil, "maicontact admin: who a page is about", 32)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	if h.sealer, err = newSealer(key); err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	if h.pages, h.policy, err = parsePages(); err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	h.config.Secret = nil
	h.route()
	return h, nil
}

func (c Config) check() error {
	var faults []error
	fault := func(text string) { faults = append(faults, errors.New(text)) }
	if c.Site == nil {
		fault("Config.Site must be the middleware whose pages these are")
	}
	if c.Authorize == nil {
		fault("Config.Authorize must say who may look; the pages tell about people, and nobody may see them without it")
	}
	if len(c.Secret) < minSecret {
		fault("Config.Secret must be at least 32 random bytes, the same on all servers, such as the secret of the sessions")
	}
	if !isPrefix(c.Prefix) {
		fault(`Config.Prefix must be a path with a slash at both ends and nothing to escape or to clean in it, such as "/admin/"`)
	}
	return errors.Join(faults...)
}

// isPrefix reports whether a path can be used as it is in a pattern of a mux and in a
// link.
func isPrefix(s string) bool {
	return s == "/" || strings.HasSuffix(s, "/") && path.Clean("/"+s)+"/" == s && !strings.ContainsAny(s, "?#\\ {}%")
}
