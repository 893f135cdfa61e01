package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Get implements [contacts.Store]. The row and the clock are of one statement.
func (s *Store) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	var found record
	var now sql.NullInt64
	err := each(ctx, "read a row", s.get, func(rows *sql.Rows) error {
		return scan(rows, append([]any{&now}, found.targets()...)...)
	}, p.Namespace, p.InboxID, p.Kind, p.ID)
	if err != nil {
		return contacts.Row{}, time.Time{}, err
	}
	if !found.person.isThere() {
		return contacts.Row{}, at(now), contacts.ErrNotFound
	}
	row, err := found.read()
	if err == nil && row.Person != p {
		err = errKey
	}
	if err != nil {
		return contacts.Row{}, time.Time{}, wrap(ctx, "read a row", err)
	}
	return row, at(now), nil
}

// ByContact implements [contacts.Store].
func (s *Store) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (contacts.Row, error) {
	all, err := s.list(ctx, "look for a contact", s.byContact, inboxID, id.Reveal())
	switch {
	case err != nil:
		return contacts.Row{}, err
	case len(all) == 0:
		return contacts.Row{}, contacts.ErrNotFound
	case all[0].InboxID != inboxID || all[0].ContactID != id:
		return contacts.Row{}, wrap(ctx, "look for a contact", errKey)
	}
	return all[0], nil
}

// Rows implements [contacts.Store].
func (s *Store) Rows(ctx context.Context, scope contacts.Scope, after contacts.Person, limit int) ([]contacts.Row, error) {
	all, err := s.list(ctx, "list rows", s.rows, scope.Namespace, scope.InboxID, after.Kind, after.Kind, after.ID, max(limit, 0))
	if err != nil {
		return nil, err
	}
	for _, row := range all {
		if row.Scope() != scope {
			return nil, wrap(ctx, "list rows", errKey)
		}
	}
	return all, nil
}

// Count implements [contacts.Store]. It reads all rows of the scope.
func (s *Store) Count(ctx context.Context, scope contacts.Scope) (contacts.Counts, error) {
	var c contacts.Counts
	var oldest sql.NullInt64
	err := each(ctx, "count rows", s.count, func(rows *sql.Rows) error {
		return scan(rows, &c.Members, &c.Visitors, &c.Unsettled, &c.Overdue, &oldest)
	}, scope.Namespace, scope.InboxID)
	if err != nil {
		return contacts.Counts{}, err
	}
	if c.Overdue > 0 {
		c.Oldest = at(oldest)
	}
	return c, nil
}

// Namespaces implements [contacts.Store]. It looks at MaxNamespaces namespaces at most,
// of whatever inbox.
func (s *Store) Namespaces(ctx context.Context, inboxID string) ([]string, error) {
	var all []string
	last := ""
	for range contacts.MaxNamespaces {
		var next sql.NullString
		var inbox sql.NullString
		err := each(ctx, "list namespaces", s.namespaces, func(rows *sql.Rows) error {
			return scan(rows, &next, &inbox)
		}, inboxID, last)
		if err != nil {
			return nil, err
		}
		if !next.Valid {
			break
		}
		if last = next.String; inbox.String == inboxID {
			all = append(all, last)
		}
	}
	return all, nil
}

func (s *Store) list(ctx context.Context, what string, stmt *sql.Stmt, args ...any) ([]contacts.Row, error) {
	var all []contacts.Row
	err := each(ctx, what, stmt, func(rows *sql.Rows) error {
		var found record
		if err := scan(rows, found.targets()...); err != nil {
			return err
		}
		row, err := found.read()
		all = append(all, row)
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// each runs a statement and calls read for each row that it finds.
func each(ctx context.Context, what string, stmt *sql.Stmt, read func(*sql.Rows) error, args ...any) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return wrap(ctx, what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return wrap(ctx, what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return wrap(ctx, what, err)
	}
	return nil
}

func scan(rows *sql.Rows, targets ...any) error {
	if rows.Scan(targets...) != nil {
		return errColumn
	}
	return nil
}
