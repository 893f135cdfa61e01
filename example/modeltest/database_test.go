package modeltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

// The databases must live in the time of the bubble as everything else does, so
// their clocks are replaced. SQLite's is replaced for the whole process.
func replaceSQLiteClock() {
	if err := sqlite.RegisterScalarFunction("julianday", 1, julianDay); err != nil {
		panic(err)
	}
}

func julianDay(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return float64(time.Now().UnixMilli())/86400000 + 2440587.5, nil
}

const sqliteOptions = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)"

func onSQLite(t *testing.T) func(*testing.T) []contacts.Store {
	address := "file:" + filepath.Join(t.TempDir(), "app.db") + sqliteOptions
	migrate(t, "sqlite", address, sqlstore.SQLite)
	return func(t *testing.T) []contacts.Store {
		// SQLite is for one process: the replicas share the pool.
		db := openPool(t, "sqlite", address)
		execute(t, db, "DELETE FROM maicontact_contacts")
		store := openStore(t, db, sqlstore.SQLite)
		return []contacts.Store{store, store, store}
	}
}

func onPostgreSQL(t *testing.T) func(*testing.T) []contacts.Store {
	address := postgrestest.URL(t)
	db := migrate(t, "pgx", address, sqlstore.PostgreSQL)
	// The search path puts a clock of ours before the server's.
	for _, statement := range []string{
		"CREATE SCHEMA clock",
		"CREATE SEQUENCE clock.millis", // unlike a row, it leaves no old versions behind
		"CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE " +
			"AS 'SELECT to_timestamp(last_value / 1000.0) FROM clock.millis'",
	} {
		execute(t, db, statement)
	}
	address += "&search_path=clock,pg_catalog,public"
	return func(t *testing.T) []contacts.Store {
		var c clock
		stores := make([]contacts.Store, replicas)
		for i := range stores {
			db := openPool(t, "pgx", address)
			if i == 0 {
				c.db = db
				execute(t, db, "TRUNCATE maicontact_contacts")
			}
			stores[i] = openStore(t, db, sqlstore.PostgreSQL)
		}
		for i := range stores {
			stores[i] = &gated{pulse: newPulse(func() {}), inner: stores[i], before: c.set}
		}
		return stores
	}
}

// clock takes the time of the bubble to a database.
type clock struct {
	db *sql.DB
	mu sync.Mutex
	at time.Time
}

func (c *clock) set() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.at.Equal(now) {
		return
	}
	if _, err := c.db.ExecContext(context.Background(), "SELECT setval('clock.millis', $1)", now.UnixMilli()); err != nil {
		panic(err)
	}
	c.at = now
}

func migrate(t *testing.T, driver, address string, dialect sqlstore.Dialect) *sql.DB {
	t.Helper()
	db := openPool(t, driver, address)
	if err := sqlstore.Migrate(t.Context(), db, dialect); err != nil {
		t.Fatal(err)
	}
	return db
}

func openPool(t *testing.T, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	t.Cleanup(func() { db.Close() })
	return db
}

func openStore(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) contacts.Store {
	t.Helper()
	store, err := sqlstore.OpenMigrated(t.Context(), db, dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", statement, err))
	}
}
