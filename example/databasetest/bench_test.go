package databasetest

import (
	"database/sql"
	"testing"
	"time"
)

// The lookup through the store next to the same query without it.
func BenchmarkContact(b *testing.B) {
	for name, open := range map[string]func(testing.TB) database{"SQLite": newSQLite, "PostgreSQL": newPostgreSQL} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			store := d.open(b)
			key := newKey("1")
			confirmed(b, store, key)
			b.Run("store", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := store.Contact(b.Context(), key); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("query", func(b *testing.B) {
				number := map[string]string{"SQLite": "?", "PostgreSQL": "$"}[name]
				stmt, err := d.pool(b).PrepareContext(b.Context(), `SELECT contact_id, generation, created_at, updated_at,
					wanted_profile, wanted_access, confirmed_profile, confirmed_access,
					waiting, revision, due_at, attempted_at, failures, reason, token, lease_until, erased_at
					FROM maicontact_contacts WHERE namespace = `+number+`1 AND inbox_id = `+number+`2 AND member = `+number+`3`)
				if err != nil {
					b.Fatal(err)
				}
				defer stmt.Close()
				b.ReportAllocs()
				for b.Loop() {
					var texts [7]sql.NullString
					var numbers [10]sql.NullInt64
					err := stmt.QueryRowContext(b.Context(), key.Namespace, key.InboxID, key.Member).Scan(
						&texts[0], &numbers[0], &numbers[1], &numbers[2], &texts[1], &texts[2], &texts[3], &texts[4],
						&texts[5], &numbers[3], &numbers[4], &numbers[5], &numbers[6], &texts[6], &numbers[7], &numbers[8], &numbers[9])
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// What one change costs: Want, Claim, Attempt, Bind of a new member.
func BenchmarkNewContact(b *testing.B) {
	for name, open := range map[string]func(testing.TB) database{"SQLite": newSQLite, "PostgreSQL": newPostgreSQL} {
		b.Run(name, func(b *testing.B) {
			store := open(b).open(b)
			n := 0
			for b.Loop() {
				n++
				key := newKey(time.Unix(int64(n), 0).UTC().Format(time.RFC3339))
				row := claimed(b, store, key)
				row, err := store.Attempt(b.Context(), row.Claim())
				if err == nil {
					_, err = store.Bind(b.Context(), row.Claim(), idOf(n), row.Wanted)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
