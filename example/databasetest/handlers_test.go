package databasetest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
)

// Every statement finds its rows by an index, and reads hardly more than it
// gives: the server counts them. Only Count reads all rows of its scope. What a
// plan says is not asked, as servers plan anew for each value.
func TestMariaDBReadsFew(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	db := d.pool(t)
	db.SetMaxOpenConns(1) // the server counts for each connection
	if err := sqlstore.Migrate(t.Context(), db, d.dialect); err != nil {
		t.Fatal(err)
	}
	const limit, rows, ofScope = 10, 20000, 2000
	fillTable(t, db, d.dialect)
	const future = "8000000000000"
	execute(t, db, "UPDATE maicontact_contacts SET due_at = due_at - "+future+", expires_at = expires_at - "+future)
	store := d.openOn(t, db)
	of := contacts.Scope{Namespace: "n1", InboxID: scope.InboxID}
	ago := time.UnixMilli(rows / 2)
	drop := func(_ any, err error) error { return err }
	for _, analyzed := range []bool{false, true} {
		if analyzed {
			execute(t, db, "ANALYZE TABLE maicontact_contacts")
		}
		for _, test := range []struct {
			name string
			most int // rows that may be read
			run  func(ctx context.Context) error
		}{
			{"Get", 3, func(ctx context.Context) error { _, _, err := store.Get(ctx, of.Visitor("m1")); return err }},
			{"ByContact", 3, func(ctx context.Context) error { return drop(store.ByContact(ctx, of.InboxID, "contact-1001")) }},
			{"Put", 12, func(ctx context.Context) error {
				row, _, err := store.Get(ctx, of.Visitor("m1001"))
				if err == nil {
					row.ContactID = "contact-other"
					row, err = store.Put(ctx, row, contacts.Guard{})
				}
				if err == nil {
					row.ContactID = "contact-1001"
					_, err = store.Put(ctx, row, contacts.Guard{})
				}
				return err
			}},
			{"Put a new row and Delete", 12, func(ctx context.Context) error {
				row, err := store.Put(ctx, contacts.New(of.Member("new"), time.Now()), contacts.Guard{})
				if err != nil {
					return err
				}
				return store.Delete(ctx, row)
			}},
			{"Due", 2*limit + 2, func(ctx context.Context) error { return drop(store.Due(ctx, of, limit)) }},
			{"Expired", 2*limit + 2, func(ctx context.Context) error { return drop(store.Expired(ctx, of, limit)) }},
			{"Changed", 4*limit + 8, func(ctx context.Context) error { return drop(store.Changed(ctx, of, ago, limit)) }},
			{"Changed, nothing", 6, func(ctx context.Context) error {
				return drop(store.Changed(ctx, of, time.UnixMilli(8_000_000_000_000), limit))
			}},
			{"Rows, at first", 2*limit + 2, func(ctx context.Context) error { return drop(store.Rows(ctx, of, contacts.Person{}, limit)) }},
			{"Rows, in the middle", 2*limit + 2, func(ctx context.Context) error { return drop(store.Rows(ctx, of, of.Visitor("m15001"), limit)) }},
			{"Rows, at the end", 2*limit + 2, func(ctx context.Context) error { return drop(store.Rows(ctx, of, of.Visitor("m99981"), limit)) }},
			{"Namespaces", 80, func(ctx context.Context) error { return drop(store.Namespaces(ctx, of.InboxID)) }},
			{"Count", ofScope + 4, func(ctx context.Context) error { return drop(store.Count(ctx, of)) }},
		} {
			if err := test.run(t.Context()); err != nil { // it is prepared now
				t.Errorf("%s: %v", test.name, err)
			}
			execute(t, db, "FLUSH STATUS")
			if err := test.run(t.Context()); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			read, sorted := reads(t, db)
			t.Logf("analyzed %v, %s: %d read, %d sorted", analyzed, test.name, read, sorted)
			if read > test.most || read == 0 || sorted > 0 {
				t.Errorf("analyzed %v, %s reads %d rows and sorts %d, want at most %d and none", analyzed, test.name, read, sorted, test.most)
			}
		}
	}
}

// reads counts the rows that the connection has read, and those it has sorted,
// since it was last told to begin.
func reads(t *testing.T, db *sql.DB) (read, sorted int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_first', 'Handler_read_key', "+
		"'Handler_read_last', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd', 'Handler_read_rnd_next', 'Sort_rows')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		if name == "Sort_rows" {
			sorted = n
		} else {
			read += n
		}
	}
	return read, sorted
}
