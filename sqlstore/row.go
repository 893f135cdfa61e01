package sqlstore

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

var (
	// These stand for errors of database/sql and encoding/json, which may quote a
	// value.
	errColumn  = errors.New("a column does not hold what it should")
	errWaiting = errors.New("the waiting profile of a row cannot be decoded")
	errKey     = errors.New("another row than the one asked for was found: the table must compare keys by their bytes")
)

// record is a row as the database has it. All of it is NULL if a join found no row.
type record struct {
	person                                      personRecord
	contactID, waiting, refused, reason         sql.NullString
	callOperation, callOutcome                  sql.NullString
	desired, confirmed                          struct{ profile, access sql.NullString }
	version, trust, generation, revision, owner sql.NullInt64
	doubtOther, conflicts, denials, failures    sql.NullInt64
	life, passing, checks                       sql.NullInt64
	created, updated, since, due, lease, doubt  sql.NullInt64
	callAt, expires                             sql.NullInt64
}

// targets are what the columns of person and columns are scanned into.
func (r *record) targets() []any {
	return append(r.person.targets(), &r.version, &r.trust, &r.contactID, &r.generation, &r.created, &r.updated,
		&r.desired.profile, &r.desired.access, &r.confirmed.profile, &r.confirmed.access, &r.since, &r.revision, &r.waiting,
		&r.due, &r.owner, &r.lease, &r.doubt, &r.doubtOther, &r.conflicts, &r.denials, &r.refused, &r.failures, &r.reason,
		&r.callOperation, &r.callOutcome, &r.callAt, &r.life, &r.passing, &r.checks, &r.expires)
}

// values are what is stored in the columns of columns.
func values(r contacts.Row) ([]any, error) {
	var waiting sql.NullString
	if r.Waiting != nil {
		text, err := json.Marshal(r.Waiting)
		if err != nil {
			return nil, errors.New("sqlstore: the waiting profile of a row cannot be encoded")
		}
		waiting = sql.NullString{String: string(text), Valid: true}
	}
	contactID := sql.NullString{String: r.ContactID.Reveal(), Valid: r.ContactID != ""}
	return []any{r.Version, r.Trust, contactID, r.Generation, millis(r.Created), millis(r.Updated),
		r.Desired.Profile, r.Desired.Access, r.Confirmed.Profile, r.Confirmed.Access, millis(r.Since), r.Revision, waiting,
		millis(r.Due), r.Owner, millis(r.LeaseUntil), millis(r.DoubtUntil), bit(r.DoubtOther), r.Conflicts, r.Denials, r.Refused, r.Failures, r.Reason,
		r.LastCall.Operation, r.LastCall.Outcome, millis(r.LastCall.At), int(r.Life), bit(r.Passing), r.Checks, millis(r.Expires)}, nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// read makes a row of the record.
func (r *record) read() (contacts.Row, error) {
	row := contacts.Row{
		Person: r.person.read(), Version: r.version.Int64, Trust: r.trust.Int64,
		ContactID: webchat.ContactID(r.contactID.String), Generation: int(r.generation.Int64),
		Created: at(r.created), Updated: at(r.updated),
		Desired:   contacts.Stamp{Profile: r.desired.profile.String, Access: r.desired.access.String},
		Confirmed: contacts.Stamp{Profile: r.confirmed.profile.String, Access: r.confirmed.access.String},
		Since:     at(r.since), Revision: r.revision.Int64,
		Due: at(r.due), Owner: r.owner.Int64, LeaseUntil: at(r.lease),
		DoubtUntil: at(r.doubt), DoubtOther: r.doubtOther.Int64 != 0,
		Conflicts: int(r.conflicts.Int64), Denials: int(r.denials.Int64), Refused: r.refused.String, Failures: int(r.failures.Int64), Reason: r.reason.String,
		LastCall: contacts.Call{Operation: r.callOperation.String, Outcome: r.callOutcome.String, At: at(r.callAt)},
		Life:     contacts.Life(r.life.Int64), Passing: r.passing.Int64 != 0, Checks: int(r.checks.Int64), Expires: at(r.expires),
	}
	if row.Life < contacts.Live || row.Life > contacts.Reissuing {
		return contacts.Row{}, errColumn
	}
	if r.waiting.Valid {
		row.Waiting = new(webchat.Profile)
		if err := json.Unmarshal([]byte(r.waiting.String), row.Waiting); err != nil {
			return contacts.Row{}, errWaiting
		}
	}
	return row, nil
}

// personRecord is a person as the database has it.
type personRecord struct{ namespace, inboxID, kind, id sql.NullString }

func (p *personRecord) targets() []any { return []any{&p.namespace, &p.inboxID, &p.kind, &p.id} }

func (p *personRecord) read() contacts.Person {
	return contacts.Person{Namespace: p.namespace.String, InboxID: p.inboxID.String, Kind: p.kind.String, ID: p.id.String}
}

// isThere reports whether a join found a row.
func (p *personRecord) isThere() bool { return p.id.Valid }

// stored returns the row as the database will have it.
func stored(r contacts.Row) contacts.Row {
	r = r.Rounded()
	for _, text := range []*string{&r.Reason, &r.Refused, &r.LastCall.Operation, &r.LastCall.Outcome} {
		*text = storable(*text)
	}
	return r
}

// storable makes text that PostgreSQL takes.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// millis is NULL for the zero time.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func at(millis sql.NullInt64) time.Time {
	if !millis.Valid {
		return time.Time{}
	}
	return time.UnixMilli(millis.Int64).UTC()
}
