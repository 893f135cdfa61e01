package databasetest

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

// A server that takes no writes may be behind the one that does.
func TestPostgreSQLReadOnly(t *testing.T) {
	t.Parallel()
	d := newPostgreSQL(t)
	db := d.pool(t)
	db.SetMaxIdleConns(0) // each statement has a new connection
	store := d.openOn(t, db)
	row := bound(t, store, newPerson("1"))
	execute(t, db, "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END $$")

	_, err := store.Changed(t.Context(), scope, time.Now(), 10)
	mentions(t, err, "read-only")
	_, err = sqlstore.Open(t.Context(), db, d.dialect)
	mentions(t, err, "read-only")
	isStored(t, store, row)
}

func TestPostgreSQLStandby(t *testing.T) {
	t.Parallel()
	if os.Getenv(postgrestest.Variable) != "" {
		t.Skip("the server is not ours to restart")
	}
	cluster, err := postgrestest.Start()
	if err != nil {
		postgrestest.SkipOrFail(t, err)
	}
	t.Cleanup(cluster.Stop)
	d := database{sqlstore.PostgreSQL, "pgx", cluster.URL()}
	store := d.open(t)
	row := bound(t, store, newPerson("1"))
	if err := cluster.BecomeStandby(); err != nil {
		t.Fatal(err)
	}

	for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		if _, err = store.Changed(t.Context(), scope, time.Now(), 10); err != nil && strings.Contains(err.Error(), "replica") {
			break // and not a connection that was lost
		}
	}
	mentions(t, err, "replica")
	_, err = sqlstore.Open(t.Context(), d.pool(t), d.dialect)
	mentions(t, err, "replica")
	isStored(t, store, row)
}

func TestSQLiteReadOnly(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	db := d.pool(t)
	db.SetMaxOpenConns(1)
	store := d.openOn(t, db)
	row := bound(t, store, newPerson("1"))
	execute(t, db, "PRAGMA query_only = 1")
	_, err := store.Changed(t.Context(), scope, time.Now(), 10)
	mentions(t, err, "read-only")
	isStored(t, store, row)
	execute(t, db, "PRAGMA query_only = 0")

	for _, option := range []string{"&_pragma=query_only(1)", "&mode=ro"} {
		db, err := sql.Open(d.driver, d.address+option)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = sqlstore.Open(t.Context(), db, d.dialect)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "-", ""), "readonly") {
			t.Errorf("%s: error is %v", option, err)
		}
	}
}

// ignoreChanges makes the database drop changes of rows without a word.
func ignoreChanges(t *testing.T, db *sql.DB, d database) {
	t.Helper()
	const trigger = "CREATE TRIGGER ignored BEFORE UPDATE ON maicontact_contacts "
	switch d.dialect {
	case sqlstore.SQLite:
		execute(t, db, trigger+"BEGIN SELECT RAISE(IGNORE); END")
	case sqlstore.PostgreSQL:
		execute(t, db, "CREATE FUNCTION ignored() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
		execute(t, db, trigger+"FOR EACH ROW EXECUTE FUNCTION ignored()")
	case sqlstore.MySQL:
		execute(t, db, trigger+"FOR EACH ROW SET NEW.version = OLD.version") // nothing else is new
	}
}

func mentions(t *testing.T, err error, word string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), word) {
		t.Errorf("error is %v, and does not say %q", err, word)
	}
}
