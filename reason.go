package maicontact

import (
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/guard"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/webchat"
)

// Reason says why there is no chat, in words that hold no personal data: it
// is shown in the script's comment, in the browser's status and in the log.
// A Reason is an error; match it with errors.Is:
//
//	if errors.Is(err, maicontact.PermissionPending) { … }
type Reason string

// The reasons why there is no contact id for a request.
const (
	// NotOpened: a visitor has not opened the chat yet (see OnOpen).
	NotOpened Reason = "not opened"
	// CookieRefused: a visitor's browser did not bring our cookie back.
	CookieRefused Reason = "cookie refused"
	// Declined: Identify returned ErrNoChat.
	Declined Reason = "declined"
	// Forgotten: the request has called Forget; who is there is changing.
	Forgotten Reason = "forgotten"
	// Unavailable: MaiAgent, the store or the session did not answer, or
	// answered with an error that may pass.
	Unavailable Reason = "unavailable"
	// Budget: the contact was not there within Timing.Budget. The work goes
	// on, and the next request finds its result.
	Budget Reason = "budget"
	// Crowded: a new visitor is over a limit of Config.Visitors. Nothing was
	// made for them.
	Crowded Reason = "too many new visitors"
	// PermissionPending: MaiAgent has not confirmed a change of the member's
	// permissions yet.
	PermissionPending Reason = "permission pending"
	// Rejected: MaiAgent refused the member's profile. It is tried again,
	// slowly; another profile is sent at once.
	Rejected Reason = "rejected"
	// Suspended: the member's account is suspended.
	Suspended Reason = "suspended"
	// Erased: the person was erased on purpose.
	Erased Reason = "erased"
	// TooLate: the reply had begun before anybody asked, so that it could no
	// longer be marked private, or a new visitor could get no cookie.
	TooLate Reason = "too late"
	// Misconfigured: the server's own set-up is at fault. The log says how.
	Misconfigured Reason = "configuration"
	// CrossSite: another site asked for the script; or one that is listed in
	// Site.AllowedOrigins did for a visitor, whose browser would not keep
	// our cookie there.
	CrossSite Reason = "cross-site"
	// NotAScript: the script was framed, navigated to, or asked for in
	// another way than a script or a fetch of the page.
	NotAScript Reason = "not a script"
	// Prefetch: the browser asked in advance; the page may never be shown.
	Prefetch Reason = "prefetch"
	// Probe: a HEAD request, which nobody reads the answer of.
	Probe Reason = "probe"
	// Bot: a crawler that says so.
	Bot Reason = "bot"
)

// Ask is how a request that asked for the contact was answered. It holds nothing
// personal.
type Ask struct {
	Reason   Reason        // why there is no contact; empty: there is one
	Duration time.Duration // from the first ask to the answer; 0 where nobody was looked for
}

// ErrNoChat is returned by [Config].Identify to decline: no chat for this
// request, for example because staff act as a member, or there is no consent.
const ErrNoChat = Declined

// ErrSuspended is returned by [Config].Identify, together with the member, for
// one whose account is suspended: it does what [Middleware.Suspend] does, until
// Identify returns that member without it.
const ErrSuspended = Suspended

// Error implements error.
func (r Reason) Error() string { return "maicontact: no chat: " + string(r) }

// MayPass reports whether it makes sense that the browser asks again.
func (r Reason) MayPass() bool {
	switch r {
	case Unavailable, Budget, Crowded, PermissionPending, TooLate, Prefetch:
		return true
	}
	return false
}

// reasons maps each error of the packages below to its Reason. Every other error is
// Unavailable.
var reasons = []struct {
	err    error
	reason Reason
}{
	{ErrNoMiddleware, Misconfigured},
	{ErrSeveral, Misconfigured},
	{webchat.ErrUnauthorized, Misconfigured},
	{resolve.ErrBudget, Budget},
	{resolve.ErrPending, PermissionPending},
	{resolve.ErrRefused, Rejected},
	{resolve.ErrMisconfigured, Misconfigured},
	{contacts.ErrSuspended, Suspended},
	{contacts.ErrErased, Erased},
	{session.ErrNotOpened, NotOpened},
	{session.ErrCookieBlocked, CrossSite},
	{session.ErrCookieRefused, CookieRefused},
	{session.ErrTooLate, TooLate},
	{guard.ErrCrossSite, CrossSite},
	{guard.ErrNotAScript, NotAScript},
	{guard.ErrPrefetch, Prefetch},
	{guard.ErrProbe, Probe},
	{guard.ErrBot, Bot},
}

// reasonOf returns the Reason of an error, and "" for nil.
func reasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	if reason, ok := errors.AsType[Reason](err); ok {
		return reason
	}
	for _, known := range reasons {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return Unavailable
}
