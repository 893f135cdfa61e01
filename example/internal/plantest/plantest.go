// Package plantest shows which statements a store prepares and how a database
// plans them.
package plantest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
)

// Lines joins the last column of all rows: of an explained statement, its plan.
func Lines(t testing.TB, db *sql.DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		all = append(all, values[len(values)-1].(*sql.NullString).String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

var parameter = regexp.MustCompile(`\$\d+|\?`)

// Parameters returns how many parameters a statement has.
func Parameters(statement string) int {
	return len(parameter.FindAllString(statement, -1))
}

// Prepared returns the texts of a store's statements about contacts, as the
// driver of db sees them. The schema must be there. address is what the driver
// opens.
func Prepared(t testing.TB, db *sql.DB, address string, dialect sqlstore.Dialect) []string {
	t.Helper()
	r := &recorder{driver: db.Driver(), address: address}
	recorded := sql.OpenDB(r)
	defer recorded.Close()
	store, err := sqlstore.OpenMigrated(t.Context(), recorded, dialect)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r.Lock()
	defer r.Unlock()
	return slices.DeleteFunc(slices.Clone(r.texts), func(text string) bool {
		return !strings.Contains(text, "maicontact_contacts")
	})
}

// recorder is a driver.Connector that notes what is prepared.
type recorder struct {
	driver  driver.Driver
	address string
	sync.Mutex
	texts []string
}

func (r *recorder) Driver() driver.Driver { return r.driver }

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	conn, err := r.driver.Open(r.address)
	return &recordingConn{conn, r}, err
}

type recordingConn struct {
	driver.Conn
	recorder *recorder
}

func (c *recordingConn) Prepare(text string) (driver.Stmt, error) {
	c.recorder.Lock()
	c.recorder.texts = append(c.recorder.texts, text)
	c.recorder.Unlock()
	return c.Conn.Prepare(text)
}
