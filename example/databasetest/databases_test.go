package databasetest

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
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
	store, err := sqlstore.Open(t.Context(), d.pool(t), d.dialect)
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

const (
	contactID   = webchat.ContactID("5ec2e7a0-0000-4000-8000-000000000001")
	secretName  = "Secret Name"
	secretEmail = "secret@example.com"
)

func wanted(revision int64) maicontact.Wanted {
	p := webchat.Profile{Name: secretName, Email: secretEmail}
	return maicontact.Wanted{Profile: p, Stamp: maicontact.StampOf(p), Revision: revision}
}

// confirmed makes a row with contactID.
func confirmed(t testing.TB, store maicontact.Store, key maicontact.Key) maicontact.Contact {
	t.Helper()
	row := claimed(t, store, key)
	row, err := store.Bind(t.Context(), row.Claim(), contactID, row.Wanted)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func claimed(t testing.TB, store maicontact.Store, key maicontact.Key) maicontact.Contact {
	t.Helper()
	if _, err := store.Want(t.Context(), key, wanted(1)); err != nil {
		t.Fatal(err)
	}
	row, err := store.Claim(t.Context(), key, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// operations are all methods of a store, to see what each says when the
// database fails.
func operations(store maicontact.Store, key maicontact.Key) map[string]func(context.Context) error {
	claim := maicontact.Claim{Key: key, Token: 1}
	stamp := wanted(1).Stamp
	drop := func(_ any, err error) error { return err }
	return map[string]func(context.Context) error{
		"Contact": func(ctx context.Context) error { return drop(store.Contact(ctx, key)) },
		"Want":    func(ctx context.Context) error { return drop(store.Want(ctx, key, wanted(1<<40))) },
		"Claim":   func(ctx context.Context) error { return drop(store.Claim(ctx, key, 1)) },
		"Attempt": func(ctx context.Context) error { return drop(store.Attempt(ctx, claim)) },
		"Bind":    func(ctx context.Context) error { return drop(store.Bind(ctx, claim, contactID, stamp)) },
		"Confirm": func(ctx context.Context) error { return drop(store.Confirm(ctx, claim, stamp, 0)) },
		"Postpone": func(ctx context.Context) error {
			return drop(store.Postpone(ctx, claim, maicontact.Failure{Delay: 1, Reason: "status 503"}))
		},
		"Park":       func(ctx context.Context) error { return drop(store.Park(ctx, claim, stamp, "name", time.Time{})) },
		"Regenerate": func(ctx context.Context) error { return drop(store.Regenerate(ctx, claim)) },
		"Erase":      func(ctx context.Context) error { return drop(store.Erase(ctx, key)) },
		"Erased":     func(ctx context.Context) error { return drop(store.Erased(ctx, claim)) },
		"Restore":    func(ctx context.Context) error { return drop(store.Restore(ctx, key)) },
		"Due":        func(ctx context.Context) error { return drop(store.Due(ctx, key.Namespace, key.InboxID, 10)) },
		"Unsettled":  func(ctx context.Context) error { return drop(store.Unsettled(ctx, key.Namespace, key.InboxID)) },
	}
}

// idOf makes contact ids that differ.
func idOf(n int) webchat.ContactID {
	return webchat.ContactID(fmt.Sprintf("5ec2e7a0-0000-4000-8000-%012x", n))
}
