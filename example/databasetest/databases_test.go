package databasetest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// database is a new, empty one, to which any number of pools can be opened.
type database struct {
	dialect sqlstore.Dialect
	driver  string
	address string
}

// onEach runs a test on a new database of each kind.
func onEach(t *testing.T, test func(t *testing.T, d database)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newSQLite(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newPostgreSQL(t))
	})
}

func newSQLite(t testing.TB) database {
	return database{sqlstore.SQLite, "sqlite", fmt.Sprintf(
		"file:%s?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)",
		filepath.Join(t.TempDir(), "app.db"))}
}

func newPostgreSQL(t testing.TB) database {
	return database{sqlstore.PostgreSQL, "pgx", postgrestest.URL(t)}
}

// another is a new database of the same kind.
func (d database) another(t testing.TB) database {
	t.Helper()
	if d.dialect == sqlstore.SQLite {
		return newSQLite(t)
	}
	return newPostgreSQL(t)
}

// pool opens the database once more.
func (d database) pool(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, d.address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { db.Close() })
	return db
}

// open returns a store on a pool of its own.
func (d database) open(t testing.TB) *sqlstore.Store {
	t.Helper()
	return d.openOn(t, d.pool(t))
}

// openSingle returns a store on a pool that has one connection.
func (d database) openSingle(t testing.TB) *sqlstore.Store {
	t.Helper()
	db := d.pool(t)
	db.SetMaxOpenConns(1)
	return d.openOn(t, db)
}

func (d database) openOn(t testing.TB, db *sql.DB) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), db, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func execute(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
