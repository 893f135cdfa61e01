package contacts

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// Row is one line of the contact management table: one person of one scope. It
// is a plain value; its methods return a changed copy and never touch what they
// were called on. Times are the store's. Printing it gives "[row]".
type Row struct {
	Person
	Version    int64 // random, new with every Put; 0: not stored
	Trust      int64 // grows when what sessions believe of the person stops being true
	ContactID  webchat.ContactID
	Generation int // counts from 1; part of the source id
	Created    time.Time
	Updated    time.Time

	Desired   Stamp     // what MaiAgent should hold; zero: nobody has said yet
	Confirmed Stamp     // what it is known to hold
	Since     time.Time // since when MaiAgent is to hold what it is to hold
	Revision  int64     // of what is desired; 0: the site gives none
	Waiting   *webchat.Profile

	Due        time.Time // when the row is to be worked on; zero: nothing to do
	Owner      int64     // of the newest claim, random for each; 0: none
	LeaseUntil time.Time // when that claim ends by itself
	DoubtUntil time.Time // until when a write that was sent may still land; zero: none can
	DoubtOther bool      // and such a write has another access than is desired
	Conflicts  int       // signs that a contact which is not shown holds the source id
	Denials    int       // creations that MaiAgent has answered as another's
	Refused    string    // what MaiAgent did not take of the profile; holds no value
	Failures   int       // in a row
	Reason     string    // of the last failure; holds no personal data
	LastCall   Call

	Life    Life
	Passing bool      // a suspension that ends as soon as the person asks and is not suspended
	Checks  int       // how often a tombstone is still to be looked at again
	Expires time.Time // of a visitor: when no cookie can name them any more
}

// Stamp is the fingerprint of a profile: of the whole, and of what decides
// about access (the query metadata) alone. The zero Stamp means "not known" and
// equals no profile's.
type Stamp struct{ Profile, Access string }

// StampOf returns the fingerprints of p.
func StampOf(p webchat.Profile) Stamp {
	return Stamp{Profile: p.Fingerprint(), Access: p.AccessFingerprint()}
}

// Call says what the last call to MaiAgent for a row was and how it ended.
type Call struct {
	Operation string // as package webchat names it
	Outcome   string // one of the outcomes below
	At        time.Time
}

// The outcomes of a [Call].
const (
	OutcomeOK            = "ok"
	OutcomeRefused       = "refused"       // MaiAgent does not take what was sent
	OutcomeDenied        = "denied"        // MaiAgent does not take the API key
	OutcomeMisconfigured = "misconfigured" // MaiAgent does not take another setting of the site
	OutcomeUnseen        = "unseen"        // MaiAgent does not show what was sent
	OutcomeUnclear       = "unclear"       // it may have happened
	OutcomeFailed        = "failed"
)

// Life says whether a person may have a contact at all.
type Life int

const (
	// Live is a person who may have a contact.
	Live Life = iota
	// Suspended is a person who gets no chat for now; MaiAgent is told that they
	// may be answered from nothing.
	Suspended
	// Retired is a visitor who has logged in since. The contact stays at
	// MaiAgent, and nobody is given it any more.
	Retired
	// Erasing is a person whose contact is being deleted for good.
	Erasing
	// Erased is a person who was erased, and never gets a contact until
	// restored.
	Erased
	// Reissuing is a person whose contact is being deleted to be made anew.
	Reissuing
)

// State is where a row stands, in one word for people.
type State string

// The states of a row.
const (
	StateIdle      State = "idle"      // no contact, and nothing is desired
	StateWaiting   State = "waiting"   // the contact is to be made
	StatePending   State = "pending"   // there is a contact; its access is not confirmed
	StateBehind    State = "behind"    // the contact is handed out; something else is to be sent
	StateSettled   State = "settled"   // MaiAgent holds what it should
	StateSuspended State = "suspended" // no chat for now
	StateRetired   State = "retired"   // a visitor who has logged in
	StateErasing   State = "erasing"   // the contact is being deleted for good
	StateErased    State = "erased"    // deleted for good
	StateReissuing State = "reissuing" // the contact is being deleted to be made anew
)

// State tells where the row stands.
func (r Row) State() State {
	switch r.Life {
	case Suspended:
		return StateSuspended
	case Retired:
		return StateRetired
	case Erasing:
		return StateErasing
	case Erased:
		return StateErased
	case Reissuing:
		return StateReissuing
	}
	switch {
	case r.Desired == Stamp{} && r.ContactID == "":
		return StateIdle
	case r.ContactID == "":
		return StateWaiting
	case !r.Ready():
		return StatePending
	case r.Confirmed != r.Desired || !r.Due.IsZero():
		return StateBehind
	}
	return StateSettled
}

// Ready reports whether the contact id may be handed out: there is one, the
// person may have it, MaiAgent has confirmed the access that is desired, and no
// write with another access can still land.
func (r Row) Ready() bool {
	return r.Life == Live && r.ContactID != "" && r.Desired != Stamp{} && r.Confirmed.Access == r.Desired.Access && !r.DoubtOther
}

// IsSettled reports whether MaiAgent holds all that is desired, apart from what
// it does not take, and no write can land any more.
func (r Row) IsSettled() bool {
	whole := r.Waiting == nil && r.Confirmed == r.Desired || r.Refused != "" && r.Confirmed.Access == r.Desired.Access
	return r.Life == Live && r.ContactID != "" && whole && r.DoubtUntil.IsZero()
}

// IsStored reports whether the row came out of a store, or has gone into one.
func (r Row) IsStored() bool { return r.Version != 0 }

// IsClaimed reports whether somebody holds a claim on the row whose lease has
// not run out.
func (r Row) IsClaimed(now time.Time) bool { return r.Owner != 0 && r.LeaseUntil.After(now) }

// New returns the row of a person of whom nothing is known yet. It is not
// stored until it is put.
func New(p Person, now time.Time) Row {
	now = millis(now)
	return Row{Person: p, Generation: 1, Created: now, Updated: now}
}

// NewVersion is the version of what a [Store] puts in the place of a row with that
// one: random, so that no two Puts ever take each other's row for their own.
func NewVersion(old int64) int64 {
	for {
		if version := rand.Int64(); version != 0 && version != old {
			return version
		}
	}
}

// Rounded returns the row with its times in UTC and in whole milliseconds, as
// every store keeps them.
func (r Row) Rounded() Row {
	for _, t := range []*time.Time{&r.Created, &r.Updated, &r.Since, &r.Due, &r.LeaseUntil, &r.DoubtUntil, &r.LastCall.At, &r.Expires} {
		*t = millis(*t)
	}
	return r
}

func millis(t time.Time) time.Time {
	return time.UnixMilli(t.UnixMilli()).UTC()
}

const rowText = "[row]"

// Format writes "[row]" for every verb.
func (r Row) Format(f fmt.State, _ rune) { io.WriteString(f, rowText) }

// LogValue returns "[row]".
func (r Row) LogValue() slog.Value { return slog.StringValue(rowText) }

// MarshalText returns "[row]", which is also what encoding/json writes, even for
// a row inside of something else.
func (r Row) MarshalText() ([]byte, error) { return []byte(rowText), nil }
