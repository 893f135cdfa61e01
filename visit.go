package maicontact

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// visit is one request: who is it, which contact. It is answered at most once.
type visit struct {
	middleware *Middleware
	request    *http.Request // as it came; the handler gets a copy
	began      time.Time
	writer     responseWriter

	asking   sync.Mutex // guards what follows: one asker at a time begins
	begun    bool
	question question // what the resolver is to be asked, when not answered
	answered bool
	id       webchat.ContactID
	err      error

	gate      sync.Mutex // guards what follows: what the reply's header gets
	committed bool
	session   *session
	next      *entry // to be written; nil: nothing to write
	drop      bool
	private   bool // a contact id was asked for
}

// contact answers who is there. The first asker finds out, the others get the
// same answer.
func (v *visit) contact(ctx context.Context) (webchat.ContactID, error) {
	q, done, id, err := v.begin(ctx)
	if done {
		return id, err
	}
	found, err := v.middleware.resolver.contact(ctx, q)
	return v.settle(ctx, found, err)
}

// begin identifies the person and looks into the session. It reports true
// when that answers already; otherwise it returns what to ask the resolver.
func (v *visit) begin(ctx context.Context) (_ question, done bool, _ webchat.ContactID, _ error) {
	v.asking.Lock()
	defer v.asking.Unlock()
	if !v.begun {
		if !v.markPrivate() {
			// The header has left, and may have allowed shared caches.
			return question{}, true, "", TooLate
		}
		v.begun = true
		// Should Identify panic, later askers must not wait or see a member.
		v.answered, v.err = true, Unavailable
		v.answered, v.id, v.err = v.identify(ctx)
		if err := v.err; err != nil && ctx.Err() != nil {
			// Only this asker's time was over; another may still find out.
			v.begun, v.answered, v.err = false, false, nil
			return question{}, true, "", err
		}
	}
	return v.question, v.answered, v.id, v.err
}

func (v *visit) identify(ctx context.Context) (answered bool, _ webchat.ContactID, _ error) {
	m := v.middleware
	if v.isForgotten() {
		return true, "", Forgotten
	}
	member, err := m.config.Identify(v.privateCopy(ctx))
	switch {
	case errors.Is(err, ErrNoChat):
		v.forgetMember(ctx)
		return true, "", ErrNoChat
	case err != nil:
		m.log.WarnContext(ctx, "maicontact: Identify failed, no chat for this request", "error", err)
		return true, "", fmt.Errorf("%w: identify: %w", Unavailable, err)
	case member != nil && member.ID == "":
		m.log.ErrorContext(ctx, "maicontact: Identify returned a member without an ID, no chat for this request")
		return true, "", Misconfigured
	}
	s, e, ok := m.openSession(v.privateCopy(ctx))
	v.keep(&s)
	if e.inbox != m.config.InboxID {
		ok = false
	}
	if member != nil {
		return v.beginMember(member, e, ok)
	}
	return v.beginVisitor(ctx, &s, e, ok)
}

// forgetMember clears a former member's entry where nobody gets a chat. A
// visitor's stays: the next page may have the chat again.
func (v *visit) forgetMember(ctx context.Context) {
	m := v.middleware
	if !v.hasCookie() {
		return
	}
	s, e, ok := m.openSession(v.privateCopy(ctx))
	if _, isVisitor := visitorOf(m.config.Namespace, e.owner); ok && !isVisitor {
		v.keep(&s)
		v.forgetEntry()
	}
}

func (v *visit) beginMember(member *Member, e entry, ok bool) (bool, webchat.ContactID, error) {
	c := &v.middleware.config
	q := newMemberQuestion(c, member, v.began)
	if ok && !q.always && e.owner == q.owner && e.contact != "" && e.stamp == q.stamp && isFresh(e.checked, c.Recheck) {
		return true, e.contact, nil
	}
	if ok && e.owner != q.owner {
		// Whoever was here before is forgotten now, whatever the resolver says.
		v.write(entry{inbox: c.InboxID, owner: q.owner, checked: time.Now()})
	}
	v.question = q
	return false, "", nil
}

// isFresh reports whether t lies within the last d. A time in the future, of
// another server's clock, counts only when it is near.
func isFresh(t time.Time, d time.Duration) bool {
	age := time.Since(t)
	return -time.Minute < age && age < d
}

// renewVisitor is how often a visitor's cookie is written again at the latest,
// so that it does not run out while they keep coming.
const renewVisitor = 24 * time.Hour

func (v *visit) beginVisitor(ctx context.Context, s *session, e entry, ok bool) (bool, webchat.ContactID, error) {
	c := &v.middleware.config
	if key, isVisitor := visitorOf(c.Namespace, e.owner); ok && isVisitor {
		if e.contact != "" {
			if !isFresh(e.checked, min(renewVisitor, c.SessionMaxAge/2)) {
				e.checked = time.Now()
				v.write(e)
			}
			return true, e.contact, nil
		}
		v.question = newVisitorQuestion(c, key)
		v.question.since = e.checked
		return false, "", nil
	}
	if reason, refused := notShown(v.request); refused {
		return true, "", reason
	}
	if v.isCommitted() {
		return true, "", TooLate
	}
	q := newVisitorQuestion(c, rand.Text())
	q.isNew = true
	q.since = time.Now()
	fresh := entry{inbox: c.InboxID, owner: q.owner, checked: q.since}
	// The key must be in the browser before a contact is made for it, or
	// each ask would leave another contact behind.
	if err := s.save(http.Header{}, fresh); err != nil {
		v.middleware.log.ErrorContext(ctx, "maicontact: the session cannot be written, no chat for this visitor; check the keys of Config.Sessions", "error", withoutPath(err))
		return true, "", fmt.Errorf("%w: session: %w", Unavailable, err)
	}
	if !v.write(fresh) {
		return true, "", TooLate
	}
	v.question = q
	return false, "", nil
}

// settle records the resolver's answer, unless the asker merely left.
func (v *visit) settle(ctx context.Context, found outcome, err error) (webchat.ContactID, error) {
	if err != nil && ctx.Err() != nil {
		return "", err
	}
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.answered {
		return v.id, v.err
	}
	v.answered, v.id, v.err = true, found.id, err
	q, m := v.question, v.middleware
	switch {
	case err == nil && !found.settled:
	case err == nil:
		v.write(entry{inbox: m.config.InboxID, owner: q.owner, contact: found.id, stamp: q.stamp, checked: time.Now()})
	case errors.Is(err, errVisitorLost):
		v.forgetEntry()
	default:
		m.log.DebugContext(ctx, "maicontact: no chat", "error", err)
	}
	return v.id, v.err
}
