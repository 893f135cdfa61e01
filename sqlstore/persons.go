package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

var errReadOnly = errors.New("the server is read-only, or a replica: the store needs the one that takes writes")

// Due implements [contacts.Store].
func (s *Store) Due(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	return s.persons(ctx, "list due rows", s.due, scope, limit)
}

// Expired implements [contacts.Store]. Rows with a write in doubt are left out.
func (s *Store) Expired(ctx context.Context, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	return s.persons(ctx, "list expired rows", s.expired, scope, limit)
}

func (s *Store) persons(ctx context.Context, what string, stmt *sql.Stmt, scope contacts.Scope, limit int) ([]contacts.Person, error) {
	var all []contacts.Person
	err := each(ctx, what, stmt, func(rows *sql.Rows) error {
		var found personRecord
		if err := scan(rows, found.targets()...); err != nil {
			return err
		}
		p := found.read()
		if p.Scope() != scope {
			return errKey
		}
		all = append(all, p)
		return nil
	}, scope.Namespace, scope.InboxID, max(limit, 0))
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Changed implements [contacts.Store], the newest first. A change has the time at
// which the database began to put the row, and is seen when that is committed: let
// what you ask for overlap. A server that is read-only, or follows another one, is an
// error, as it may not know yet what has changed.
func (s *Store) Changed(ctx context.Context, scope contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	const most = 1 << 30
	limit = min(max(limit, 0), most)
	var c contacts.Changes
	err := each(ctx, "list changes", s.changed, func(rows *sql.Rows) error {
		var found personRecord
		var now, readOnly, trust sql.NullInt64
		if err := scan(rows, append(append([]any{&now, &readOnly}, found.targets()...), &trust)...); err != nil {
			return err
		}
		c.Now = at(now)
		p := found.read()
		switch {
		case readOnly.Int64 != 0:
			return errReadOnly
		case !found.isThere():
			return nil
		case p.Scope() != scope:
			return errKey
		case len(c.List) == limit:
			c.More = true
			return nil
		}
		c.List = append(c.List, contacts.Change{Person: p, Trust: trust.Int64})
		return nil
	}, scope.Namespace, scope.InboxID, since.UnixMilli(), limit+1)
	if err != nil {
		return contacts.Changes{}, err
	}
	return c, nil
}
