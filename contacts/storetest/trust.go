package storetest

import (
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// trusted puts a new row with that trust.
func (f *fixture) trusted(id string, trust int64) contacts.Row {
	f.Helper()
	row := f.member(id)
	row.Trust = trust
	return f.put(row)
}

func changeOf(row contacts.Row) contacts.Change {
	return contacts.Change{Person: row.Person, Trust: row.Trust}
}

func trustCases() []check {
	return []check{
		{"nothing", func(f *fixture) { f.changes(time.Unix(0, 0)) }},
		{"a new row without", func(f *fixture) {
			row := f.trusted("1", 0)
			f.changes(time.Unix(0, 0))
			row.Failures = 1 // nor when it stays so
			f.put(row)
			f.changes(time.Unix(0, 0))
		}},
		{"a new row with", func(f *fixture) {
			start := f.now()
			row := f.trusted("1", 7)
			f.changes(start, changeOf(row))
		}},
		{"raised", func(f *fixture) {
			row := f.trusted("1", 0)
			since := f.after(f.now())
			row.Trust = 1
			row = f.put(row)
			f.changes(since, changeOf(row))
			since = f.after(f.now())
			f.changes(since)
			row.Trust++
			row = f.put(row)
			f.changes(since, changeOf(row)) // once, with the newest
		}},
		{"any other value counts", func(f *fixture) {
			row := f.trusted("1", 7)
			for _, trust := range []int64{5, -1, 0} {
				since := f.after(f.now())
				row.Trust = trust
				row = f.put(row)
				f.changes(since, changeOf(row))
			}
		}},
		{"the same value does not", func(f *fixture) {
			row := f.trusted("1", 7)
			since := f.after(f.now())
			row.Failures, row.Due, row.Life, row.ContactID = 3, since, contacts.Retired, newID()
			row = f.put(row)
			f.changes(since)
			f.changes(time.Unix(0, 0), changeOf(row))
		}},
		{"stamped with the store's clock, not with a row's time", func(f *fixture) {
			row := f.trusted("1", 0)
			row.Trust, row.Updated, row.Created = 1, row.Created.Add(-time.Hour), row.Created.Add(-time.Hour)
			since := f.now()
			row = f.put(row)
			until := f.after(f.now())
			f.changes(since, changeOf(row))
			f.changes(until)
			row.Trust, row.Updated = 2, until.Add(time.Hour)
			f.put(row)
			f.changes(f.after(f.now()))
		}},
		{"polls that begin where the last one did miss nothing", func(f *fixture) {
			seen := map[contacts.Person]int64{}
			since := f.now()
			row := f.trusted("row", 0)
			for i := range 20 {
				row.Trust++
				row = f.put(row)
				f.trusted(fmt.Sprint(i), int64(i+1))
				got, err := f.store.Changed(f.ctx(), f.scope, since, 100)
				if err != nil || got.Now.Before(since) {
					f.Fatalf("Changed at %v after %v: %v", got.Now, since, err)
				}
				since = got.Now
				for _, change := range got.List {
					seen[change.Person] = max(seen[change.Person], change.Trust)
				}
				if seen[row.Person] != row.Trust || len(seen) != i+2 {
					f.Fatalf("after %d changes: trust %d, want %d; %d persons", i+1, seen[row.Person], row.Trust, len(seen))
				}
			}
		}},
		{"up to limit", func(f *fixture) {
			start := f.now()
			for i := range 5 {
				f.trusted(fmt.Sprint(i), int64(i+1))
			}
			for limit, want := range map[int]int{1: 1, 4: 4, 5: 5, 6: 5} {
				got, err := f.store.Changed(f.ctx(), f.scope, start, limit)
				persons := map[contacts.Person]bool{}
				for _, change := range got.List {
					persons[change.Person] = true
				}
				if err != nil || len(got.List) != want || len(persons) != want || got.More != (limit < 5) {
					f.Errorf("limit %d gives %v, more: %v, %v", limit, got.List, got.More, err)
				}
			}
		}},
		{"a Put that is refused stamps nothing", func(f *fixture) {
			row := f.trusted("member-1", 0)
			other := f.put(f.full("other"))
			since := f.after(f.now())
			row.Trust = 5
			f.refuses(contacts.ErrLate, row, contacts.Guard{NotAfter: since.Add(-time.Second)})
			taken := row
			taken.ContactID = other.ContactID
			f.refuses(contacts.ErrContactTaken, taken, contacts.Guard{})
			stale := row
			stale.Version += 2
			f.refuses(contacts.ErrConflict, stale, contacts.Guard{})
			f.changes(since)
		}},
	}
}
