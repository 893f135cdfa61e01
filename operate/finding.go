package operate

import (
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// Kind is what an audit has found.
type Kind string

// The kinds.
const (
	// Gone: MaiAgent has no contact with the id that the table has. Repaired by
	// marking the row, so that it is made anew when the person next asks; nobody
	// is found again who is marked. Not for somebody who is suspended, nor for one who
	// was linked and has not asked since: their next ask makes it anew anyway.
	Gone Kind = "gone"
	// WrongInbox: the contact is in other inboxes only.
	WrongInbox Kind = "wrong-inbox"
	// Differs: MaiAgent holds something else than the table says it does.
	// Repaired by sending it anew when the person next asks.
	Differs Kind = "differs"
	// Unnamed: the contact does not have the person's source id, so that it
	// could not be found again if the table were lost. Repaired as Differs is.
	Unnamed Kind = "unnamed"
	// Missing: the person is to have a contact, and has none for long.
	Missing Kind = "missing"
	// Second: MaiAgent has one more contact of the person.
	Second Kind = "second"
	// Unlinked: MaiAgent has a contact of the person, and the table none. It is
	// taken over by itself when the person next asks.
	Unlinked Kind = "unlinked"
	// Remains: MaiAgent has a contact of a person who was erased. Repaired by
	// deleting it.
	Remains Kind = "remains"
	// Orphan: MaiAgent has a contact with a source id of this library that is
	// nobody's in the table: of another site that shares the inbox, or of a
	// table that was lost. It is never repaired.
	Orphan Kind = "orphan"
)

// Finding is what an audit has found of one person or contact.
type Finding struct {
	Kind   Kind   `json:"finding"`
	Person string `json:"person,omitempty"` // member or visitor
	ID     string `json:"id,omitempty"`     // of a member, as in Status
	Says   string `json:"says"`
	// SourceID, ContactEnd (the last 4 characters of its id) and Created tell which
	// contact it is, where the table does not have it. Created is nil when MaiAgent
	// does not tell it.
	SourceID   string     `json:"sourceId,omitempty"`
	ContactEnd string     `json:"contactEnd,omitempty"`
	Created    *time.Time `json:"created,omitempty"`
	// Repair is what was done about it: "repaired", "failed", or empty for
	// nothing. Repairable says that something could be.
	Repair     string `json:"repair,omitempty"`
	Repairable bool   `json:"repairable,omitempty"`
}

func newFinding(kind Kind, p contacts.Person, says string) *Finding {
	repairable := kind == Gone || kind == Differs || kind == Unnamed || kind == Remains
	return &Finding{Kind: kind, Person: p.Kind, ID: NameOf(p), Says: says, Repairable: repairable}
}

// AuditCounts says how much was looked at.
type AuditCounts struct {
	Rows     int `json:"rows"`
	Contacts int `json:"contacts"` // at MaiAgent
	Findings int `json:"findings"`
	Repaired int `json:"repaired"`
	// Marked are people whose contact is gone, and made anew when they next ask:
	// an audit has marked them. They are no findings.
	Marked int `json:"marked"`
	// Visitors are contacts of visitors who are nobody's in the table any more.
	// That is usual: their rows go when their cookies end.
	Visitors int `json:"formerVisitors"`
}
