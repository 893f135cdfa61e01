package maicontact

import (
	"cmp"
	"time"

	"github.com/maicontact/maicontact/internal/session"
)

// belief is how far a session entry is to be believed.
type belief int

const (
	notBelieved      belief = iota
	believedIfSilent        // only while the store gives no answer
	believed
)

// facts are what decide looks at. They are all there is to look at.
type facts struct {
	member  bool
	owner   string // of the member
	profile string // that the person should have, as entries compare it
	scope   string // how visitor keys of this scope begin

	entry session.Entry
	found bool // there is an entry
	now   time.Time

	unseen        Reason // nobody will see the answer
	elsewhere     bool   // the browser would not keep our cookie
	committed     bool   // the reply has begun
	opening, kept bool   // the chat is being opened, and the browser was given our cookie just before
	lazy          bool   // new visitors get no contact
	renew         time.Duration
	life          time.Duration // of a visitor's entry
	trusted       belief        // how far the entry is believed
}

// action is what is to be done for a request.
type action int

const (
	refuse action = iota // give the reason
	serve                // answer from the entry
	ask                  // ask the resolver for the person of the entry, or the member
	greet                // make a new visitor, and ask the resolver for them
	keep                 // make a new visitor, but no contact before their cookie comes back
)

// decision is what decide comes to.
type decision struct {
	action action
	reason Reason
	// stale: while the store gives no answer, the entry's serves.
	stale bool
	// replace: the entry is another person's, and must not stay.
	replace bool
	// renew: the visitor comes back after a while, and is to be kept longer.
	renew bool
	// former is the key of a visitor who has logged in.
	former string
}

// decide compares the entry with the person: serve, ask, or a reason. Any
// mismatch is a miss, never a leak.
func decide(f *facts) decision {
	switch {
	case f.member:
		return decideMember(f)
	case f.found && session.IsVisitorOf(f.scope, f.entry.Visitor) && within(f.entry.Issued, f.life, f.now):
		return decideVisitor(f)
	}
	return decideNew(f)
}

func decideMember(f *facts) decision {
	d := decision{action: ask}
	if f.found {
		d.former = f.entry.Former
		if f.entry.Visitor != "" {
			d.former = f.entry.Visitor
		}
		d.replace = f.entry.Owner != f.owner || f.entry.Visitor != ""
	}
	if f.found && !d.replace && f.entry.Contact != "" && f.entry.Profile == f.profile {
		switch f.trusted {
		case believed:
			d.action = serve
			return d
		case believedIfSilent:
			d.stale = true
		}
	}
	if f.unseen != "" {
		return decision{action: refuse, reason: f.unseen}
	}
	return d
}

// decideVisitor is for a visitor whom the entry names.
func decideVisitor(f *facts) decision {
	d := decision{action: ask, renew: !within(f.entry.Issued, f.renew, f.now)}
	switch {
	case f.entry.Contact == "" && f.lazy:
		return decision{action: refuse, reason: cmp.Or(f.unseen, NotOpened)}
	case f.entry.Contact != "" && f.entry.Profile == f.profile && !d.renew && f.trusted == believed:
		d.action = serve
	}
	return d
}

// decideNew is for a visitor whom nobody knows.
func decideNew(f *facts) decision {
	d := decision{action: refuse}
	switch {
	case f.unseen != "":
		d.reason = f.unseen
	case f.elsewhere:
		d.reason = CrossSite // each ask would leave another contact behind
	case f.lazy:
		d.reason = NotOpened
	case f.kept:
		d.reason = CookieRefused
	case f.committed:
		d.reason = TooLate
	case f.opening:
		d.action = keep
	default:
		d.action = greet
	}
	return d
}

// within reports whether t lies within the last d. A time in the future, of
// another server's clock, counts only when it is near.
func within(t time.Time, d time.Duration, now time.Time) bool {
	age := now.Sub(t)
	return -time.Minute < age && age < d
}
