package databasetest

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
)

func openSingle(t *testing.T, d database) *sqlstore.Store {
	t.Helper()
	db := d.pool(t)
	db.SetMaxOpenConns(1)
	store, err := sqlstore.Open(t.Context(), db, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestSQLiteNeedsBusyTimeout(t *testing.T) {
	t.Parallel()
	address := "file:" + filepath.Join(t.TempDir(), "app.db")
	for _, test := range []struct {
		name, options string
		connections   int
		refused       bool
	}{
		{"none", "", 0, true},
		{"zero", "?_pragma=busy_timeout(0)", 0, true},
		{"some", "?_pragma=busy_timeout(100)", 0, false},
		{"one connection", "", 1, false},
	} {
		db, err := sql.Open("sqlite", address+test.options)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(test.connections)
		_, err = sqlstore.Open(t.Context(), db, sqlstore.SQLite)
		if refused := err != nil; refused != test.refused {
			t.Errorf("%s: error is %v", test.name, err)
		}
		if test.refused && !strings.Contains(err.Error(), "busy_timeout") {
			t.Errorf("%s: the error does not say what to do: %v", test.name, err)
		}
		db.Close()
	}
}

func TestSQLiteInMemory(t *testing.T) {
	t.Parallel()
	store := openSingle(t, database{sqlstore.SQLite, "sqlite", ":memory:"})
	confirmed(t, store, newKey("1"))
}
