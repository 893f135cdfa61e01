package scaletest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
)

// report logs what the table takes on disk.
func (d *table) report(t *testing.T) {
	t.Helper()
	rows, indexes := d.bytes(t)
	n := float64(d.members) + float64(d.added.Load())
	t.Logf("%s, %d members: %.0f bytes a member on disk (rows %.0f, indexes %.0f)",
		d.name, d.members, float64(rows+indexes)/n, float64(rows)/n, float64(indexes)/n)
}

// bytes returns the size of the rows and of the indexes; for SQLite all is in
// the first.
func (d *table) bytes(t *testing.T) (rows, indexes int64) {
	t.Helper()
	query := `SELECT pg_table_size('maicontact_contacts'), pg_indexes_size('maicontact_contacts')`
	if d.dialect == sqlstore.SQLite {
		query = `SELECT (c.page_count - f.freelist_count) * s.page_size, 0
			FROM pragma_page_count() AS c, pragma_freelist_count() AS f, pragma_page_size() AS s`
	}
	if err := d.db.QueryRowContext(t.Context(), query).Scan(&rows, &indexes); err != nil {
		t.Fatal(err)
	}
	return rows, indexes
}

// Bytes a member on disk: confirmed, with a profile that waits, and made one
// by one as sites do.
func TestDisk(t *testing.T) {
	if underRace {
		t.Skip("there is nothing here for the race detector")
	}
	const members = 10_000
	for _, k := range []kind{sqlite, postgreSQL} {
		t.Run(k.name, func(t *testing.T) {
			size := func(d *table, n int64) float64 {
				rows, indexes := d.bytes(t)
				return float64(rows+indexes) / float64(n)
			}
			confirmed := size(newTable(t, k, members, 0), members)
			waiting := size(newTable(t, k, members, members), members)
			d := newTable(t, k, 0, 0)
			made := d.grow(t, members)
			used := size(d, made)
			t.Logf("bytes a member: %.0f confirmed, %.0f with a profile that waits, %.0f made one by one, not vacuumed", confirmed, waiting, used)
			if confirmed > 1000 || waiting < confirmed+200 || waiting > 2000 {
				t.Errorf("bytes a member are %.0f confirmed and %.0f waiting, want at most 1000 and 2000", confirmed, waiting)
			}
		})
	}
}

// grow makes members through the store, several at a time.
func (d *table) grow(t *testing.T, members int64) int64 {
	t.Helper()
	var work sync.WaitGroup
	var number atomic.Int64
	for range 4 {
		work.Go(func() {
			for n := number.Add(1); n <= members; n = number.Add(1) {
				if err := makeContact(t.Context(), d.store, int(n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	return members
}
