package databasetest

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

var opened = map[string]func(testing.TB) database{"SQLite": newSQLite, "PostgreSQL": newPostgreSQL, "MariaDB": newMariaDB}

// The lookup through the store next to the plain query of the same columns.
func BenchmarkGet(b *testing.B) {
	for name, open := range opened {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			store := d.open(b)
			p := newPerson("1")
			bound(b, store, p)
			b.Run("store", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := store.Get(b.Context(), p); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("query", func(b *testing.B) {
				stmt, err := d.pool(b).PrepareContext(b.Context(), d.text("SELECT * FROM maicontact_contacts WHERE id = ?")+
					" AND namespace = '"+p.Namespace+"' AND inbox_id = '"+p.InboxID+"' AND kind = '"+p.Kind+"'")
				if err != nil {
					b.Fatal(err)
				}
				defer stmt.Close()
				var columns [35]sql.NullString
				var into []any
				for i := range columns {
					into = append(into, &columns[i])
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := stmt.QueryRowContext(b.Context(), p.ID).Scan(into...); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// What a new member costs: one Get and three Puts.
func BenchmarkNewMember(b *testing.B) {
	for name, open := range opened {
		b.Run(name, func(b *testing.B) {
			store := open(b).open(b)
			n := 0
			for b.Loop() {
				n++
				put(b, store, bind(b, claimed(b, store, newPerson(fmt.Sprint(n))), idOf(n)))
			}
		})
	}
}

// What a poll costs that finds nothing, beside rows that changed before.
func BenchmarkChangedNothing(b *testing.B) {
	for name, open := range opened {
		b.Run(name, func(b *testing.B) {
			store := open(b).open(b)
			for n := range 1000 {
				row := contacts.New(newPerson(fmt.Sprint(n)), time.Now())
				row.Trust = 1
				put(b, store, row)
			}
			for b.Loop() {
				found, err := store.Changed(b.Context(), scope, time.Now().Add(time.Hour), 10)
				if err != nil || len(found.List) > 0 {
					b.Fatal(len(found.List), err)
				}
			}
		})
	}
}
