package accesstest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// The same lives with their rows in databases, in real time.
func TestLifeInDatabases(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (*sql.DB, sqlstore.Dialect){
		"SQLite": func(t *testing.T) (*sql.DB, sqlstore.Dialect) {
			return pool(t, "sqlite", fmt.Sprintf("file:%s?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)",
				filepath.Join(t.TempDir(), "app.db"))), sqlstore.SQLite
		},
		"PostgreSQL": func(t *testing.T) (*sql.DB, sqlstore.Dialect) {
			return pool(t, "pgx", postgrestest.URL(t)), sqlstore.PostgreSQL
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, how := range behaviours {
				t.Run(how.name, func(t *testing.T) {
					t.Parallel()
					db, dialect := open(t)
					store, err := sqlstore.Open(t.Context(), db, dialect)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { store.Close() })
					live(t, how, options{store: store, timing: maicontact.Timing{
						SearchLag: 200 * time.Millisecond, WriteDoubt: time.Second, Lease: 3 * time.Second,
					}}, time.Minute)
				})
			}
		})
	}
}

func pool(t *testing.T, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	t.Cleanup(func() { db.Close() })
	return db
}
