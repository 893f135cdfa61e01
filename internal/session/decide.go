package session

import (
	"cmp"
	"errors"
	"time"
)

// Why there is no chat, as [Decide] finds it.
var (
	// ErrNotOpened: a visitor has not opened the chat yet.
	ErrNotOpened = errors.New("session: not opened")
	// ErrCookieBlocked: the browser would not keep our cookie, so each ask would leave
	// another contact behind.
	ErrCookieBlocked = errors.New("session: on a page of another site")
	// ErrCookieRefused: the browser did not bring our cookie back.
	ErrCookieRefused = errors.New("session: cookie refused")
	// ErrTooLate: the reply has begun, and can set no cookie.
	ErrTooLate = errors.New("session: the reply has begun")
)

// Belief is how far to believe an entry.
type Belief int

// The values of Belief.
const (
	NotBelieved          Belief = iota
	BelievedIfStoreFails        // only while the store gives no answer
	Believed
)

// Facts are everything that [Decide] looks at.
type Facts struct {
	Member    bool
	Owner     string // of the member
	Profile   string // that the person should have, as entries compare it
	KeyPrefix string // how visitor keys of this scope begin

	Entry Entry
	Found bool // there is an entry
	Now   time.Time

	Unseen               error         // why nobody will see the answer
	CookieBlocked        bool          // the browser would not keep our cookie
	Committed            bool          // the reply has begun
	Opening, CookieGiven bool          // the chat is being opened, and the browser was given our cookie just before
	Lazy                 bool          // new visitors get no contact
	MaxAge               time.Duration // of a visitor's entry
	Trusted              Belief        // how far the entry is believed
}

// Action is what to do for a request.
type Action int

// The actions.
const (
	Refuse      Action = iota // say why there is no chat
	Serve                     // answer from the entry
	Ask                       // ask the resolver for the person of the entry, or the member
	Greet                     // make a new visitor, and ask the resolver for them
	CookieFirst               // make a new visitor, but no contact before their cookie comes back
)

// Decision is the result of [Decide].
type Decision struct {
	Action Action
	Err    error // there is no chat
	// Stale: while the store gives no answer, the entry's serves.
	Stale bool
	// Replace: the entry is another person's, and must not stay.
	Replace bool
	// Renew: the visitor came back after a while, and must be kept longer.
	Renew bool
	// Former is the key of a visitor who has logged in.
	Former string
}

// renewVisitor is after how long a visitor's cookie is written again, so that it
// does not expire while they keep coming.
const renewVisitor = 24 * time.Hour

// Decide compares the entry with the person. Any mismatch is a miss, never a leak.
func Decide(f *Facts) Decision {
	switch {
	case f.Member:
		return decideMember(f)
	case f.Found && IsVisitorOf(f.KeyPrefix, f.Entry.Visitor) && isWithin(f.Entry.Issued, f.MaxAge, f.Now):
		return decideVisitor(f)
	}
	return decideNew(f)
}

func decideMember(f *Facts) Decision {
	d := Decision{Action: Ask}
	if f.Found {
		d.Former = cmp.Or(f.Entry.Visitor, f.Entry.Former)
		d.Replace = f.Entry.Owner != f.Owner || f.Entry.Visitor != ""
	}
	if f.Found && !d.Replace && f.Entry.Contact != "" && f.Entry.Profile == f.Profile {
		switch f.Trusted {
		case Believed:
			d.Action = Serve
			return d
		case BelievedIfStoreFails:
			d.Stale = true
		}
	}
	if f.Unseen != nil {
		return Decision{Action: Refuse, Err: f.Unseen}
	}
	return d
}

// decideVisitor decides for the visitor in the entry.
func decideVisitor(f *Facts) Decision {
	d := Decision{Action: Ask, Renew: !isWithin(f.Entry.Issued, min(renewVisitor, f.MaxAge/2), f.Now)}
	switch {
	case f.Entry.Contact == "" && f.Lazy:
		return Decision{Action: Refuse, Err: cmp.Or(f.Unseen, ErrNotOpened)}
	case f.Entry.Contact != "" && f.Entry.Profile == f.Profile && !d.Renew && f.Trusted == Believed:
		d.Action = Serve
	}
	return d
}

// decideNew decides for a visitor who is not known.
func decideNew(f *Facts) Decision {
	switch {
	case f.Unseen != nil:
		return Decision{Action: Refuse, Err: f.Unseen}
	case f.CookieBlocked:
		return Decision{Action: Refuse, Err: ErrCookieBlocked}
	case f.Lazy:
		return Decision{Action: Refuse, Err: ErrNotOpened}
	case f.CookieGiven:
		return Decision{Action: Refuse, Err: ErrCookieRefused}
	case f.Committed:
		return Decision{Action: Refuse, Err: ErrTooLate}
	case f.Opening:
		return Decision{Action: CookieFirst}
	}
	return Decision{Action: Greet}
}

// isWithin reports whether t lies within the last d. A time in the future, of
// another server's clock, counts only when it is near.
func isWithin(t time.Time, d time.Duration, now time.Time) bool {
	age := now.Sub(t)
	return -clockSkew < age && age < d
}
