package databasetest

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
)

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
	store := database{sqlstore.SQLite, "sqlite", ":memory:"}.openSingle(t)
	isStored(t, store, bound(t, store, newPerson("1")))
}
