package storetest

import (
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// expiring puts the row of a visitor that expires so long from now.
func (f *fixture) expiring(key string, in time.Duration, edit func(*contacts.Row)) contacts.Row {
	f.Helper()
	row := f.visitor(key)
	row.Expires = row.Created.Add(in)
	edit(&row)
	return f.put(row)
}

func asItIs(*contacts.Row) {}

// remove deletes a row that must go.
func (f *fixture) remove(row contacts.Row) {
	f.Helper()
	if err := f.store.Delete(f.ctx(), row); err != nil {
		f.Fatalf("Delete: %v", err)
	}
	f.missing(row.Person)
}

func expiredCases() []check {
	return []check{
		{"what has expired and what has not", func(f *fixture) {
			quiet := []contacts.Person{
				f.expiring("live", -time.Second, func(r *contacts.Row) { r.ContactID = newID() }).Person,
				f.expiring("retired", 0, func(r *contacts.Row) { r.Life = contacts.Retired }).Person,
				f.expiring("erased", -time.Hour, func(r *contacts.Row) { r.Life = contacts.Erased }).Person,
				f.expiring("doubt that is over", -time.Hour, func(r *contacts.Row) { r.DoubtUntil = r.Created }).Person,
			}
			f.expiring("later", time.Hour, asItIs)
			f.expiring("due", -time.Hour, func(r *contacts.Row) { r.Due = r.Created })
			f.expiring("due later", -time.Hour, func(r *contacts.Row) { r.Due = r.Created.Add(time.Hour) })
			f.expiring("in doubt", -time.Hour, func(r *contacts.Row) { r.DoubtUntil = r.Created.Add(time.Hour) })
			f.put(f.visitor("never"))
			f.put(f.member("never"))
			f.expireds(quiet...)
			for _, p := range quiet {
				row, now, err := f.store.Get(f.ctx(), p)
				if err != nil || !row.IsQuiet(now) {
					f.Errorf("%v is not quiet: %v", p, err)
				}
			}
		}},
		{"up to limit", func(f *fixture) {
			for i := range 5 {
				f.expiring(fmt.Sprint(i), -time.Second, asItIs)
			}
			for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 5: 5, 6: 5} {
				for range 2 { // asking takes nothing away
					got, err := f.store.Expired(f.ctx(), f.scope, limit)
					if len(got) != want || err != nil {
						f.Errorf("limit %d gives %v, %v", limit, got, err)
					}
				}
			}
		}},
		{"extended", func(f *fixture) {
			row := f.expiring("1", -time.Second, asItIs)
			f.expireds(row.Person)
			row.Expires = row.Created.Add(time.Hour)
			f.put(row)
			f.expireds()
		}},
		{"when the time has come", func(f *fixture) {
			row := f.expiring("1", 30*time.Millisecond, asItIs)
			f.after(row.Expires)
			f.expireds(row.Person)
		}},
	}
}

func deleteCases() []check {
	return []check{
		{"this version", func(f *fixture) {
			row, other := f.full("member-1"), f.put(f.member("other"))
			row.Due, row.Trust = f.now(), 7
			row = f.put(row)
			f.remove(row)
			f.nobodyHas(row.ContactID)
			f.dues()
			f.changes(time.Unix(0, 0))
			f.counts(contacts.Counts{Members: 1})
			f.stored(other)
			f.refuses(contacts.ErrConflict, row, contacts.Guard{})
		}},
		{"and made anew", func(f *fixture) {
			row := f.full("member-1")
			for range 3 {
				row.Version, row.Due, row.Trust = 0, f.now(), 7
				row = f.put(row)
				f.dues(row.Person)
				f.has(row.ContactID, row)
				f.changes(time.Unix(0, 0), contacts.Change{Person: row.Person, Trust: 7})
				f.remove(row)
			}
		}},
		{"the contact is free", func(f *fixture) {
			row := f.put(f.full("1"))
			f.remove(row)
			next := f.full("2")
			next.ContactID = row.ContactID
			next = f.put(next)
			f.has(row.ContactID, next)
		}},
		{"another version", func(f *fixture) {
			old := f.put(f.full("member-1"))
			row := f.put(old)
			fresh := f.member("member-1")
			for _, not := range []contacts.Row{old, fresh} {
				f.failed(contacts.ErrConflict, f.store.Delete(f.ctx(), not), not)
				f.stored(row)
			}
		}},
		{"twice", func(f *fixture) {
			row := f.put(f.full("member-1"))
			f.remove(row)
			f.failed(contacts.ErrConflict, f.store.Delete(f.ctx(), row), row)
		}},
		{"no row", func(f *fixture) {
			row := f.full("member-1")
			f.failed(contacts.ErrConflict, f.store.Delete(f.ctx(), row), row)
		}},
	}
}
