package operate

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Status is what a row says, without anything secret. A member's ID is the business
// user ID, or the table's digest of an ID of more than 128 characters, which is not
// kept. A visitor has none.
type Status struct {
	Kind       string         `json:"kind"`
	ID         string         `json:"id,omitempty"`
	State      contacts.State `json:"state"`
	HasContact bool           `json:"hasContact"`
	ContactEnd string         `json:"contactEnd,omitempty"` // the last 4 characters of the contact id, to compare it by
	HandedOut  bool           `json:"handedOut"`            // the contact is what the person gets when they ask
	Generation int            `json:"generation"`
	Revision   int64          `json:"revision,omitempty"`

	// ProfileConfirmed and AccessConfirmed say whether MaiAgent is known to hold what is
	// desired. While somebody is suspended that waits, and SuspensionConfirmed says
	// whether MaiAgent has accepted what it should hold meanwhile.
	ProfileConfirmed    bool `json:"profileConfirmed"`
	AccessConfirmed     bool `json:"accessConfirmed"`
	SuspensionConfirmed bool `json:"suspensionConfirmed"`

	Since        *time.Time `json:"since,omitempty"`   // since when that is desired
	Refused      string     `json:"refused,omitempty"` // the fields that MaiAgent did not take
	InDoubtUntil *time.Time `json:"inDoubtUntil,omitempty"`

	Due      *time.Time `json:"due,omitempty"` // when the row is worked on next
	Failures int        `json:"failures,omitempty"`
	Reason   string     `json:"reason,omitempty"` // of the last failure
	LastCall *Call      `json:"lastCall,omitempty"`

	Created time.Time  `json:"created"`
	Updated time.Time  `json:"updated"`
	Expires *time.Time `json:"expires,omitempty"` // of a visitor's row
}

// Call is the last call to MaiAgent for a person.
type Call struct {
	Operation string    `json:"operation"`
	Outcome   string    `json:"outcome"`
	At        time.Time `json:"at"`
}

// statusOf returns the Status of a row.
func statusOf(row contacts.Row) Status {
	s := Status{
		Kind: row.Kind, ID: NameOf(row.Person), State: row.State(), HasContact: row.ContactID != "", ContactEnd: lastDigits(row.ContactID), HandedOut: row.Ready(),
		Generation: row.Generation, Revision: row.Revision,
		ProfileConfirmed:    row.ContactID != "" && row.Desired != contacts.Stamp{} && row.Confirmed.Profile == row.Desired.Profile,
		AccessConfirmed:     row.ContactID != "" && row.Desired != contacts.Stamp{} && row.Confirmed.Access == row.Desired.Access,
		SuspensionConfirmed: isSuspensionConfirmed(row),
		Refused:             row.Refused, InDoubtUntil: timeOf(row.DoubtUntil), Since: timeOf(row.Since),
		Due: timeOf(row.Due), Failures: row.Failures, Reason: row.Reason,
		Created: row.Created, Updated: row.Updated, Expires: timeOf(row.Expires),
	}
	if row.LastCall != (contacts.Call{}) {
		s.LastCall = &Call{row.LastCall.Operation, row.LastCall.Outcome, row.LastCall.At}
	}
	return s
}

// isSuspensionConfirmed reports whether [contacts.Row.ConfirmSuspended] was recorded.
// Until then the row has what was confirmed before the suspension, and is due.
func isSuspensionConfirmed(row contacts.Row) bool {
	return row.Life == contacts.Suspended && row.ContactID != "" && row.Confirmed.Access != "" && row.Confirmed.Profile == "" &&
		row.Due.IsZero() && row.DoubtUntil.IsZero()
}

// NameOf returns the name of a person for operators to read, as [Status] has it. A
// visitor has none: the key is what their cookie holds.
func NameOf(p contacts.Person) string {
	if p.IsVisitor() {
		return ""
	}
	if id, ok := p.MemberID(); ok {
		return id
	}
	return p.ID
}

// DisplayID returns a business user ID for a text that people read. It is quoted if it
// has characters that cannot be seen, so that nobody takes it for another's.
func DisplayID(id string) string {
	isHidden := func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }
	if strings.ContainsFunc(id, isHidden) || strings.TrimSpace(id) != id {
		return strconv.Quote(id)
	}
	return id
}

// lastDigits returns the part of a contact id that may be shown, to compare it by.
func lastDigits(contact webchat.ContactID) string {
	if id := contact.Reveal(); len(id) == 36 {
		return id[32:]
	}
	return ""
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Meaning returns a sentence about what a state means for somebody's chat; empty for an
// unknown state.
func Meaning(state contacts.State) string { return meanings[state] }

var meanings = map[contacts.State]string{
	contacts.StateIdle:      "They get a contact the next time they ask for the chat.",
	contacts.StateWaiting:   "Their contact is still to be made; until then they have no chat.",
	contacts.StatePending:   "They have no chat until MaiAgent is seen to hold their permissions. Those are sent when they ask, or by themselves where they wait.",
	contacts.StateBehind:    "They have their chat, and a change of theirs is still to be sent.",
	contacts.StateSettled:   "They have their chat.",
	contacts.StateSuspended: "They have no chat until they are resumed.",
	contacts.StateRetired:   "This visitor has logged in, and nobody gets their contact any more.",
	contacts.StateErasing:   "Their contact is being deleted for good; they have no chat.",
	contacts.StateErased:    "They have no chat, and get no contact until they are restored.",
	contacts.StateReissuing: "Their contact is being deleted; they get another the next time they ask.",
}
