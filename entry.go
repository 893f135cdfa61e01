package maicontact

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/session"
)

const (
	// newVisitorLife is how long we remember a visitor who never comes back.
	newVisitorLife = 7 * 24 * time.Hour
	// visitorSlack is how much longer the row of a visitor stays than any cookie
	// that could name them.
	visitorSlack = 24 * time.Hour
)

// openSession reads our session, once. A session that cannot be read starts anew.
func (x *exchange) openSession(ctx context.Context) *session.Opened {
	if x.opened == nil {
		x.opened = x.mc.sessions.Open(ctx, x.request, &x.session)
		if err := x.opened.Err; err != nil {
			x.mc.sessionFailed(ctx, slog.LevelWarn, "the session could not be read, it starts anew", err)
		}
	}
	return x.opened
}

// sessionFailed says what went wrong, or that the store gave no answer in time.
func (m *Middleware) sessionFailed(ctx context.Context, level slog.Level, message string, err error) {
	switch {
	case !errors.Is(err, session.ErrLate):
		m.log.Log(ctx, level, "maicontact: "+message, "error", err)
	case ctx.Err() == nil:
		m.advice.SessionsHang(ctx)
	}
}

// A browser that was given our cookie is sent to keptQuery, to bring it back. The
// reason cookieFirst tells the route to send it there. It is never reported.
const (
	keptQuery          = "kept"
	cookieFirst Reason = "keeping"
)

// greet makes the key of a new visitor. It must be in the browser before a
// contact is made for it, or each ask would leave another contact behind: whoever
// opens the chat has to bring it back first.
func (x *exchange) greet(ctx context.Context, o *session.Opened, how session.Action) (bool, outcome) {
	m := x.mc
	q := m.visitorQuestion
	key := m.visitorPrefix + rand.Text()
	q.Person = m.scope.Visitor(key)
	q.Owner, q.Fresh = identity.Digest(q.Person), true
	life := m.resolver.Keep - visitorSlack
	fresh := session.Entry{Owner: q.Owner, Visitor: key, Issued: time.Now()}
	if err := m.sessions.Try(ctx, x.request, o, fresh, m.guard.IsHTTPS(x.request), life); err != nil {
		m.sessionFailed(ctx, slog.LevelError, "the session cannot be written, no chat for this visitor; check Config.Sessions", err)
		// It is known, though, that no member is there any more.
		return true, outcome{owner: m.nobody, err: fmt.Errorf("%w: session: %w", Unavailable, err)}
	}
	if !m.limit.Take(ctx, x.request, m.log) {
		return true, outcome{owner: m.nobody, err: Crowded}
	}
	if !x.planEntry(fresh, life) {
		return true, outcome{err: TooLate}
	}
	if how == session.CookieFirst {
		return true, outcome{err: cookieFirst}
	}
	x.question = &q
	return false, outcome{}
}

// planEntry plans an entry for the reply. It reports false when the reply's header
// has been sent. The caller holds asking. Whoever writes the header does not, so the
// plan saves a copy. Where the browser keeps no cookie of ours nothing is saved: the
// session would only be left behind.
func (x *exchange) planEntry(e session.Entry, maxAge time.Duration) bool {
	if x.page.CrossSite && !x.mc.sessions.HasCookie(x.request) {
		return !x.writer.Committed()
	}
	m, o, former := x.mc, *x.opened, x.retiredKey
	m.advice.Cookie(x.request)
	e.Former = ""
	return x.writer.Plan(func(h http.Header) error {
		if former != "" && m.resolver.IsRetiring(m.scope.Visitor(former)) {
			e.Former = former
		}
		return m.sessions.Save(h, x.request, &o, e, m.guard.IsHTTPS(x.request), maxAge)
	})
}

// Report logs what the reply's writer could not do.
func (x *exchange) Report(err error) {
	x.mc.sessionFailed(x.request.Context(), slog.LevelError, "a reply was not written as planned", err)
}

// planAnswer plans the entry for an answer, if it says anything new. The caller
// holds asking.
func (x *exchange) planAnswer(q *resolve.Question, found resolve.Answer) outcome {
	m, old := x.mc, x.opened.Entry
	e := session.Entry{
		Owner: q.Owner, Contact: found.ID, Profile: q.Profile, Trust: found.Trust, Checked: found.Checked, Issued: old.Issued,
	}
	maxAge := m.config.Cookie.MaxAge
	if q.Person.IsVisitor() {
		e.Visitor = q.Person.ID
		// No cookie lasts longer than the row that it names.
		maxAge = min(maxAge, found.Expires.Sub(found.Checked)-visitorSlack)
	}
	if q.Keep > 0 || e.Issued.IsZero() || !q.Person.IsVisitor() {
		e.Issued = time.Now()
	}
	same := x.opened.Found && old.SameAs(e) && q.Keep == 0
	useful := e.Checked.Sub(old.Checked) >= m.config.Timing.Recheck || m.resolver.Believes(e.Owner, e.Trust, e.Checked, time.Now())
	if found.Settled && (!same || useful) {
		x.planEntry(e, maxAge)
	}
	return outcome{id: found.ID, owner: q.Owner}
}

// dropCookie plans that the browser forgets our cookie.
func (x *exchange) dropCookie() bool {
	if !x.mc.sessions.HasCookie(x.request) {
		return x.writer.Plan(nil)
	}
	saved := *x.opened // see planEntry
	return x.writer.Plan(func(h http.Header) error {
		return x.mc.sessions.Drop(h, x.request, &saved, x.mc.guard.IsHTTPS(x.request))
	})
}

// forgetMember clears the entry of a former member when nobody gets a chat. A
// visitor's entry stays: the next page may have the chat again.
func (x *exchange) forgetMember(ctx context.Context) {
	if x.mc.sessions.HasCookie(x.request) && x.openSession(ctx).Found && x.opened.Entry.Visitor == "" {
		x.dropCookie()
	}
}

// retireVisitor retires the visitor with that key, who has logged in or is to be
// forgotten, if the key is one of ours. Nobody waits for the store: until it knows,
// the entry carries the key.
func (x *exchange) retireVisitor(ctx context.Context, key string) {
	m := x.mc
	if !session.IsVisitorOf(m.visitorPrefix, key) {
		return
	}
	x.retiredKey = key
	m.resolver.Retire(ctx, m.scope.Visitor(key), m.config.Cookie.MaxAge+visitorSlack)
}

// logOut forgets the entry, and plans what else the browser should clear.
func (x *exchange) logOut(ctx context.Context, clear []string) error {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	x.begun, x.answered, x.outcome = true, true, outcome{err: Forgotten}
	if x.mc.sessions.HasCookie(x.request) {
		e := x.openSession(ctx).Entry
		x.retireVisitor(ctx, e.Visitor)
		x.retireVisitor(ctx, e.Former)
	}
	if !x.dropCookie() {
		return errors.New("maicontact: the reply has begun, so the session entry stays until its owner is checked again; forget before anything of the reply is written")
	}
	x.writer.ClearSiteData(clear...)
	return nil
}

// visitorOf returns the visitor of a request: the one in its session, or the one who
// was made for it.
func (m *Middleware) visitorOf(ctx context.Context) (*exchange, contacts.Person, error) {
	x, err := m.exchangeOf(ctx)
	if err != nil {
		return nil, contacts.Person{}, err
	}
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	if x.question != nil && x.question.Person.IsVisitor() {
		return x, x.question.Person, nil
	}
	if o := x.openSession(ctx); o.Found && session.IsVisitorOf(m.visitorPrefix, o.Entry.Visitor) {
		return x, m.scope.Visitor(o.Entry.Visitor), nil
	}
	return nil, contacts.Person{}, ErrNotFound
}

// isolated returns a context that cannot ask who is there, for hooks that no page
// waits for.
func isolated(ctx context.Context) *session.Isolated {
	return &session.Isolated{Context: ctx, Isolation: &session.Isolation{Hidden: exchangeKey{}}}
}

// privateCopy returns a copy of the request for Identify or a hook, which may use it
// on any goroutine. Its context is the asker's, lasts as long as a page waits, and
// cannot ask who is there. It shares no gorilla session.
func (x *exchange) privateCopy(ctx context.Context, room *session.Isolated) *http.Request {
	if room.Context != nil {
		room = new(session.Isolated) // that of the first copy may be in use yet
	}
	room.Context, room.Isolation = ctx, &x.mc.isolation
	return x.request.WithContext(room)
}

// reportAsk logs why there is no chat, and calls Config.OnAsk, once per request. The
// detail must hold no personal data. since is zero for a request that was refused
// before anybody was looked for.
func (x *exchange) reportAsk(ctx context.Context, since time.Time, reason Reason, detail error) {
	m := x.mc
	if reason == cookieFirst || reason == "" && m.config.OnAsk == nil {
		return
	}
	x.reported.Do(func() {
		if reason != "" {
			m.advice.NoChat(ctx, string(reason), detail)
		}
		if m.config.OnAsk == nil {
			return
		}
		a := Ask{Reason: reason}
		if !since.IsZero() {
			a.Duration = time.Since(since)
		}
		var ended error // a panic costs the count, nothing else
		defer background.Contain(ctx, m.log, &ended)
		m.config.OnAsk(isolated(ctx), a)
	})
}
