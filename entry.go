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
	// firstLife is how long a visitor is remembered who never comes back.
	firstLife = 7 * 24 * time.Hour
	// visitorSlack is how much longer the row of a visitor stays than any cookie
	// that could name them.
	visitorSlack = 24 * time.Hour
)

// open reads our session, once. A session that cannot be read starts anew.
func (x *exchange) open(ctx context.Context) *session.Opened {
	if x.opened == nil {
		x.opened = x.mc.sessions.Open(ctx, x.request, &x.session)
		if err := x.opened.Trouble; err != nil {
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
// reason keeping tells the route to send it there; nobody hears of it.
const (
	keptQuery        = "kept"
	keeping   Reason = "keeping"
)

// greet makes the key of a new visitor. It must be in the browser before a
// contact is made for it, or each ask would leave another contact behind: whoever
// opens the chat has to bring it back first.
func (x *exchange) greet(ctx context.Context, o *session.Opened, how session.Action) (bool, verdict) {
	m := x.mc
	q := m.visitor
	key := m.keys + rand.Text()
	q.Person = m.scope.Visitor(key)
	q.Owner, q.Fresh = identity.Digest(q.Person), true
	life := min(firstLife, m.config.Cookie.MaxAge)
	q.Keep = life + visitorSlack
	fresh := session.Entry{Owner: q.Owner, Visitor: key, Issued: time.Now()}
	if err := m.sessions.Try(ctx, x.request, o, fresh, m.guard.IsHTTPS(x.request), life); err != nil {
		m.sessionFailed(ctx, slog.LevelError, "the session cannot be written, no chat for this visitor; check Config.Sessions", err)
		// It is known, though, that no member is there any more.
		return true, verdict{owner: m.nobody, err: fmt.Errorf("%w: session: %w", Unavailable, err)}
	}
	if !m.limit.Take(ctx, x.request, m.log) {
		return true, verdict{owner: m.nobody, err: Crowded}
	}
	if !x.write(fresh, life) {
		return true, verdict{err: TooLate}
	}
	if how == session.Keep {
		return true, verdict{err: keeping}
	}
	x.question = &q
	return false, verdict{}
}

// write plans an entry for the reply; it reports false when the reply's header
// has left already. The caller holds asking, which whoever writes the header does
// not: what is saved then is a copy. Where the browser keeps no cookie of ours, a
// session would only be left behind.
func (x *exchange) write(e session.Entry, maxAge time.Duration) bool {
	if x.page.CrossSite && !x.mc.sessions.HasCookie(x.request) {
		return !x.writer.Committed()
	}
	m, o, former := x.mc, *x.opened, x.former
	m.advice.Cookie(x.request)
	e.Former = ""
	return x.writer.Plan(func(h http.Header) error {
		if former != "" && m.resolver.IsRetiring(m.scope.Visitor(former)) {
			e.Former = former
		}
		return m.sessions.Save(h, x.request, &o, e, m.guard.IsHTTPS(x.request), maxAge)
	})
}

// Report is told by the reply's writer what went wrong.
func (x *exchange) Report(err error) {
	x.mc.sessionFailed(x.request.Context(), slog.LevelError, "a reply was not written as planned", err)
}

// record plans the entry that an answer leaves, if it says anything new. The
// caller holds asking.
func (x *exchange) record(q *resolve.Question, found resolve.Answer) verdict {
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
	same := x.opened.Found && old.Says(e) && q.Keep == 0
	useful := e.Checked.Sub(old.Checked) >= m.config.Timing.Recheck || m.resolver.Believes(e.Owner, e.Trust, e.Checked, time.Now())
	if found.Settled && (!same || useful) {
		x.write(e, maxAge)
	}
	return verdict{id: found.ID, owner: q.Owner}
}

// drop plans that the browser forgets our cookie.
func (x *exchange) drop() bool {
	if !x.mc.sessions.HasCookie(x.request) {
		return x.writer.Plan(nil)
	}
	saved := *x.opened // see write
	return x.writer.Plan(func(h http.Header) error {
		return x.mc.sessions.Drop(h, x.request, &saved, x.mc.guard.IsHTTPS(x.request))
	})
}

// forgetMember clears a former member's entry where nobody gets a chat. A
// visitor's stays: the next page may have the chat again.
func (x *exchange) forgetMember(ctx context.Context) {
	if x.mc.sessions.HasCookie(x.request) && x.open(ctx).Found && x.opened.Entry.Visitor == "" {
		x.drop()
	}
}

// retire ends a visitor who has logged in, or is to be forgotten, if the key is that
// of one. Nobody waits for the store; until it knows, the entry carries the key.
func (x *exchange) retire(ctx context.Context, key string) {
	m := x.mc
	if !session.IsVisitorOf(m.keys, key) {
		return
	}
	x.former = key
	m.resolver.Retire(ctx, m.scope.Visitor(key), m.config.Cookie.MaxAge+visitorSlack)
}

// logOut forgets the entry, and plans what else the browser is to clear.
func (x *exchange) logOut(ctx context.Context, clear []string) error {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	x.begun, x.answered, x.member, x.known = true, true, false, verdict{err: Forgotten}
	if x.mc.sessions.HasCookie(x.request) {
		e := x.open(ctx).Entry
		x.retire(ctx, e.Visitor)
		x.retire(ctx, e.Former)
	}
	if !x.drop() {
		return errors.New("maicontact: the reply has begun, so the session entry stays until its owner is checked again; forget before anything of the reply is written")
	}
	x.writer.ClearSiteData(clear...)
	return nil
}

// visitorOf returns the visitor of a request, as its session has it or as was made
// for it.
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
	if o := x.open(ctx); o.Found && session.IsVisitorOf(m.keys, o.Entry.Visitor) {
		return x, m.scope.Visitor(o.Entry.Visitor), nil
	}
	return nil, contacts.Person{}, ErrNotFound
}

// isolated returns a context that cannot ask who is there: hooks that no page waits
// for get it.
func isolated(ctx context.Context) *session.Isolated {
	return &session.Isolated{Context: ctx, Isolation: &session.Isolation{Hidden: exchangeKey{}}}
}

// privateCopy returns a copy of the request for Identify, or a hook, on any goroutine:
// in the asker's context, which cannot ask who is there, for as long as a page waits,
// with no gorilla session shared.
func (x *exchange) privateCopy(ctx context.Context, room *session.Isolated) *http.Request {
	if room.Context != nil {
		room = new(session.Isolated) // that of the first copy may be in use yet
	}
	room.Context, room.Isolation = ctx, &x.mc.isolation
	return x.request.WithContext(room)
}

// tell logs why there is no chat, and tells Config.OnAsk, once per request. The
// detail is logged where it is known to hold no personal data. A zero since is
// that of a request that was turned away before anybody was looked for.
func (x *exchange) tell(ctx context.Context, since time.Time, reason Reason, detail error) {
	m := x.mc
	if reason == keeping || reason == "" && m.config.OnAsk == nil {
		return
	}
	x.told.Do(func() {
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
