package databasetest

import (
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

func TestMigrateAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		var group sync.WaitGroup
		for range 8 {
			db := d.pool(t)
			group.Go(func() {
				store, err := sqlstore.Open(t.Context(), db, d.dialect)
				if err != nil {
					t.Error(err)
					return
				}
				if n, err := store.Count(t.Context(), scope); n != (contacts.Counts{}) || err != nil {
					t.Errorf("Count gives %+v, %v", n, err)
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var applied int
		err := d.pool(t).QueryRowContext(t.Context(), "SELECT count(*) FROM maicontact_schema WHERE version_id = 1").Scan(&applied)
		if applied != 1 || err != nil {
			t.Errorf("the first migration was recorded %d times, %v", applied, err)
		}
	})
}

func TestMigrateTwiceIsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		row := bound(t, d.open(t), newPerson("1"))
		db := d.pool(t)
		for range 2 {
			if err := sqlstore.Migrate(t.Context(), db, d.dialect); err != nil {
				t.Fatal(err)
			}
		}
		isStored(t, d.open(t), row)
	})
}

// The migrations of the host application are left alone.
func TestMigrateBesideAnother(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		files := fstest.MapFS{"00007_app.sql": {Data: []byte("-- +goose Up\nCREATE TABLE app (id INTEGER);\n")}}
		migrate(t, d, files, goose.DefaultTablename)
		bound(t, d.open(t), newPerson("1"))
		for table, want := range map[string]int{"goose_db_version": 7, "maicontact_schema": 1} {
			var version int
			if err := db.QueryRowContext(t.Context(), "SELECT max(version_id) FROM "+table).Scan(&version); version != want || err != nil {
				t.Errorf("%s has version %d, %v; want %d", table, version, err, want)
			}
		}
	})
}

// A release with a newer schema is rolled out while this one runs.
func TestNewerSchema(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		running := d.open(t)
		row := bound(t, running, newPerson("1"))

		names := map[sqlstore.Dialect]string{sqlstore.SQLite: "sqlite", sqlstore.PostgreSQL: "postgres", sqlstore.MySQL: "mysql"}
		ours := os.DirFS("../../sqlstore/migrations/" + names[d.dialect])
		files := fstest.MapFS{"00002_next.sql": {Data: []byte(
			"-- +goose Up\nALTER TABLE maicontact_contacts ADD COLUMN next_release VARCHAR(9) NOT NULL DEFAULT 'x';\n")}}
		found, err := fs.Glob(ours, "*.sql")
		if err != nil || len(found) != 1 {
			t.Fatalf("migrations are %q, %v: the test thinks of one", found, err)
		}
		text, err := fs.ReadFile(ours, found[0])
		if err != nil {
			t.Fatal(err)
		}
		files[found[0]] = &fstest.MapFile{Data: text}
		migrate(t, d, files, "maicontact_schema")

		// What runs goes on, and rows are as they were.
		isStored(t, running, row)
		waiting(t, running, newPerson("2"))
		// A new start does not guess.
		_, openErr := sqlstore.Open(t.Context(), d.pool(t), d.dialect)
		_, migratedErr := sqlstore.OpenMigrated(t.Context(), d.pool(t), d.dialect)
		for _, err := range []error{openErr, migratedErr} {
			if err == nil || !strings.Contains(err.Error(), "upgrade the program") {
				t.Errorf("error is %v", err)
			}
		}
	})
}

// A database of before the first migration, whose version table is there.
func TestOlderSchema(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		row := bound(t, d.open(t), newPerson("1"))
		db := d.pool(t)
		execute(t, db, "ALTER TABLE maicontact_contacts RENAME TO kept")
		if d.dialect != sqlstore.MySQL { // where each table has names of its own
			for _, index := range []string{"contact", "due", "trusted", "expires"} {
				execute(t, db, "DROP INDEX maicontact_contacts_"+index)
			}
		}
		if d.dialect == sqlstore.PostgreSQL {
			execute(t, db, "ALTER INDEX maicontact_contacts_pkey RENAME TO kept_pkey")
		}
		execute(t, db, "DELETE FROM maicontact_schema WHERE version_id > 0")

		_, err := sqlstore.OpenMigrated(t.Context(), d.pool(t), d.dialect)
		if err == nil || !strings.Contains(err.Error(), "run sqlstore.Migrate") {
			t.Errorf("error is %v", err)
		}
		store := d.open(t)
		execute(t, db, "INSERT INTO maicontact_contacts SELECT * FROM kept")
		isStored(t, store, row)
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	db := newSQLite(t).pool(t)
	for _, test := range []struct {
		name string
		err  error
		says string
	}{
		{"no database", sqlstore.Migrate(t.Context(), nil, sqlstore.SQLite), "sql.Open"},
		{"no dialect", sqlstore.Migrate(t.Context(), db, 0), "sqlstore.PostgreSQL"},
		{"unknown dialect", sqlstore.Migrate(t.Context(), db, 4), "sqlstore.PostgreSQL"},
		{"wrong dialect", sqlstore.Migrate(t.Context(), db, sqlstore.PostgreSQL), "migrate"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: error is %v", test.name, test.err)
		}
	}
}

func migrate(t *testing.T, d database, files fs.FS, table string) {
	t.Helper()
	dialect := map[sqlstore.Dialect]goose.Dialect{
		sqlstore.SQLite: goose.DialectSQLite3, sqlstore.PostgreSQL: goose.DialectPostgres, sqlstore.MySQL: goose.DialectMySQL,
	}[d.dialect]
	provider, err := goose.NewProvider(dialect, d.pool(t), files, goose.WithTableName(table), goose.WithLogger(goose.NopLogger()))
	if err == nil {
		_, err = provider.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}
