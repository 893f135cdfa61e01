package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// Store is a [contacts.Store] in an SQL database, shared by any number of
// processes. Make one with [Open] or [OpenMigrated]. Each change is one plain
// statement; there are no transactions, and no method keeps a connection when
// it returns. All methods are safe for concurrent use. The texts of errors
// never hold a contact id or a part of a profile; those of the driver are wrapped.
type Store struct {
	// Prepared once; database/sql prepares them again on each of its connections
	// when they are first needed there.
	get, byContact, rows, due, expired, changed, count, namespaces, insert, update, remove *sql.Stmt

	prepared []*sql.Stmt // all of them
}

var _ contacts.Store = (*Store)(nil)

// Open brings the schema up to date, see [Migrate], and returns a store. The
// db stays the caller's: Close of the store does not close it.
func Open(ctx context.Context, db *sql.DB, dialect Dialect) (*Store, error) {
	if err := Migrate(ctx, db, dialect); err != nil {
		return nil, err
	}
	return OpenMigrated(ctx, db, dialect)
}

// OpenMigrated is Open for processes that have no right to change the schema. If the
// schema is not the one that this version of the package works with, the error says what
// to do. A database that takes no writes, such as a replica, is an error as well.
func OpenMigrated(ctx context.Context, db *sql.DB, dialect Dialect) (*Store, error) {
	if err := check(db, dialect); err != nil {
		return nil, err
	}
	if check := dialects[dialect].checkSettings; check != nil {
		if err := check(ctx, db); err != nil {
			return nil, err
		}
	}
	switch schema, err := ReadSchema(ctx, db, dialect); {
	case err != nil:
		return nil, fmt.Errorf("%w; the program must be able to read it: grant SELECT on %s", err, versionTable)
	case schema.IsBehind():
		return nil, fmt.Errorf("sqlstore: the schema has version %d and must have %d: run sqlstore.Migrate, or, if that was done, grant SELECT on %s",
			schema.Version, schema.Newest, versionTable)
	case schema.IsAhead():
		return nil, schema.newerError()
	}
	s := new(Store)
	err := s.prepare(ctx, db, dialect)
	if err == nil {
		err = s.checkWritable(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkWritable asks the server, and then deletes a row that is not there, because only
// that shows a read-only file or a missing right.
func (s *Store) checkWritable(ctx context.Context) error {
	if _, err := s.Changed(ctx, contacts.Scope{}, time.Now(), 0); err != nil {
		return err
	}
	_, err := run(ctx, s.remove, []any{"", "", "", "", 0})
	if err != nil && !isBusy(err) {
		return wrap(ctx, "try whether the table can be written", err)
	}
	return nil
}

// Close releases the prepared statements. The database stays open. The store
// must not be used afterwards.
func (s *Store) Close() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sqlstore: close: %w", err)
	}
	return nil
}

func check(db *sql.DB, dialect Dialect) error {
	if db == nil {
		return errors.New("sqlstore: the database is nil: open one with sql.Open")
	}
	return dialect.check()
}

// wrap says what was tried. Drivers report a cancelled statement in words of
// their own; callers look for the error of the context.
func wrap(ctx context.Context, what string, err error) error {
	err = unquote(err)
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("sqlstore: %s: %w: %w", what, cause, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}
