package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// maxLook bounds the look after a Put whose context is over.
const maxLook = 2 * time.Second

var errReplica = errors.New("nothing was stored although the row reads unchanged: reads come from a replica, or the database's clock was put back")

// Put implements [contacts.Store]. It is one statement, and the guard is part of it: the
// database reads its clock when the statement begins, and may then wait for a lock.
// After an error, or if nothing was changed, Put looks why, for up to two seconds more
// if ctx is over.
func (s *Store) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	next := stored(r)
	next.Version = contacts.NewVersion(r.Version)
	fields, err := values(next)
	if err != nil {
		return contacts.Row{}, err
	}
	notAfter := int64(math.MaxInt64)
	if !g.NotAfter.IsZero() {
		notAfter = g.NotAfter.UnixMilli()
	}
	var n int64
	key := []any{r.Namespace, r.InboxID, r.Kind, r.ID}
	if r.Version == 0 {
		stamp := 0
		if r.Trust != 0 {
			stamp = 1
		}
		n, err = run(ctx, s.insert, key, []any{stamp}, fields, []any{notAfter})
	} else {
		n, err = run(ctx, s.update, []any{r.Trust}, fields, key, []any{r.Version, notAfter})
	}
	if err == nil && n == 1 {
		return next, nil
	}
	if why := s.look(ctx, r, next, g, err); why != nil {
		return contacts.Row{}, why
	}
	return next, nil
}

// look finds out what became of a Put of next in the place of r, which changed nothing or
// ended with the error failed. It does not depend on the driver's errors. After an error
// the statement may still wait for a lock and go through later, so that neither the clock
// nor the row proves that it did not.
func (s *Store) look(ctx context.Context, r, next contacts.Row, g contacts.Guard, failed error) error {
	found, now, err := s.Get(ctx, r.Person)
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxLook)
	defer cancel()
	if ctx.Err() != nil {
		found, now, err = s.Get(fresh, r.Person)
	}
	there := err == nil
	if !there && !errors.Is(err, contacts.ErrNotFound) {
		if failed == nil {
			return err
		}
		return unclear(ctx, failed)
	}
	switch {
	case there && found.Version == next.Version:
		return nil
	case there && found.Version != r.Version || !there && r.Version != 0:
		return contacts.ErrConflict
	case failed != nil && s.isTaken(ctx, fresh, next):
		return contacts.ErrContactTaken
	case failed != nil:
		return unclear(ctx, failed)
	case !g.NotAfter.IsZero() && now.UnixMilli() > g.NotAfter.UnixMilli():
		return contacts.ErrLate
	}
	return wrap(ctx, "store a row", errReplica)
}

// isTaken reports whether somebody else in the inbox has the row's contact.
func (s *Store) isTaken(ctx, fresh context.Context, r contacts.Row) bool {
	if r.ContactID == "" {
		return false
	}
	other, err := s.ByContact(ctx, r.InboxID, r.ContactID)
	if ctx.Err() != nil {
		other, err = s.ByContact(fresh, r.InboxID, r.ContactID)
	}
	return err == nil && other.Person != r.Person
}

func unclear(ctx context.Context, failed error) error {
	return fmt.Errorf("%w: %w", contacts.ErrUnclear, wrap(ctx, "store a row", failed))
}

// Delete implements [contacts.Store]. After an error the row may be deleted.
func (s *Store) Delete(ctx context.Context, r contacts.Row) error {
	switch n, err := run(ctx, s.remove, []any{r.Namespace, r.InboxID, r.Kind, r.ID, r.Version}); {
	case err != nil:
		return wrap(ctx, "delete a row", err)
	case n == 0:
		return contacts.ErrConflict
	}
	return nil
}

// run returns how many rows the statement changed.
func run(ctx context.Context, stmt *sql.Stmt, args ...[]any) (int64, error) {
	all := make([]any, 0, 40) // more than any statement takes
	for _, some := range args {
		all = append(all, some...)
	}
	result, err := stmt.ExecContext(ctx, all...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
