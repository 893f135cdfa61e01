// Package advice tells a developer, in the log, how to fix a site whose set-up makes it
// refuse its own pages or do less than it could. Each message names the setting to
// look at, and is logged at most once a minute.
package advice

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/guard"
)

// Advisor is made by [New] and safe for concurrent use.
type Advisor struct {
	log    *slog.Logger
	policy guard.Policy

	lines sync.Map // from each message to its *background.Every
}

// New returns an Advisor for a site with that policy. It warns at once if the site's
// cookies are not encrypted.
func New(log *slog.Logger, policy guard.Policy, readable bool) *Advisor {
	if readable {
		log.Warn("maicontact: " + unencryptedText)
	}
	return &Advisor{log: log, policy: policy}
}

// maxText bounds what a browser can put into the log.
const maxText = 100

// warn logs a message, unless it was logged less than a minute ago.
func (a *Advisor) warn(ctx context.Context, message string, args ...any) {
	every, _ := a.lines.LoadOrStore(message, new(background.Every))
	every.(*background.Every).Warn(ctx, a.log, "maicontact: "+message, args...)
}

// The messages: what is wrong, and how to fix it. They are for the log and, on
// localhost, for the browser's console.
const (
	refusedText = "a page was refused, as its origin is not the site's own; if it is a page of yours, " +
		"set Config.Site.Origin to what browsers show for this site, or list the page's in Config.Site.AllowedOrigins"
	behindTLSText = "a page of this site was refused, as a proxy in front of it speaks https and Config.Site.Origin is empty; " +
		"set Config.Site.Origin to what browsers show"
	noOriginText = "a browser that does not send Sec-Fetch-Site was refused, as it did not say which page asks; " +
		"give your pages no Referrer-Policy of no-referrer"
	overHTTPText = "the site was opened over http, but Config.Site.Origin is https, so browsers keep no cookie of the chat, or are refused; " +
		"open the site at Config.Site.Origin, or set that to the address that you open"
	notSecureText = "the chat's cookie is not Secure, as a proxy in front of the site speaks https and Config.Site.Origin is empty; " +
		"set Config.Site.Origin to what browsers show"
	lateText = "a page asked for the contact after its reply had begun, and got none; " +
		"call ContactID, ContactInto or Snippet before the first byte is written, and render the page into a buffer"
	sessionsText = "the session store gave no answer in time, so that pages go on without the chat; " +
		"check Config.Sessions: a request waits for it no longer than Timing.Budget"
	unencryptedText = "the session store signs its cookie and does not encrypt it, so that whoever has the cookie can read the contact id in it; " +
		"give Config.Sessions an encryption key, or take NewCookieStore"
	storeText = "the store does not answer; members keep the chat from their session for a while"
)

func wrongPathText(setting string) string {
	return "the chat's handler is mounted elsewhere than " + setting + " says, where browsers will look for it; mount it there, or change " + setting
}

// Refused warns of a page that the policy refused with ErrCrossSite.
func (a *Advisor) Refused(r *http.Request) {
	text, args := a.refusal(r)
	a.warn(r.Context(), text, args...)
}

// refusal returns the message for a page that the policy refused with ErrCrossSite.
func (a *Advisor) refusal(r *http.Request) (text string, args []any) {
	page, _, missing := guard.PageOrigin(r.Header)
	switch {
	case a.policy.IsOverHTTP(r):
		return overHTTPText, nil
	case a.policy.IsBehindTLS(r) && guard.IsOfHost(page, r.Host):
		return behindTLSText, []any{"page", short(page)}
	case missing && r.Header.Get("Sec-Fetch-Site") == "":
		return noOriginText, nil
	}
	return refusedText, []any{"page", short(page), "own", short(a.policy.OriginOf(r))}
}

// short cuts what a browser sent for the log.
func short(s string) string { return s[:min(len(s), maxText)] }

// OverHTTP checks each request of a page for the chat.
func (a *Advisor) OverHTTP(r *http.Request) {
	if a.policy.IsOverHTTP(r) {
		a.warn(r.Context(), overHTTPText)
	}
}

// Cookie checks each request whose reply sets our cookie.
func (a *Advisor) Cookie(r *http.Request) {
	if a.policy.IsBehindTLS(r) {
		a.warn(r.Context(), notSecureText)
	}
}

// NoChat logs why somebody got no chat. The detail must hold nothing personal.
func (a *Advisor) NoChat(ctx context.Context, reason string, detail error) {
	attrs := []slog.Attr{slog.String("reason", reason)}
	if detail != nil {
		attrs = append(attrs, slog.Any("error", detail))
	}
	a.log.LogAttrs(ctx, slog.LevelDebug, "maicontact: no chat", attrs...)
	if reason == "too late" {
		a.warn(ctx, lateText)
	}
}

// SessionsHang warns of a session that was not read or written in time.
func (a *Advisor) SessionsHang(ctx context.Context) { a.warn(ctx, sessionsText) }

// StoreSilent warns that a member's chat is served from the session, and says why.
func (a *Advisor) StoreSilent(ctx context.Context, err error) {
	a.warn(ctx, storeText, "error", err)
}

// Mounted warns when a handler is reached at another path than its setting says. A
// proxy may strip the beginning of the path.
func (a *Advisor) Mounted(r *http.Request, setting, path string) {
	if seen := r.URL.Path; !strings.HasSuffix(path, seen) {
		a.warn(r.Context(), wrongPathText(setting), "mounted", short(seen), "setting", path)
	}
}

// Unreached checks a request that reached no handler of ours. It warns when a page
// asked for the chat at one of these paths. JSON is mounted only for a static script,
// so for its path the request must come from a page of ours.
func (a *Advisor) Unreached(r *http.Request, scriptPath, jsonPath string) {
	switch r.URL.Path {
	case scriptPath:
		a.warnMissing(r, "Script", "Config.Site.ScriptPath", scriptPath)
	case jsonPath:
		if guard.IsSameOrigin(r) {
			a.warnMissing(r, "JSON", "Config.Site.JSONPath", jsonPath)
		}
	}
}

func (a *Advisor) warnMissing(r *http.Request, handler, setting, path string) {
	if _, err := a.policy.Page(r); err != nil {
		return
	}
	switch r.Method {
	case http.MethodPost:
		a.warn(r.Context(), "a browser could not open the chat, as its POST did not reach "+handler+"; "+
			"mount "+handler+" at "+setting+" without a method, and exempt it from middleware that wants a token in each POST", "path", path)
	case http.MethodGet:
		a.warn(r.Context(), "a page asked for the chat at "+setting+" and did not reach "+handler+"; "+
			"mount "+handler+" there, or change "+setting, "setting", path)
	}
}
