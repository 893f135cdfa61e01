package maicontact

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact/webchat"
)

// visit is one request: who is it, which contact. It is answered at most once.
// What is found out is an inquiry of its own: most requests never ask.
type visit struct {
	middleware *Middleware
	request    *http.Request // as it came; the handler gets a copy
	began      int64         // in microseconds
	context    visitContext
	writer     responseWriter
	shared     *sharedSession // with Config.ShareSession only

	told sync.Once // the log has the reason why there is no chat

	asking sync.Mutex // one asker at a time begins
	gate   sync.Mutex // guards what the reply's header gets

	*inquiry // nil: nobody has asked; set while both are held

	// Guarded by gate.
	committed bool
	drop      bool // the entry
	private   bool // a contact id was asked for
}

// inquiry is what a visit that is asked finds out.
type inquiry struct {
	// Guarded by asking.
	isRead    bool // by a page; otherwise this is a page itself
	unproven  bool // see reader
	crossSite bool
	unread    bool // the session store gave no answer
	begun     bool
	answered  bool
	question  *question         // what the resolver is to be asked, when not answered
	grace     webchat.ContactID // the session's answer, for when the store gives none
	known     verdict
	stored    storedEntry

	// Guarded by gate.
	opened  bool // session is that of the request
	session *sessions.Session
	next    *entry // to be written; nil: nothing to write
	clear   []SiteData
}

// inquire readies the visit for being asked. The caller holds asking.
func (v *visit) inquire() {
	if v.inquiry == nil {
		v.gate.Lock()
		defer v.gate.Unlock()
		v.inquiry = &inquiry{}
	}
}

// verdict is the answer of a visit: the contact, or why there is none.
type verdict struct {
	id    webchat.ContactID
	epoch string // of the owner; empty: it is not known who is there
	err   error
}

// contact answers who is there. The first asker finds out, the others get the
// same answer.
func (v *visit) contact(ctx context.Context) verdict {
	known := v.find(ctx)
	if known.err != nil && ctx.Err() == nil {
		v.tell(ctx, reasonOf(known.err), nil)
	}
	return known
}

func (v *visit) find(ctx context.Context) verdict {
	q, done, known := v.begin(ctx)
	if done {
		return known
	}
	found, err := v.middleware.resolver.contact(ctx, *q)
	return v.settle(ctx, found, err)
}

// tell logs why there is no chat, and tells Config.OnNoChat, once per request.
// The detail is logged where it is known to hold no personal data.
func (v *visit) tell(ctx context.Context, reason Reason, detail error) {
	v.told.Do(func() {
		attrs := []slog.Attr{slog.String("reason", string(reason))}
		if detail != nil {
			attrs = append(attrs, slog.Any("error", detail))
		}
		v.middleware.log.LogAttrs(ctx, slog.LevelDebug, "maicontact: no chat", attrs...)
		v.count(ctx, reason)
	})
}

// count tells Config.OnNoChat. It gets a context that cannot ask the visit: this
// request is being answered.
func (v *visit) count(ctx context.Context, reason Reason) {
	m := v.middleware
	if m.config.OnNoChat == nil {
		return
	}
	var ended error // a panic costs the count, nothing else
	defer m.resolver.contain(ctx, &ended)
	m.config.OnNoChat(privateContext{ctx, v}, reason)
}

// readBy notes that the guard has let a page read the answer.
func (v *visit) readBy(page reader) {
	v.asking.Lock()
	defer v.asking.Unlock()
	v.inquire()
	v.isRead, v.unproven, v.crossSite = true, page.unproven, page.crossSite
}

// begin identifies the person and looks into the session. It reports true
// when that answers already; otherwise it returns what to ask the resolver.
func (v *visit) begin(ctx context.Context) (_ *question, done bool, _ verdict) {
	v.asking.Lock()
	defer v.asking.Unlock()
	v.inquire()
	if !v.begun {
		if !v.markPrivate() {
			// The header has left, and may have allowed shared caches.
			return nil, true, verdict{err: TooLate}
		}
		v.begun = true
		// Should Identify panic, later askers must not wait or see a member.
		v.answered, v.known = true, verdict{err: Unavailable}
		v.answered, v.known = v.identify(ctx)
		if err := v.known.err; err != nil && ctx.Err() != nil && !errors.Is(err, ErrNoChat) {
			// Only this asker's time was over; another may still find out.
			// That Identify declines holds whoever has left.
			v.begun, v.answered, v.known = false, false, verdict{}
			return nil, true, verdict{err: err}
		}
	}
	return v.question, v.answered, v.known
}

func (v *visit) identify(ctx context.Context) (answered bool, _ verdict) {
	m := v.middleware
	if v.isForgotten() {
		return true, verdict{err: Forgotten}
	}
	member, err := m.config.Identify(v.privateCopy(ctx))
	switch {
	case errors.Is(err, ErrNoChat):
		v.forgetMember(ctx)
		return true, verdict{epoch: m.nobody, err: ErrNoChat}
	case err != nil:
		m.log.WarnContext(ctx, "maicontact: Identify failed, no chat for this request", "error", err)
		return true, verdict{err: fmt.Errorf("%w: identify: %w", Unavailable, err)}
	case member != nil && member.ID == "":
		m.log.ErrorContext(ctx, "maicontact: Identify returned a member without an ID, no chat for this request")
		return true, verdict{err: Misconfigured}
	case member != nil && v.unproven:
		return true, verdict{err: CrossSite}
	}
	if v.shared != nil && v.shared.err != nil && member == nil {
		// Perhaps a member, whom Identify would have known by that session.
		m.log.WarnContext(ctx, "maicontact: no chat for this request", "error", v.shared.err)
		return true, verdict{err: fmt.Errorf("%w: %w", Unavailable, v.shared.err)}
	}
	s, e, ok, trouble := v.openSession(ctx)
	v.keep(s)
	v.unread = trouble
	if member != nil {
		return v.beginMember(ctx, member, e, ok)
	}
	return v.beginVisitor(ctx, e, ok)
}

// forgetMember clears a former member's entry where nobody gets a chat. A
// visitor's stays: the next page may have the chat again.
func (v *visit) forgetMember(ctx context.Context) {
	if !v.hasCookie() {
		return
	}
	s, e, ok, _ := v.openSession(ctx)
	if ok && e.visitor == "" {
		v.keep(s)
		v.forgetEntry()
	}
}

func (v *visit) beginMember(ctx context.Context, member *Member, e entry, ok bool) (bool, verdict) {
	c := &v.middleware.config
	q, now := newMemberQuestion(c, member, v.began), v.now()
	if ok && !q.always && e.visitor == "" && e.epoch == q.epoch && e.contact != "" && e.stamp == q.stamp {
		switch {
		case isFresh(e.checked, c.Recheck, now):
			if v.middleware.resolver.handOut(ctx, e.contact, q.epoch, now) == nil {
				return true, verdict{id: e.contact, epoch: q.epoch}
			}
		case c.Grace > 0 && isFresh(e.checked, c.Recheck+c.Grace, now):
			v.grace = e.contact
		}
	}
	if reason, refused := v.notShown(); refused {
		return true, verdict{err: reason}
	}
	if ok && e.epoch != q.epoch {
		// Whoever was here before is forgotten now, whatever the resolver says.
		v.write(v.middleware.entryOf(&q))
	}
	return v.ask(ctx, q)
}

// ask answers from what the process remembers, or readies the question for the
// resolver.
func (v *visit) ask(ctx context.Context, q question) (bool, verdict) {
	if found, ok := v.middleware.resolver.recall(q); ok {
		return true, v.record(ctx, &q, found, nil)
	}
	asked := q // only what is asked lives on
	v.question = &asked
	return false, verdict{}
}

// now is when the request began where a page reads the answer at once. A handler
// may ask hours later, over a connection that it keeps.
func (v *visit) now() time.Time {
	if v.isRead {
		return time.UnixMicro(v.began)
	}
	return time.Now()
}

// notShown is that of the request. A page that reads the answer was let in by it
// already.
func (v *visit) notShown() (Reason, bool) {
	if v.isRead {
		return "", false
	}
	return notShown(v.request)
}

// isFresh reports whether t lies within the last d. A time in the future, of
// another server's clock, counts only when it is near.
func isFresh(t time.Time, d time.Duration, now time.Time) bool {
	age := now.Sub(t)
	return -time.Minute < age && age < d
}

// renewVisitor is how often a visitor's cookie is written again at the latest,
// so that it does not run out while they keep coming.
const renewVisitor = 24 * time.Hour

func (v *visit) beginVisitor(ctx context.Context, e entry, ok bool) (bool, verdict) {
	m := v.middleware
	c := &m.config
	if ok && e.visitor != "" && e.place == m.place {
		now := v.now()
		if e.contact != "" && m.resolver.handOut(ctx, e.contact, e.epoch, now) == nil {
			if !isFresh(e.checked, min(renewVisitor, c.SessionMaxAge/2), now) {
				e.checked = time.Now()
				v.write(e)
			}
			return true, verdict{id: e.contact, epoch: e.epoch}
		}
		return v.ask(ctx, question{visitor: e.visitor, epoch: e.epoch, since: e.checked})
	}
	if reason, refused := v.notShown(); refused {
		return true, verdict{err: reason}
	}
	// The cookie would not stay, and each ask leave another contact behind.
	if !v.isRead && isFromElsewhere(v.request) || v.crossSite {
		return true, verdict{err: CrossSite}
	}
	if v.isCommitted() {
		return true, verdict{err: TooLate}
	}
	// Nothing is taken before it is known that the session can be kept.
	if v.isOverLimit(ctx, m.visitors.look) {
		// It is known, though, that no member is there any more.
		return true, verdict{epoch: m.nobody, err: Crowded}
	}
	q := newVisitorQuestion(c, rand.Text())
	fresh := m.entryOf(&q)
	// The key must be in the browser before a contact is made for it, or
	// each ask would leave another contact behind.
	if err := v.checkEntry(ctx, fresh); err != nil {
		m.log.ErrorContext(ctx, "maicontact: the session cannot be kept, no chat for this visitor; check Config.Sessions and its keys", "error", withoutPath(err))
		return true, verdict{err: fmt.Errorf("%w: session: %w", Unavailable, err)}
	}
	if v.isOverLimit(ctx, m.visitors.take) { // others came meanwhile
		return true, verdict{epoch: m.nobody, err: Crowded}
	}
	if !v.write(fresh) {
		return true, verdict{err: TooLate}
	}
	v.question = &q
	return false, verdict{}
}

// isOverLimit looks for a token for a new visitor, or takes it, and reports that
// there is none. The log warns now and then: where a proxy is not listed, all
// its visitors soon are too many.
func (v *visit) isOverLimit(ctx context.Context, ask func(netip.Addr) string) bool {
	m, forwarded := v.middleware, v.request.Header["X-Forwarded-For"]
	over := ask(clientOf(v.request.RemoteAddr, forwarded, m.config.TrustedProxies))
	if over != "" {
		m.crowded.Do(func() {
			m.log.WarnContext(ctx, "maicontact: too many new visitors, some get no chat; behind a proxy check Config.TrustedProxies",
				"limit", over, "forwarded", len(forwarded) > 0)
		})
	}
	return over != ""
}

// settle records the resolver's answer, unless the asker merely left.
func (v *visit) settle(ctx context.Context, found outcome, err error) verdict {
	if err != nil && ctx.Err() != nil {
		return verdict{err: err}
	}
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.answered {
		return v.known
	}
	found, err = v.bridge(ctx, found, err)
	v.answered, v.known = true, v.record(ctx, v.question, found, err)
	return v.known
}

// record plans the entry that an answer leaves. The caller holds v.asking.
func (v *visit) record(ctx context.Context, q *question, found outcome, err error) verdict {
	m := v.middleware
	if err == nil {
		if err = m.resolver.handOut(ctx, found.id, q.epoch, time.Now()); err != nil {
			found = outcome{}
		}
	}
	switch {
	case err == nil && !found.settled:
	case err == nil:
		e := m.entryOf(q)
		e.contact, e.stamp = found.id, q.stamp
		v.write(e)
	default:
		if errors.Is(err, errVisitorLost) {
			v.forgetEntry()
		}
		v.tell(ctx, reasonOf(err), err)
	}
	return verdict{id: found.id, epoch: q.epoch, err: err}
}
