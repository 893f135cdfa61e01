// Package bubble opens databases that live in the time of a testing/synctest
// bubble, as everything else in it does.
package bubble

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

// ReplaceSQLiteClock replaces SQLite's clock for the whole process. Call it
// before anything opens a database.
func ReplaceSQLiteClock() {
	if err := sqlite.RegisterScalarFunction("julianday", 1, julianDay); err != nil {
		panic(err)
	}
}

func julianDay(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return float64(time.Now().UnixMilli())/86400000 + 2440587.5, nil
}

const sqliteOptions = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)"

// SQLite makes a database. What it returns opens it in a bubble, empty, for some
// replicas of one process: they share the store.
func SQLite(t *testing.T) func(t *testing.T, replicas int) []contacts.Store {
	address := "file:" + filepath.Join(t.TempDir(), "app.db") + sqliteOptions
	migrate(t, "sqlite", address, sqlstore.SQLite)
	return func(t *testing.T, replicas int) []contacts.Store {
		db := openPool(t, "sqlite", address)
		execute(t, db, "DELETE FROM maicontact_contacts")
		store := openStore(t, db, sqlstore.SQLite)
		stores := make([]contacts.Store, replicas)
		for i := range stores {
			stores[i] = store
		}
		return stores
	}
}

// PostgreSQL is SQLite for a database of that kind, with a pool for each replica.
func PostgreSQL(t *testing.T) func(t *testing.T, replicas int) []contacts.Store {
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
	return func(t *testing.T, replicas int) []contacts.Store {
		c := &clock{statement: "SELECT setval('clock.millis', $1)"}
		stores := make([]contacts.Store, replicas)
		for i := range stores {
			db := openPool(t, "pgx", address)
			if i == 0 {
				c.db = db
				execute(t, db, "TRUNCATE maicontact_contacts")
			}
			stores[i] = &clocked{openStore(t, db, sqlstore.PostgreSQL), c}
		}
		return stores
	}
}

// MariaDB is SQLite for a database of that kind. Each replica has one connection,
// whose clock is set.
func MariaDB(t *testing.T) func(t *testing.T, replicas int) []contacts.Store {
	dsn := mariadbtest.DSN(t)
	migrate(t, "mysql", dsn, sqlstore.MySQL)
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, replicas int) []contacts.Store {
		stores := make([]contacts.Store, replicas)
		for i := range stores {
			db := sql.OpenDB(connector{parsed})
			db.SetMaxOpenConns(1)
			t.Cleanup(func() { db.Close() })
			if i == 0 {
				execute(t, db, "DELETE FROM maicontact_contacts")
			}
			stores[i] = &clocked{openStore(t, db, sqlstore.MySQL), &clock{db: db, statement: "SET timestamp = ? / 1000"}}
		}
		return stores
	}
}

// connector sets the clock of each new connection: the driver closes one whose
// statement was given up, and another takes its place at the same moment.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	set := fmt.Sprintf("SET timestamp = %d / 1000", time.Now().UnixMilli())
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, set, nil); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// clock takes the time of the bubble to a database.
type clock struct {
	db        *sql.DB
	statement string // takes the milliseconds since 1970
	mu        sync.Mutex
	at        time.Time
}

func (c *clock) set() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.at.Equal(now) {
		return
	}
	if _, err := c.db.ExecContext(context.Background(), c.statement, now.UnixMilli()); err != nil {
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
