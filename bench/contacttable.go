package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/sqlstore"
)

// contactTable is a contact management table in which the members 1 to n have
// a confirmed contact.
type contactTable struct {
	name  string
	mark  string // of a placeholder
	db    *sql.DB
	store *sqlstore.Store
	close func()
}

// newSQLiteTable makes one in a file, as package sqlstore recommends.
func newSQLiteTable(members int) (*contactTable, error) {
	directory, err := os.MkdirTemp("", "bench-sqlite-")
	if err != nil {
		return nil, err
	}
	address := "file:" + filepath.Join(directory, "app.db") +
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)"
	return openTable("SQLite", "?", "sqlite", address, sqlstore.SQLite, members, func() { _ = os.RemoveAll(directory) })
}

// newPostgresTable makes one in a server that it starts. The error is
// errNoPostgres where none is installed.
func newPostgresTable(members int) (*contactTable, error) {
	address, stop, err := startPostgres()
	if err != nil {
		return nil, err
	}
	return openTable("PostgreSQL", "$", "pgx", address, sqlstore.PostgreSQL, members, stop)
}

func openTable(name, mark, driver, address string, dialect sqlstore.Dialect, members int, remove func()) (*contactTable, error) {
	db, err := sql.Open(driver, address)
	if err != nil {
		remove()
		return nil, err
	}
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	t := &contactTable{name: name, mark: mark, db: db, close: func() { _ = db.Close(); remove() }}
	store, err := sqlstore.Open(context.Background(), db, dialect)
	if err == nil {
		t.store = store
		t.close = func() { _ = store.Close(); _ = db.Close(); remove() }
		err = t.fill(members)
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *contactTable) fill(members int) (err error) {
	tx, err := t.db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	values := ""
	for i := range 8 {
		values += fmt.Sprintf("%s%d, ", t.mark, i+1)
	}
	// All of PostgreSQL's placeholders need a type once; the columns give it.
	insert, err := tx.Prepare(`INSERT INTO maicontact_contacts (namespace, inbox_id, member, contact_id,
			wanted_profile, wanted_access, confirmed_profile, confirmed_access,
			generation, created_at, updated_at, since_at, revision, failures, reason, token)
		VALUES (` + values + `1, 1760000000000, 1760000000000, 1760000000000, 1, 0, '', 1)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for n := range members {
		key, stamp := crowdKey(n+1), crowdWanted(n+1).Stamp
		_, err := insert.Exec(key.Namespace, key.InboxID, key.Member, crowdContact(n+1).Reveal(),
			stamp.Profile, stamp.Access, stamp.Profile, stamp.Access)
		if err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = t.db.Exec("ANALYZE maicontact_contacts")
	return err
}

// rowValues is what the statement of a lookup gives, as the driver gives it.
type rowValues struct {
	texts   [7]sql.NullString
	numbers [12]sql.NullInt64
}

// prepareLookup prepares the SELECT of all columns by the key, as anybody
// would write it.
func (t *contactTable) prepareLookup() (*sql.Stmt, error) {
	return t.db.Prepare(`SELECT contact_id, generation, created_at, updated_at,
		wanted_profile, wanted_access, since_at, confirmed_profile, confirmed_access,
		waiting, revision, due_at, attempted_at, held, failures, reason, token, lease_until, erased_at
		FROM maicontact_contacts WHERE namespace = ` + t.mark + `1 AND inbox_id = ` + t.mark + `2 AND member = ` + t.mark + `3`)
}

func lookUp(ctx context.Context, lookup *sql.Stmt, key maicontact.Key) (rowValues, error) {
	var v rowValues
	s, n := &v.texts, &v.numbers
	err := lookup.QueryRowContext(ctx, key.Namespace, key.InboxID, key.Member).Scan(
		&s[0], &n[0], &n[1], &n[2], &s[1], &s[2], &n[3], &s[3], &s[4],
		&s[5], &n[4], &n[5], &n[6], &n[7], &n[8], &s[6], &n[9], &n[10], &n[11])
	return v, err
}
