package storetest

import (
	"errors"
	"time"

	"github.com/maicontact/maicontact"
)

func eraseCases() []check {
	// buried is row after Erase.
	buried := func(row maicontact.Contact) maicontact.Contact {
		return maicontact.Contact{
			Key: row.Key, Generation: row.Generation, Created: row.Created, Updated: anyTime(),
			ContactID: row.ContactID, Attempted: row.Attempted,
			Due: anyTime(), Token: anyToken, Erased: anyTime(),
		}
	}
	return []check{
		{"any row", func(f *fixture) {
			for _, row := range []maicontact.Contact{
				f.waiting("waiting"), f.claimed("claimed"), f.attempted("attempted"), f.bound("bound"),
				f.confirmed("confirmed"), f.changing("changing", "Bob", "vip"), f.parked("parked"), f.postponed("postponed"),
				f.again("again"), f.againDue("again due"),
			} {
				got := f.must(f.store.Erase(f.ctx(), row.Key))
				f.equal(got, buried(row))
				f.stored(got)
				f.dueNow(row.Key, true)
				if got.Ready() || got.Parked() {
					f.Errorf("a tombstone is ready %v, parked %v", got.Ready(), got.Parked())
				}
			}
		}},
		{"no row", func(f *fixture) {
			got := f.must(f.store.Erase(f.ctx(), f.key("1")))
			f.equal(got, buried(maicontact.Contact{Key: f.key("1"), Generation: 1, Created: anyTime()}))
			f.stored(got)
			f.dueNow(got.Key, true)
		}},
		{"a tombstone", func(f *fixture) {
			for _, row := range []maicontact.Contact{
				f.tombstone("due"), f.claim(f.tombstone("claimed").Key), f.completed("completed"),
			} {
				f.equal(f.must(f.store.Erase(f.ctx(), row.Key)), row)
				f.stored(row)
			}
		}},
		{"completed", func(f *fixture) {
			row := f.must(f.store.Erase(f.ctx(), f.postponed("1").Key))
			row = f.claim(row.Key)
			row = f.postpone(row, 0, "status 503")
			row = f.claim(row.Key)
			got := f.must(f.store.Erased(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.ContactID, c.Attempted, c.Due, c.LeaseUntil = "", time.Time{}, time.Time{}, time.Time{}
				c.Failures, c.Reason = 0, ""
			}))
			f.stored(got)
			f.dueNow(row.Key, false)
			f.unsettled(0)
		}},
		{"only a tombstone is completed", func(f *fixture) {
			for _, row := range []maicontact.Contact{f.claimed("1"), f.bound("2")} {
				_, err := f.store.Erased(f.ctx(), row.Claim())
				f.refused(row, maicontact.ErrFenced, err)
			}
		}},
		{"the contact is free", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			f.must(f.store.Erased(f.ctx(), row.Claim()))
			other := f.claimed("2")
			want := ended(other)
			want.ContactID = row.ContactID
			f.equal(f.must(f.store.Bind(f.ctx(), other.Claim(), row.ContactID, other.Wanted)), want)
		}},
		{"restore", func(f *fixture) {
			row := f.completed("1")
			got := f.must(f.store.Restore(f.ctx(), row.Key))
			want := changed(row, func(c *maicontact.Contact) {
				c.Generation, c.Erased = 2, time.Time{}
			})
			f.equal(got, want)
			f.stored(got)
			_, err := f.store.Claim(f.ctx(), row.Key, longLease)
			f.refused(got, maicontact.ErrNotDue, err)

			// The revision starts anew, however low.
			w := wanted(profile("Ann", "basic"), -5)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), changed(want, func(c *maicontact.Contact) {
				c.Wanted, c.Since, c.Waiting, c.Revision, c.Due = w.Stamp, anyTime(), &w.Profile, w.Revision, anyTime()
			}))
			f.dueNow(row.Key, true)
		}},
		{"restore what is not erased", func(f *fixture) {
			for _, row := range []maicontact.Contact{
				f.waiting("waiting"), f.confirmed("confirmed"), f.parked("parked"), f.again("again"),
				f.tombstone("tombstone"), f.claim(f.tombstone("claimed").Key),
				f.must(f.store.Restore(f.ctx(), f.completed("restored").Key)),
			} {
				_, err := f.store.Restore(f.ctx(), row.Key)
				f.refused(row, maicontact.ErrNotErased, err)
			}
		}},
		{"restore nothing", func(f *fixture) {
			if _, err := f.store.Restore(f.ctx(), f.key("1")); !errors.Is(err, maicontact.ErrNotFound) {
				f.Errorf("error is %v, want ErrNotFound", err)
			}
			if _, err := f.store.Contact(f.ctx(), f.key("1")); !errors.Is(err, maicontact.ErrNotFound) {
				f.Errorf("there is a row now: %v", err)
			}
		}},
	}
}
