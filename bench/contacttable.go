package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

// contactTable is a contact management table in which the members 1 to n have
// a confirmed contact.
type contactTable struct {
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
	return openTable("?", "sqlite", address, sqlstore.SQLite, members, func() { _ = os.RemoveAll(directory) })
}

// newPostgresTable makes one in a server that it starts. The error is
// errNoPostgres where none is installed.
func newPostgresTable(members int) (*contactTable, error) {
	address, stop, err := startPostgres()
	if err != nil {
		return nil, err
	}
	return openTable("$", "pgx", address, sqlstore.PostgreSQL, members, stop)
}

func openTable(mark, driver, address string, dialect sqlstore.Dialect, members int, remove func()) (*contactTable, error) {
	db, err := sql.Open(driver, address)
	if err != nil {
		remove()
		return nil, err
	}
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	t := &contactTable{mark: mark, db: db, close: func() { _ = db.Close(); remove() }}
	store, err := sqlstore.Open(context.Background(), db, dialect)
	if err == nil {
		t.store = store
		t.close = func() { _ = store.Close(); _ = db.Close(); remove() }
		err = fillStore(store, members)
	}
	if err == nil {
		_, err = db.Exec("ANALYZE maicontact_contacts")
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// rowValues is what the statement of a lookup gives, as the driver gives it.
type rowValues struct {
	texts   [10]sql.NullString
	numbers [20]sql.NullInt64
}

// prepareLookup prepares the SELECT of all columns by the key, as anybody
// would write it.
func (t *contactTable) prepareLookup() (*sql.Stmt, error) {
	return t.db.Prepare(`SELECT contact_id, desired_profile, desired_access, confirmed_profile, confirmed_access,
		waiting, refused, reason, call_operation, call_outcome,
		version, trust, generation, created_at, updated_at, since_at, revision,
		due_at, owner, lease_until, doubt_until, doubt_other, conflicts, denials, failures, call_at, life, passing, checks, expires_at
		FROM maicontact_contacts WHERE namespace = ` + t.mark + `1 AND inbox_id = ` + t.mark + `2 AND kind = ` + t.mark + `3 AND id = ` + t.mark + `4`)
}

func lookUp(ctx context.Context, lookup *sql.Stmt, p contacts.Person) (rowValues, error) {
	var v rowValues
	targets := make([]any, 0, len(v.texts)+len(v.numbers))
	for i := range v.texts {
		targets = append(targets, &v.texts[i])
	}
	for i := range v.numbers {
		targets = append(targets, &v.numbers[i])
	}
	err := lookup.QueryRowContext(ctx, p.Namespace, p.InboxID, p.Kind, p.ID).Scan(targets...)
	return v, err
}
