package storetest

import (
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// guardCases are about the versions and the times at which a Put is refused. A
// Put that is refused leaves the row as it is.
func guardCases() []check {
	none := contacts.Guard{}
	return []check{
		{"a stale version", func(f *fixture) {
			old := f.put(f.full("member-1"))
			row := f.put(old)
			f.refuses(contacts.ErrConflict, old, none)
			f.stored(row)
		}},
		{"a version that is one more", func(f *fixture) {
			row := f.put(f.full("member-1"))
			next := row
			next.Version++
			f.refuses(contacts.ErrConflict, next, none)
			f.stored(row)
		}},
		{"a new row where there is one", func(f *fixture) {
			row := f.put(f.full("member-1"))
			f.refuses(contacts.ErrConflict, f.member("member-1"), none)
			f.stored(row)
		}},
		{"a version where there is no row", func(f *fixture) {
			row := f.full("member-1")
			row.Version = 42
			f.refuses(contacts.ErrConflict, row, none)
			f.missing(row.Person)
		}},
		{"in time", func(f *fixture) {
			row := f.member("1")
			for range 2 { // new, and changed
				put, err := f.store.Put(f.ctx(), row, contacts.Guard{NotAfter: f.now().Add(time.Hour)})
				if err != nil {
					f.Fatal(err)
				}
				f.checkPut(row, put)
				row = put
			}
		}},
		{"too late", func(f *fixture) {
			row := f.put(f.member("member-1"))
			next := f.full("member-1")
			next.Version = row.Version
			before := f.changes(row.Created)
			for _, ago := range []time.Duration{time.Millisecond, time.Second, 24 * time.Hour} {
				past := f.now().Add(-ago)
				f.after(past)
				f.refuses(contacts.ErrLate, next, contacts.Guard{NotAfter: past})
				f.stored(row)
			}
			f.changes(before) // its trust was not stamped
			f.dues()
			f.put(next) // and without the guard it is taken
		}},
		{"too late for a new row", func(f *fixture) {
			row := f.full("member-1")
			f.refuses(contacts.ErrLate, row, contacts.Guard{NotAfter: f.now().Add(-time.Second)})
			f.missing(row.Person)
			f.counts(contacts.Counts{})
			if _, err := f.store.ByContact(f.ctx(), row.InboxID, row.ContactID); err == nil {
				f.Error("the contact is taken")
			}
		}},
		{"when the time is over", func(f *fixture) {
			row := f.put(f.member("member-1"))
			until := f.now().Add(50 * time.Millisecond)
			guard := contacts.Guard{NotAfter: until}
			for puts := 0; ; puts++ {
				before := f.now()
				next, err := f.store.Put(f.ctx(), row, guard)
				if err == nil {
					if before.After(until) {
						f.Fatalf("put after %v, the time was over at %v", before, until)
					}
					row = next
					continue
				}
				f.failed(contacts.ErrLate, err, row)
				if now := f.now(); !now.After(until) {
					f.Errorf("too late at %v, and the time is over at %v", now, until)
				}
				break
			}
			f.stored(row)
		}},
	}
}
