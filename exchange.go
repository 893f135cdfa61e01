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

// exchange is one request: asked at most once, answered the same to all who ask.
// What is found out is an inquiry of its own: most requests never ask.
type exchange struct {
	context.Context // of the request as it came
	mc              *Middleware
	outer           *exchange     // of the next middleware further out
	request         *http.Request // as it came; the handler gets a copy
	writer          reply.Writer

	reached, alone bool       // the script route, or its JSON form; without Handler around it
	told           sync.Once  // the log has the reason why there is no chat
	asking         sync.Mutex // one asker at a time begins
	*inquiry
}

// Format writes "[maicontact request]": who prints a context does not hold asking.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[maicontact request]") }

// inquiry is what an exchange that is asked finds out. It is guarded by asking.
type inquiry struct {
	isRead   bool // by a page; otherwise this is a page itself
	opening  bool // the page opens the chat
	member   bool // is there
	page     guard.Page
	begun    bool
	answered bool
	question *resolve.Question // what the resolver is to be asked, when not answered
	known    verdict
	opened   *session.Opened
	session  session.Opened   // where opened points to, once the session was read
	isolated session.Isolated // the context of the first Identify
	stale    bool             // the entry serves while the store gives no answer
	again    bool             // Identify was asked once more
	former   string           // key of a visitor who has logged in
	since    time.Time        // it is asked; known where somebody is told
}

// verdict is the answer of an exchange: the contact, or why there is none.
type verdict struct {
	id    webchat.ContactID
	owner string // of the answer; empty: it is not known who is there
	err   error
}

// begin makes the exchange of a request. One for the script is asked, so that it
// gets all its room at once.
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

// inquire readies the exchange for being asked. The caller holds asking.
func (x *exchange) inquire() {
	if x.inquiry == nil {
		x.inquiry = &inquiry{}
	}
	if x.since.IsZero() && x.mc.config.OnAsk != nil {
		x.since = time.Now()
	}
}

// contact answers who is there. The first asker finds out, the others get the
// same answer.
func (x *exchange) contact(ctx context.Context) verdict {
	known := x.find(ctx)
	if known.err == nil || ctx.Err() == nil {
		x.tell(ctx, x.since, reasonOf(known.err), nil)
	}
	return known
}

func (x *exchange) find(ctx context.Context) verdict {
	for {
		q, done, known := x.ask(ctx)
		if done {
			return known
		}
		found, err := x.mc.resolver.Contact(ctx, *q)
		if err != nil && ctx.Err() != nil {
			return verdict{err: err} // only this asker's time was over
		}
		if known, done = x.settle(ctx, q, found, err); done {
			return known
		}
	}
}

// ask identifies the person and looks into the session. It reports true when
// that answers already; otherwise it returns what to ask the resolver.
func (x *exchange) ask(ctx context.Context) (_ *resolve.Question, done bool, _ verdict) {
	x.asking.Lock()
	defer x.asking.Unlock()
	x.inquire()
	if !x.begun {
		if !x.writer.MarkPrivate() {
			// The header has left, and may have allowed shared caches.
			return nil, true, verdict{err: TooLate}
		}
		x.begun = true
		// Should Identify panic, later askers must not wait or see a member.
		x.answered, x.known = true, verdict{err: Unavailable}
		x.answered, x.known = x.identify(ctx)
		if err := x.known.err; err != nil && ctx.Err() != nil && (x.known.owner != x.mc.nobody || errors.Is(err, Unavailable)) {
			// Only this asker's time was over; another may still find out.
			x.begun, x.answered, x.known, x.opened = false, false, verdict{}, nil
			return nil, true, verdict{err: err}
		}
	}
	return x.question, x.answered, x.known
}

// identify asks the application who is there, and decides by the session entry.
func (x *exchange) identify(ctx context.Context) (answered bool, _ verdict) {
	m := x.mc
	member, err := m.config.Identify(x.privateCopy(ctx, &x.isolated))
	switch {
	case errors.Is(err, ErrNoChat):
		x.forgetMember(ctx)
		return true, verdict{owner: m.nobody, err: ErrNoChat}
	case errors.Is(err, ErrSuspended):
		x.forgetMember(ctx)
		if member != nil && member.ID != "" {
			m.resolver.SuspendAsked(ctx, m.scope.Member(member.ID))
		}
		return true, verdict{owner: m.nobody, err: ErrSuspended}
	case err != nil:
		m.log.WarnContext(ctx, "maicontact: Config.Identify failed, no chat for this request", "error", err)
		return true, verdict{err: fmt.Errorf("%w: identify: %w", Unavailable, err)}
	case member != nil && member.ID == "":
		m.log.ErrorContext(ctx, "maicontact: Config.Identify returned a member without an ID, no chat for this request")
		return true, verdict{err: Misconfigured}
	case member != nil && x.page.Unproven:
		return true, verdict{err: CrossSite}
	}
	q := &m.visitor
	if x.member = member != nil; x.member {
		asks := resolve.Asking(m.scope.Member(member.ID), member.Profile, member.Revision)
		q = &asks
	}
	return x.decide(ctx, q, x.open(ctx))
}

// decide gathers what there is to look at, and does what that comes to.
func (x *exchange) decide(ctx context.Context, q *resolve.Question, o *session.Opened) (answered bool, _ verdict) {
	m, now := x.mc, time.Now()
	f := session.Facts{
		Member: x.member, Owner: q.Owner, Profile: q.Profile, Scope: m.keys,
		Entry: o.Entry, Found: o.Found, Now: now, Committed: x.writer.Committed(), Life: m.config.Cookie.MaxAge,
		Opening: x.opening, Lazy: !x.opening && m.config.Visitors.Start == OnOpen, Kept: x.opening && x.request.URL.RawQuery == keptQuery,
	}
	if !x.isRead {
		// A page that reads the answer was let in by it already.
		f.Unseen = guard.Unseen(x.request)
		f.Elsewhere = guard.FromElsewhere(x.request)
	}
	f.Elsewhere = f.Elsewhere || x.page.CrossSite
	mayBeStale := f.Member && q.Desired.Profile.QueryMetadata.IsZero()
	switch e := &o.Entry; {
	case e.Contact == "":
	case m.resolver.Believes(e.Owner, e.Trust, e.Checked, now):
		f.Trusted = session.Believed
	case mayBeStale && m.resolver.BelievesStale(e.Owner, e.Trust, e.Checked, now):
		f.Trusted = session.BelievedIfSilent
	}
	d := session.Decide(&f)
	x.retire(ctx, d.Former)
	switch d.Action {
	case session.Serve:
		if x.former != "" {
			x.write(o.Entry, m.config.Cookie.MaxAge) // without the visitor, once the store knows
		}
		return true, verdict{id: o.Entry.Contact, owner: o.Entry.Owner}
	case session.Refuse:
		reason := reasonOf(d.Why)
		if reason == NotOpened {
			x.forgetMember(ctx) // it is known that none is there any more
			return true, verdict{owner: m.nobody, err: reason}
		}
		return true, verdict{err: reason}
	case session.Greet, session.Keep:
		return x.greet(ctx, o, d.Action)
	}
	x.stale = d.Stale
	asked := *q // only what is asked lives on
	if !x.member {
		asked.Person, asked.Owner = m.scope.Visitor(o.Entry.Visitor), o.Entry.Owner
		asked.First = x.opening && o.Entry.Contact == ""
		if d.Renew {
			asked.Keep = m.config.Cookie.MaxAge + visitorSlack
		}
	}
	asked.Again, asked.Trust = x.again, o.Entry.Trust
	if d.Replace {
		// Whoever was here before is forgotten now, whatever the resolver says.
		asked.Trust = 0
		x.write(session.Entry{Owner: asked.Owner}, m.config.Cookie.MaxAge)
	}
	x.question = &asked
	if found, ok := m.resolver.Recall(&asked, now); ok {
		return true, x.record(&asked, found)
	}
	if errors.Is(o.Trouble, session.ErrLate) {
		return true, verdict{err: Unavailable} // the time to wait is over
	}
	return false, verdict{}
}

// settle takes in the resolver's answer. It reports false where the visitor is
// no more, and another is to be asked for.
func (x *exchange) settle(ctx context.Context, q *resolve.Question, found resolve.Answer, err error) (verdict, bool) {
	x.asking.Lock()
	defer x.asking.Unlock()
	if x.answered {
		return x.known, true
	}
	if x.question != q {
		return verdict{}, false // another asker was here first
	}
	gone := errors.Is(err, contacts.ErrRetired) || errors.Is(err, contacts.ErrErased)
	switch {
	case errors.Is(err, resolve.ErrPassing) && !x.again:
		x.again, x.begun, x.question = true, false, nil
		return verdict{}, false
	case err == nil:
		x.known = x.record(q, found)
	case gone && q.Person.IsVisitor() && !q.Fresh:
		x.opened, x.question = &session.Opened{}, nil
		x.answered, x.known = x.decide(ctx, &x.mc.visitor, x.opened)
		return x.known, x.answered
	case errors.Is(err, resolve.ErrStoreSilent) && x.stale:
		x.mc.advice.StoreSilent(ctx, err)
		x.known = verdict{id: x.opened.Entry.Contact, owner: q.Owner}
	default:
		x.tell(ctx, x.since, reasonOf(err), err)
		x.known = verdict{owner: q.Owner, err: err}
	}
	x.answered = true
	return x.known, true
}
