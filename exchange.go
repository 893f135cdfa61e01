package maicontact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/guard"
	"github.com/maicontact/maicontact/internal/reply"
	"github.com/maicontact/maicontact/internal/resolve"
	"github.com/maicontact/maicontact/internal/session"
	"github.com/maicontact/maicontact/webchat"
)

// exchange is one request. It is answered at most once, and all who ask get the same
// answer. What it finds out is in an inquiry of its own, as most requests never ask.
type exchange struct {
	context.Context // of the request as it came
	mc              *Middleware
	outer           *exchange     // of the next middleware further out
	request         *http.Request // as it came; the handler gets a copy
	writer          reply.Writer

	routeReached, withoutHandler bool       // the script route, or its JSON form; without Handler around it
	reported                     sync.Once  // the log has the reason why there is no chat
	asking                       sync.Mutex // one asker at a time begins
	*inquiry
}

// Format writes "[maicontact request]", as whoever prints a context does not hold asking.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[maicontact request]") }

// inquiry is what an exchange finds out once it is asked. It is guarded by asking.
type inquiry struct {
	byRoute    bool // the script route, or its JSON form, asks; otherwise a page handler
	opening    bool // the page opens the chat
	isMember   bool // a member is there
	page       guard.Page
	begun      bool
	answered   bool
	question   *resolve.Question // what the resolver is to be asked, when not answered
	outcome    outcome
	opened     *session.Opened
	session    session.Opened   // where opened points to, once the session was read
	isolated   session.Isolated // the context of the first Identify
	stale      bool             // the entry serves while the store gives no answer
	retried    bool             // Identify was asked once more
	retiredKey string           // key of a visitor who has logged in
	askedAt    time.Time        // when it was first asked; only for Config.OnAsk
}

// outcome is the answer of an exchange: the contact, or why there is none.
type outcome struct {
	id    webchat.ContactID
	owner string // of the answer; empty: it is not known who is there
	err   error
}

// begin makes the exchange of a request. A request for the script will be asked, so
// exchange and inquiry are allocated together.
func (m *Middleware) begin(w http.ResponseWriter, r *http.Request, outer *exchange) *exchange {
	var x *exchange
	if r.URL.Path == m.config.Site.ScriptPath {
		both := new(struct {
			exchange
			room inquiry
		})
		x, both.inquiry = &both.exchange, &both.room
	} else {
		x = new(exchange)
	}
	x.Context, x.mc, x.outer, x.request = r.Context(), m, outer, r
	x.writer.Init(w, x)
	return x
}

// inquire prepares the exchange for the first ask. The caller holds asking.
func (x *exchange) inquire() {
	if x.inquiry == nil {
		x.inquiry = &inquiry{}
	}
	if x.askedAt.IsZero() && x.mc.config.OnAsk != nil {
		x.askedAt = time.Now()
	}
}

// contact answers who is there. The first asker finds out, the others get the
// same answer.
func (x *exchange) contact(ctx context.Context) outcome {
	known := x.resolve(ctx)
	if known.err == nil || ctx.Err() == nil {
		x.reportAsk(ctx, x.askedAt, reasonOf(known.err), nil)
	}
	return known
}

func (x *exchange) resolve(ctx context.Context) outcome {
	for {
		q, done, known := x.ask(ctx)
		if done {
			return known
		}
		found, err := x.mc.resolver.Contact(ctx, *q)
		if err != nil && ctx.Err() != nil {
			return outcome{err: err} // only this asker's time was over
		}
		if known, done = x.settle(ctx, q, found, err); done {
			return known
		}
	}
}

// ask identifies the person and looks into the session. It reports true when
// that answers already; otherwise it returns what to ask the resolver.
func (x *exchange) ask(ctx context.Context) (_ *resolve.Question, done bool, _ outcome) {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	if !x.begun {
		if !x.writer.MarkPrivate() {
			// The header has left, and may have allowed shared caches.
			return nil, true, outcome{err: TooLate}
		}
		x.begun = true
		// Should Identify panic, later askers must not wait or see a member.
		x.answered, x.outcome = true, outcome{err: Unavailable}
		x.answered, x.outcome = x.identify(ctx)
		if err := x.outcome.err; err != nil && ctx.Err() != nil && (x.outcome.owner != x.mc.nobody || errors.Is(err, Unavailable)) {
			// Only this asker's time was over; another may still find out.
			x.begun, x.answered, x.outcome, x.opened = false, false, outcome{}, nil
			return nil, true, outcome{err: err}
		}
	}
	return x.question, x.answered, x.outcome
}

// identify asks the application who is there, and decides by the session entry.
func (x *exchange) identify(ctx context.Context) (answered bool, _ outcome) {
	m := x.mc
	member, err := m.config.Identify(x.privateCopy(ctx, &x.isolated))
	switch {
	case errors.Is(err, ErrNoChat):
		x.forgetMember(ctx)
		return true, outcome{owner: m.nobody, err: ErrNoChat}
	case errors.Is(err, ErrSuspended):
		x.forgetMember(ctx)
		if member != nil && member.ID != "" {
			m.resolver.SuspendAsked(ctx, m.scope.Member(member.ID))
		}
		return true, outcome{owner: m.nobody, err: ErrSuspended}
	case err != nil:
		m.log.WarnContext(ctx, "maicontact: Config.Identify failed, no chat for this request", "error", err)
		return true, outcome{err: fmt.Errorf("%w: identify: %w", Unavailable, err)}
	case member != nil && member.ID == "":
		m.log.ErrorContext(ctx, "maicontact: Config.Identify returned a member without an ID, no chat for this request")
		return true, outcome{err: Misconfigured}
	case member != nil && x.page.Unproven:
		return true, outcome{err: CrossSite}
	}
	q := &m.visitorQuestion
	if x.isMember = member != nil; x.isMember {
		asks := resolve.NewQuestion(m.scope.Member(member.ID), member.Profile, member.Revision)
		q = &asks
	}
	return x.decide(ctx, q, x.openSession(ctx))
}

// decide collects the facts, and acts on what session.Decide makes of them.
func (x *exchange) decide(ctx context.Context, q *resolve.Question, o *session.Opened) (answered bool, _ outcome) {
	m, now := x.mc, time.Now()
	f := session.Facts{
		Member: x.isMember, Owner: q.Owner, Profile: q.Profile, KeyPrefix: m.visitorPrefix,
		Entry: o.Entry, Found: o.Found, Now: now, Committed: x.writer.Committed(), MaxAge: m.config.Cookie.MaxAge,
		Opening: x.opening, Lazy: !x.opening && m.config.Visitors.Start == OnOpen, CookieGiven: x.opening && x.request.URL.RawQuery == keptQuery,
	}
	if !x.byRoute {
		// A page that reads the answer was let in by it already.
		f.Unseen = guard.Unseen(x.request)
		f.CookieBlocked = guard.FromOtherSite(x.request)
	}
	f.CookieBlocked = f.CookieBlocked || x.page.CrossSite
	mayBeStale := f.Member && q.Desired.Profile.QueryMetadata.IsZero()
	switch e := &o.Entry; {
	case e.Contact == "":
	case m.resolver.Believes(e.Owner, e.Trust, e.Checked, now):
		f.Trusted = session.Believed
	case mayBeStale && m.resolver.BelievesStale(e.Owner, e.Trust, e.Checked, now):
		f.Trusted = session.BelievedIfStoreFails
	}
	d := session.Decide(&f)
	x.retireVisitor(ctx, d.Former)
	switch d.Action {
	case session.Serve:
		if x.retiredKey != "" {
			x.planEntry(o.Entry, m.config.Cookie.MaxAge) // without the visitor, once the store knows
		}
		return true, outcome{id: o.Entry.Contact, owner: o.Entry.Owner}
	case session.Refuse:
		reason := reasonOf(d.Err)
		if reason == NotOpened {
			x.forgetMember(ctx) // it is known that none is there any more
			return true, outcome{owner: m.nobody, err: reason}
		}
		return true, outcome{err: reason}
	case session.Greet, session.CookieFirst:
		return x.greet(ctx, o, d.Action)
	}
	x.stale = d.Stale
	asked := *q // only what is asked lives on
	if !x.isMember {
		asked.Person, asked.Owner = m.scope.Visitor(o.Entry.Visitor), o.Entry.Owner
		asked.First = x.opening && o.Entry.Contact == ""
		if d.Renew {
			asked.Keep = m.config.Cookie.MaxAge + visitorSlack
		}
	}
	asked.Again, asked.Trust = x.retried, o.Entry.Trust
	if d.Replace {
		// Whoever was here before is forgotten now, whatever the resolver says.
		asked.Trust = 0
		x.planEntry(session.Entry{Owner: asked.Owner}, m.config.Cookie.MaxAge)
	}
	x.question = &asked
	if found, ok := m.resolver.Recall(&asked, now); ok {
		return true, x.planAnswer(&asked, found)
	}
	if errors.Is(o.Err, session.ErrLate) {
		return true, outcome{err: Unavailable} // the time to wait is over
	}
	return false, outcome{}
}

// settle takes in the resolver's answer. It reports false when the visitor no longer
// exists, and the caller must ask for another.
func (x *exchange) settle(ctx context.Context, q *resolve.Question, found resolve.Answer, err error) (outcome, bool) {
	x.asking.Lock()
	defer x.asking.Unlock()
	if x.answered {
		return x.outcome, true
	}
	if x.question != q {
		return outcome{}, false // another asker was here first
	}
	gone := errors.Is(err, contacts.ErrRetired) || errors.Is(err, contacts.ErrErased)
	switch {
	case errors.Is(err, resolve.ErrPassing) && !x.retried:
		x.retried, x.begun, x.question = true, false, nil
		return outcome{}, false
	case err == nil:
		x.outcome = x.planAnswer(q, found)
	case gone && q.Person.IsVisitor() && !q.Fresh:
		x.opened, x.question = &session.Opened{}, nil
		x.answered, x.outcome = x.decide(ctx, &x.mc.visitorQuestion, x.opened)
		return x.outcome, x.answered
	case errors.Is(err, resolve.ErrStoreSilent) && x.stale:
		x.mc.advice.StoreSilent(ctx, err)
		x.outcome = outcome{id: x.opened.Entry.Contact, owner: q.Owner}
	default:
		x.reportAsk(ctx, x.askedAt, reasonOf(err), err)
		x.outcome = outcome{owner: q.Owner, err: err}
	}
	x.answered = true
	return x.outcome, true
}
