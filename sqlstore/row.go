package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// record is a row as the database has it.
type record struct {
	contact maicontact.Contact
	waiting sql.NullString // JSON
	columns columnValues
}

// columnValues is what does not go into a Contact as it is. It is a part of
// the record, so that a row takes one piece of memory and not one for each.
type columnValues struct {
	id                                        sql.NullString
	created, updated                          int64
	since, due, attempted, leaseUntil, erased sql.NullInt64
}

// one runs a statement that returns at most one row; sql.ErrNoRows when it
// returns none. It reads to the end, because only then SQLite has committed
// and PostgreSQL has said so.
func one(ctx context.Context, stmt *sql.Stmt, key maicontact.Key, more ...any) (*record, error) {
	args := make([]any, 0, 8) // most statements take no more
	args = append(append(args, key.Namespace, key.InboxID, key.Member), more...)
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, err
		}
		return nil, sql.ErrNoRows
	}
	r, err := scan(rows, key)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
	}
	return r, rows.Err()
}

func scan(rows *sql.Rows, key maicontact.Key) (*record, error) {
	r := &record{contact: maicontact.Contact{Key: key}}
	c, v := &r.contact, &r.columns
	err := rows.Scan(&v.id, &c.Generation, &v.created, &v.updated,
		&c.Wanted.Profile, &c.Wanted.Access, &v.since, &c.Confirmed.Profile, &c.Confirmed.Access,
		&r.waiting, &c.Revision, &v.due, &v.attempted, &c.Held, &c.Failures, &c.Reason, &c.Token, &v.leaseUntil, &v.erased)
	if err != nil {
		// What database/sql says here may quote a value.
		return nil, errors.New("a column does not hold what it should")
	}
	c.ContactID = webchat.ContactID(v.id.String)
	c.Created, c.Updated = time.UnixMilli(v.created).UTC(), time.UnixMilli(v.updated).UTC()
	c.Since, c.Due, c.Attempted, c.LeaseUntil, c.Erased = at(v.since), at(v.due), at(v.attempted), at(v.leaseUntil), at(v.erased)
	return r, nil
}

// read decodes the profile that waits.
func (r record) read() (maicontact.Contact, error) {
	if !r.waiting.Valid {
		return r.contact, nil
	}
	profile := new(webchat.Profile)
	if err := json.Unmarshal([]byte(r.waiting.String), profile); err != nil {
		// The decoder may quote the profile.
		return maicontact.Contact{}, errors.New("sqlstore: the waiting profile of a row cannot be decoded")
	}
	r.contact.Waiting = profile
	return r.contact, nil
}

func at(millis sql.NullInt64) time.Time {
	if !millis.Valid {
		return time.Time{}
	}
	return time.UnixMilli(millis.Int64).UTC()
}

// wholeMillis rounds up, so that nothing is due too early.
func wholeMillis(d time.Duration) int64 {
	millis := d.Milliseconds()
	if time.Duration(millis)*time.Millisecond < d {
		millis++
	}
	return millis
}
