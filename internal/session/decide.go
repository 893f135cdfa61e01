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
	// ErrElsewhere: the browser would not keep our cookie, so that each ask would
	// leave another contact behind.
	ErrElsewhere = errors.New("session: on a page of another site")
	// ErrCookieRefused: the browser did not bring our cookie back.
	ErrCookieRefused = errors.New("session: cookie refused")
	// ErrTooLate: the reply has begun, and can set no cookie.
	ErrTooLate = errors.New("session: the reply has begun")
)

// Belief is how far an entry is to be believed.
type Belief int

// How far that is.
const (
	NotBelieved      Belief = iota
	BelievedIfSilent        // only while the store gives no answer
	Believed
)

// Facts are what [Decide] looks at. They are all there is to look at.
type Facts struct {
	Member  bool
	Owner   string // of the member
	Profile string // that the person should have, as entries compare it
	Scope   string // how visitor keys of this scope begin

	Entry Entry
	Found bool // there is an entry
	Now   time.Time

	Unseen        error         // why nobody will see the answer
	Elsewhere     bool          // the browser would not keep our cookie
	Committed     bool          // the reply has begun
	Opening, Kept bool          // the chat is being opened, and the browser was given our cookie just before
	Lazy          bool          // new visitors get no contact
	Life          time.Duration // of a visitor's entry
	Trusted       Belief        // how far the entry is believed
}

// Action is what is to be done for a request.
type Action int

// What is to be done.
const (
	Refuse Action = iota // say why there is no chat
	Serve                // answer from the entry
	Ask                  // ask the resolver for the person of the entry, or the member
	Greet                // make a new visitor, and ask the resolver for them
	Keep                 // make a new visitor, but no contact before their cookie comes back
)

// Decision is what [Decide] comes to.
type Decision struct {
	Action Action
	Why    error // there is no chat
	// Stale: while the store gives no answer, the entry's serves.
	Stale bool
	// Replace: the entry is another person's, and must not stay.
	Replace bool
	// Renew: the visitor comes back after a while, and is to be kept longer.
	Renew bool
	// Former is the key of a visitor who has logged in.
	Former string
}

// renewVisitor is how often a visitor's cookie is written again at the latest, so
// that it does not run out while they keep coming.
const renewVisitor = 24 * time.Hour

// Decide compares the entry with the person. Any mismatch is a miss, never a leak.
func Decide(f *Facts) Decision {
	switch {
	case f.Member:
		return decideMember(f)
	case f.Found && IsVisitorOf(f.Scope, f.Entry.Visitor) && isWithin(f.Entry.Issued, f.Life, f.Now):
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
		case BelievedIfSilent:
			d.Stale = true
		}
	}
	if f.Unseen != nil {
		return Decision{Action: Refuse, Why: f.Unseen}
	}
	return d
}

// decideVisitor is for a visitor whom the entry names.
func decideVisitor(f *Facts) Decision {
	d := Decision{Action: Ask, Renew: !isWithin(f.Entry.Issued, min(renewVisitor, f.Life/2), f.Now)}
	switch {
	case f.Entry.Contact == "" && f.Lazy:
		return Decision{Action: Refuse, Why: cmp.Or(f.Unseen, ErrNotOpened)}
	case f.Entry.Contact != "" && f.Entry.Profile == f.Profile && !d.Renew && f.Trusted == Believed:
		d.Action = Serve
	}
	return d
}

// decideNew is for a visitor whom nobody knows.
func decideNew(f *Facts) Decision {
	switch {
	case f.Unseen != nil:
		return Decision{Action: Refuse, Why: f.Unseen}
	case f.Elsewhere:
		return Decision{Action: Refuse, Why: ErrElsewhere}
	case f.Lazy:
		return Decision{Action: Refuse, Why: ErrNotOpened}
	case f.Kept:
		return Decision{Action: Refuse, Why: ErrCookieRefused}
	case f.Committed:
		return Decision{Action: Refuse, Why: ErrTooLate}
	case f.Opening:
		return Decision{Action: Keep}
	}
	return Decision{Action: Greet}
}

// isWithin reports whether t lies within the last d. A time in the future, of
// another server's clock, counts only when it is near.
func isWithin(t time.Time, d time.Duration, now time.Time) bool {
	age := now.Sub(t)
	return -clockSkew < age && age < d
}
