package databasetest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

func TestMain(m *testing.M) { postgrestest.Main(m, mariadbtest.Stop) }

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
	onServers(t, test)
}

// onServers runs a test on a new database of each kind that has a server, so
// that its statements wait for each other's locks.
func onServers(t *testing.T, test func(t *testing.T, d database)) {
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newPostgreSQL(t))
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		test(t, newMariaDB(t))
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

func newMariaDB(t testing.TB) database {
	return database{sqlstore.MySQL, "mysql", mariadbtest.DSN(t)}
}

var newOf = map[sqlstore.Dialect]func(testing.TB) database{
	sqlstore.SQLite: newSQLite, sqlstore.PostgreSQL: newPostgreSQL, sqlstore.MySQL: newMariaDB,
}

// another is a new database of the same kind.
func (d database) another(t testing.TB) database {
	t.Helper()
	return newOf[d.dialect](t)
}

// text is a statement whose placeholders are ? in the words of the database.
func (d database) text(statement string) string {
	if d.dialect != sqlstore.PostgreSQL {
		return statement
	}
	for n := 1; strings.Contains(statement, "?"); n++ {
		statement = strings.Replace(statement, "?", fmt.Sprintf("$%d", n), 1)
	}
	return statement
}

// numbers is a query of the numbers from 1 up.
func numbers(upTo int) string {
	const digits = "(SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL " +
		"SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	return fmt.Sprintf("SELECT n FROM (SELECT 1 + a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i AS n FROM "+
		"%[1]s AS a CROSS JOIN %[1]s AS b CROSS JOIN %[1]s AS c CROSS JOIN %[1]s AS d CROSS JOIN %[1]s AS e) AS numbers WHERE n <= %d", digits, upTo)
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
