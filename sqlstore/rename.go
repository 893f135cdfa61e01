package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"

	"github.com/maicontact/maicontact/contacts"
)

// Renamed says what [Rename] did, in rows.
type Renamed struct {
	Moved int
	// Unfinished rows stay: MaiAgent may still carry out a write of theirs, or has
	// a contact to delete, under the name of before. Run a server with the old
	// namespace until they are done, and rename again.
	Unfinished int
	// Taken rows stay: their member has a row under the new namespace already. Of
	// these, Erased are tombstones of members who are back there: erase them again.
	Taken  int
	Erased int
	// Visitors stay: their browsers' keys name the old namespace, so that they are
	// new visitors when they come back.
	Visitors int
}

const (
	renameRows = `UPDATE maicontact_contacts SET trusted_at = {now}, trust = trust + 1, version = ?, confirmed_profile = '',
		owner = 0, lease_until = NULL, namespace = ?` + renameable + ` AND ` + atRest + ` AND NOT ` + taken

	renameable = ` WHERE namespace = ? AND inbox_id = ? AND kind = 'member'`

	// Life is a number of contacts.Life.
	atRest = `(doubt_until IS NULL AND (lease_until IS NULL OR lease_until <= {now}) AND life NOT IN (?, ?) AND NOT (life = ? AND due_at IS NOT NULL))`

	// MySQL lets an UPDATE read its own table only through a temporary table, which
	// DISTINCT makes.
	renamed = `EXISTS (SELECT 1 FROM (SELECT DISTINCT inbox_id, kind, id, life FROM maicontact_contacts WHERE namespace = ?) AS other
		WHERE other.inbox_id = maicontact_contacts.inbox_id AND other.kind = maicontact_contacts.kind AND other.id = maicontact_contacts.id`

	taken      = renamed + `)`
	takenAlive = renamed + ` AND other.life <> ?)`

	leftRows = `SELECT count(CASE WHEN kind = 'member' AND NOT ` + taken + ` THEN 1 END),
		count(CASE WHEN kind = 'member' AND ` + taken + ` THEN 1 END),
		count(CASE WHEN kind = 'member' AND life = ? AND ` + takenAlive + ` THEN 1 END), count(CASE WHEN kind = 'visitor' THEN 1 END)` + table + ofScope
)

// Rename moves the members of an inbox from one namespace to another, for a site
// whose Config.Namespace has changed: without it every member gets a second
// contact. Run it while no server runs, with the schema migrated. MaiAgent learns
// the new source id of a member the next time something is sent for them. It may
// be run again: what has been moved is not touched.
func Rename(ctx context.Context, db *sql.DB, dialect Dialect, inboxID, from, to string) (Renamed, error) {
	if err := check(db, dialect); err != nil {
		return Renamed{}, err
	}
	if from == to || !contacts.IsName(to) || inboxID == "" {
		return Renamed{}, errors.New("sqlstore: rename needs an inbox and two namespaces, the new one of 1 to 64 letters, digits and ._-")
	}
	done, err := db.ExecContext(ctx, dialect.text(renameRows),
		rand.Int64()|1, to, from, inboxID, int(contacts.Erasing), int(contacts.Reissuing), int(contacts.Erased), to)
	if err != nil {
		return Renamed{}, wrap(ctx, "rename a namespace", err)
	}
	moved, err := done.RowsAffected()
	if err != nil {
		return Renamed{}, wrap(ctx, "rename a namespace", err)
	}
	r := Renamed{Moved: int(moved)}
	err = db.QueryRowContext(ctx, dialect.text(leftRows), to, to, int(contacts.Erased), to, int(contacts.Erased), from, inboxID).
		Scan(&r.Unfinished, &r.Taken, &r.Erased, &r.Visitors)
	if err != nil {
		return r, wrap(ctx, "count what was not renamed", err)
	}
	return r, nil
}
