package operate

import (
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// Kind is the kind of a finding.
type Kind string

// The kinds.
const (
	// Gone: MaiAgent has no contact with the id that the table has. Repaired by marking
	// the row, so that the contact is made anew when the person next asks. A marked
	// person is no finding again. Not repaired for somebody who is suspended, nor for
	// one who was linked and has not asked since: their next ask makes it anew anyway.
	Gone Kind = "gone"
	// WrongInbox: the contact is in other inboxes only.
	WrongInbox Kind = "wrong-inbox"
	// Differs: MaiAgent holds something else than the table says. Repaired by sending it
	// again when the person next asks.
	Differs Kind = "differs"
	// Unnamed: the contact does not have the person's source id, so it could not be
	// found again if the table were lost. Repaired as Differs is.
	Unnamed Kind = "unnamed"
	// Missing: the person should have a contact, and has had none for long.
	Missing Kind = "missing"
	// Second: MaiAgent has another contact of the person.
	Second Kind = "second"
	// Unlinked: MaiAgent has a contact of the person, and the table has none. It is
	// adopted when the person next asks.
	Unlinked Kind = "unlinked"
	// Remains: MaiAgent has a contact of a person who was erased. Repaired by
	// deleting it.
	Remains Kind = "remains"
	// Orphan: MaiAgent has a contact with a source id of this library that belongs to
	// nobody in the table: it is from another site that shares the inbox, or from a
	// table that was lost. Never repaired.
	Orphan Kind = "orphan"
)

// Finding is what an audit has found of one person or contact.
type Finding struct {
	Kind   Kind   `json:"finding"`
	Person string `json:"person,omitempty"` // member or visitor
	ID     string `json:"id,omitempty"`     // of a member, as in Status
	Says   string `json:"says"`
	// SourceID, ContactEnd (the last 4 characters of its id) and Created identify a
	// contact that the table does not have. Created is nil if MaiAgent does not say.
	SourceID   string     `json:"sourceId,omitempty"`
	ContactEnd string     `json:"contactEnd,omitempty"`
	Created    *time.Time `json:"created,omitempty"`
	// Repair is what was done about it: "repaired", "failed", or empty for nothing.
	// Repairable: it can be repaired.
	Repair     string `json:"repair,omitempty"`
	Repairable bool   `json:"repairable,omitempty"`
}

func newFinding(kind Kind, p contacts.Person, says string) *Finding {
	repairable := kind == Gone || kind == Differs || kind == Unnamed || kind == Remains
	return &Finding{Kind: kind, Person: p.Kind, ID: NameOf(p), Says: says, Repairable: repairable}
}

// AuditCounts says how much was checked.
type AuditCounts struct {
	Rows     int `json:"rows"`
	Contacts int `json:"contacts"` // at MaiAgent
	Findings int `json:"findings"`
	Repaired int `json:"repaired"`
	// Marked are people whose contact is gone, and whom a former audit has marked: it is
	// made anew when they next ask. They are no findings.
	Marked int `json:"marked"`
	// Visitors are contacts of visitors who are no longer in the table. That is usual:
	// their rows are deleted when their cookies have expired.
	Visitors int `json:"formerVisitors"`
}
