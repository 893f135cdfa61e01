package storetest

import (
	"context"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func timeCases() []check {
	return []check{
		{"the clock", func(f *fixture) {
			row := f.put(f.member("1"))
			last := f.now()
			for range 20 {
				_, now, err := f.store.Get(f.ctx(), row.Person)
				if err != nil || now.Before(last) || now.Location() != time.UTC {
					f.Fatalf("the clock is %v after %v, %v", now, last, err)
				}
				last = now
			}
			f.after(last)
		}},
		{"when the time of a Put is over", func(f *fixture) {
			row := f.put(f.member("member-1"))
			until := f.now().Add(50 * time.Millisecond)
			for {
				before := f.now()
				next, err := f.tryPut(row, contacts.Guard{NotAfter: until})
				if err != nil {
					f.failed(row, err, contacts.ErrLate)
					if now := f.now(); !now.After(until) {
						f.Errorf("too late at %v, and the time is over at %v", now, until)
					}
					break
				}
				if row = next; before.After(until) {
					f.Fatalf("put after %v, the time was over at %v", before, until)
				}
			}
			f.check()
		}},
		{"what was put off comes", func(f *fixture) {
			due := f.member("due")
			due.Due = due.Created.Add(40 * time.Millisecond)
			f.comes("Due", due, due.Due, f.store.Due)
			visitor := f.visitor("expires")
			visitor.Expires = visitor.Created.Add(40 * time.Millisecond)
			f.comes("Expired", visitor, visitor.Expires, f.store.Expired)
			f.check()
		}},
	}
}

// comes checks that a row is listed from that time on, and not before.
func (f *fixture) comes(what string, row contacts.Row, at time.Time, list func(context.Context, contacts.Scope, int) ([]contacts.Person, error)) {
	f.Helper()
	f.put(row)
	for {
		before := f.now()
		got, err := list(f.ctx(), f.scope, 10)
		after := f.now()
		switch {
		case err != nil:
			f.Fatal(err)
		case len(got) > 0 && after.Before(at):
			f.Fatalf("%s lists at %v whose time comes at %v", what, after, at)
		case len(got) > 0:
			return
		case before.After(at):
			f.Fatalf("%s does not list at %v whose time came at %v", what, before, at)
		}
	}
}
