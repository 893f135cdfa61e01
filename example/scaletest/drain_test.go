package scaletest

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/contacts"
)

// How fast waiting changes leave the store, and what they leave behind:
// PostgreSQL keeps the index entries of rows that are no longer due as long as
// an older transaction might want to see them, and each search passes them.
func TestDrain(t *testing.T) {
	if !*scale {
		t.Skip("only with -scale: it compares nothing")
	}
	const members, drained = 20_000, 9_600
	for _, test := range []struct {
		name string
		kind kind
		held bool // a transaction is open all the time
	}{
		{"SQLite", sqlite, false},
		{"PostgreSQL", postgreSQL, false},
		{"PostgreSQL beside a long transaction", postgreSQL, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newTable(t, test.kind, members, members)
			analyze(t, d)
			if test.held {
				d.hold(t)
			}
			before := due.sample(t, d, 50)
			start := time.Now()
			d.drain(t, drained)
			took := time.Since(start)
			after := due.sample(t, d, 50)
			t.Logf("%.0f changes a second, eight at a time; the next due are found in %.0f microseconds before and %.0f after %d of them",
				drained/took.Seconds(), before.Seconds()*1e6, after.Seconds()*1e6, drained)
		})
	}
}

// hold keeps a transaction open that has seen the table.
func (d *table) hold(t *testing.T) {
	t.Helper()
	tx, err := d.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	if _, err := tx.ExecContext(t.Context(), "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM maicontact_contacts").Scan(&n); err != nil {
		t.Fatal(err)
	}
}

// drain does to the store what the reconciler does, without MaiAgent.
func (d *table) drain(t *testing.T, rows int) {
	t.Helper()
	for rows > 0 {
		due, err := d.store.Due(t.Context(), scope, 64)
		if err != nil || len(due) == 0 {
			t.Fatalf("%d rows are due: %v", len(due), err)
		}
		var work errgroup.Group
		work.SetLimit(8)
		for _, p := range due {
			work.Go(func() error { return d.settle(t, p) })
		}
		if err := work.Wait(); err != nil {
			t.Fatal(err)
		}
		rows -= len(due)
	}
}

func (d *table) settle(t *testing.T, p contacts.Person) error {
	at, err := contacts.Read(t.Context(), d.store, p)
	const owner = 7
	for _, step := range []contacts.Transition{
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.Claim(owner, 30*time.Second, now)
		},
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.BeginWrite(owner, time.Minute, now)
		},
		func(row contacts.Row, now time.Time) (contacts.Row, error) {
			return row.Confirm(owner, row.Desired, time.Time{}, now)
		},
	} {
		if err == nil {
			err = at.Change(t.Context(), step)
		}
	}
	return err
}
