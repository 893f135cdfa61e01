package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Each ? is one value, in the order of the text; a Dialect writes them its own
// way. trusted_at is set before trust, as some databases assign from left to
// right. A guard that asks for nothing is a time that never comes.
const (
	person = `namespace, inbox_id, kind, id`

	columns = `version, trust, contact_id, generation, created_at, updated_at,
		desired_profile, desired_access, confirmed_profile, confirmed_access, since_at, revision, waiting,
		due_at, owner, lease_until, doubt_until, doubt_other, conflicts, denials, refused, failures, reason,
		call_operation, call_outcome, call_at, life, passing, checks, expires_at`

	table   = ` FROM maicontact_contacts`
	ofKey   = ` WHERE namespace = ? AND inbox_id = ? AND kind = ? AND id = ?`
	ofScope = ` WHERE namespace = ? AND inbox_id = ?`

	get = `SELECT {now}, ` + person + `, ` + columns + ` FROM (SELECT 1 AS one) AS one
		LEFT JOIN maicontact_contacts ON namespace = ? AND inbox_id = ? AND kind = ? AND id = ?`

	byContact = `SELECT ` + person + `, ` + columns + table + ` WHERE inbox_id = ? AND contact_id = ?`

	rows = `SELECT ` + person + `, ` + columns + table + ofScope + ` AND {after} ORDER BY kind, id LIMIT ?`

	due = `SELECT ` + person + table + ofScope + ` AND due_at <= {now} ORDER BY due_at LIMIT ?`

	expired = `SELECT ` + person + table + ofScope + ` AND expires_at <= {now}
		AND due_at IS NULL AND (doubt_until IS NULL OR doubt_until <= {now}) ORDER BY expires_at LIMIT ?`

	changed = `SELECT {now}, {read_only}, ` + person + `, trust FROM (SELECT 1 AS one) AS one
		LEFT JOIN (SELECT ` + person + `, trust` + table + ofScope + ` AND trusted_at >= ?
			ORDER BY trusted_at DESC LIMIT ?) AS c ON 1 = 1`

	count = `SELECT count(CASE WHEN kind = 'member' THEN 1 END), count(CASE WHEN kind = 'visitor' THEN 1 END),
		count(due_at), count(CASE WHEN due_at <= {now} THEN 1 END), min(due_at)` + table + ofScope

	// The next namespace of any inbox, and its first inbox from this one on.
	namespaces = `SELECT next.namespace, (SELECT min(c.inbox_id)` + table + ` AS c WHERE c.namespace = next.namespace AND c.inbox_id >= ?)
		FROM (SELECT min(namespace) AS namespace` + table + ` WHERE namespace > ?) AS next`

	remove = `DELETE` + table + ofKey + ` AND version = ?`
)

// The value for trusted_at is 1 if there is a trust to stamp, and 0 otherwise.
var (
	insert = `INSERT INTO maicontact_contacts (` + person + `, trusted_at, ` + columns + `)
		SELECT ?, ?, ?, ?, NULLIF({now} * ?, 0)` + strings.Repeat(", ?", strings.Count(columns, ",")+1) + `
		FROM (SELECT 1 AS one) AS one WHERE {now} <= ?`

	update = `UPDATE maicontact_contacts SET trusted_at = CASE WHEN trust <> ? THEN {now} ELSE trusted_at END,
		` + strings.ReplaceAll(columns, ",", " = ?,") + ` = ?` + ofKey + ` AND version = ? AND {now} <= ?`
)

func (s *Store) prepare(ctx context.Context, db *sql.DB, dialect Dialect) error {
	for _, one := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.get, get}, {&s.byContact, byContact}, {&s.rows, rows}, {&s.due, due}, {&s.expired, expired},
		{&s.changed, changed}, {&s.count, count}, {&s.namespaces, namespaces}, {&s.insert, insert}, {&s.update, update}, {&s.remove, remove},
	} {
		stmt, err := db.PrepareContext(ctx, dialect.text(one.text))
		if err != nil {
			return fmt.Errorf("sqlstore: prepare: %w", err)
		}
		*one.into, s.prepared = stmt, append(s.prepared, stmt)
	}
	return nil
}
