package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
)

// ended is row with its claim ended and nothing more to do.
func ended(row maicontact.Contact) maicontact.Contact {
	return changed(row, func(c *maicontact.Contact) {
		c.Confirmed, c.Waiting = c.Wanted, nil
		c.Due, c.LeaseUntil, c.Attempted = time.Time{}, time.Time{}, time.Time{}
		c.Failures, c.Reason, c.Held = 0, "", 0
	})
}

func bindCases() []check {
	return []check{
		{"with what is wanted", func(f *fixture) {
			row, id := f.attempted("1"), newID()
			got := f.must(f.store.Bind(f.ctx(), row.Claim(), id, row.Wanted))
			want := ended(row)
			want.ContactID = id
			f.equal(got, want)
			f.stored(got)
			f.unsettled(0)
			if !got.Ready() {
				f.Error("not ready")
			}
		}},
		{"with nothing known", func(f *fixture) {
			row, id := f.attempted("1"), newID()
			got := f.must(f.store.Bind(f.ctx(), row.Claim(), id, maicontact.Stamp{}))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.ContactID, c.Attempted = id, time.Time{}
			}))
			f.stored(got)
			if got.Ready() {
				f.Error("ready, and nothing is confirmed")
			}
			f.equal(f.must(f.store.Attempt(f.ctx(), row.Claim())), changed(got, func(c *maicontact.Contact) {
				c.Attempted = anyTime()
			}))
		}},
		{"with what was wanted before", func(f *fixture) {
			old, id, newest := f.attempted("1"), newID(), wanted(profile("Ann", "vip"), 11)
			row := f.must(f.store.Want(f.ctx(), old.Key, newest))
			got := f.must(f.store.Bind(f.ctx(), old.Claim(), id, old.Wanted))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.ContactID, c.Confirmed, c.Attempted = id, old.Wanted, time.Time{}
			}))
			if got.Ready() {
				f.Error("ready with the permissions of before")
			}
		}},
		{"failures are over", func(f *fixture) {
			row := f.attempted("1")
			row.Held = 2
			row = f.postpone(row, 0, "status 503")
			row = f.claim(row.Key)
			want, id := ended(row), newID()
			want.ContactID = id
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), id, row.Wanted)), want)
		}},
		{"after the end of the lease, not taken over", func(f *fixture) {
			row, id := f.expired(f.waiting("1").Key), newID()
			want := ended(row)
			want.ContactID = id
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), id, row.Wanted)), want)
		}},
		{"a contact of another member", func(f *fixture) {
			row := f.claimed("row")
			for _, owner := range []maicontact.Contact{f.confirmed("confirmed"), f.bound("bound"), f.tombstone("tombstone")} {
				_, err := f.store.Bind(f.ctx(), row.Claim(), owner.ContactID, row.Wanted)
				f.refused(row, maicontact.ErrContactTaken, err)
				f.stored(owner)
			}
		}},
		{"a contact of another namespace", func(f *fixture) {
			other := *f
			other.namespace += "-b"
			owner, row := other.confirmed("1"), f.claimed("1")
			_, err := f.store.Bind(f.ctx(), row.Claim(), owner.ContactID, row.Wanted)
			f.refused(row, maicontact.ErrContactTaken, err)
		}},
		{"the same id in another inbox", func(f *fixture) {
			other := *f
			other.inbox = string(newID())
			owner, row := other.confirmed("1"), f.claimed("1")
			want := ended(row)
			want.ContactID = owner.ContactID
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), owner.ContactID, row.Wanted)), want)
			f.stored(owner)
		}},
		{"the same contact again", func(f *fixture) {
			row := f.bound("1")
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), row.ContactID, row.Wanted)), ended(row))
		}},
		{"never another contact", func(f *fixture) {
			row := f.bound("1")
			_, err := f.store.Bind(f.ctx(), row.Claim(), newID(), row.Wanted)
			f.refused(row, maicontact.ErrFenced, err)
		}},
		{"no contact", func(f *fixture) {
			row := f.claimed("1")
			if _, err := f.store.Bind(f.ctx(), row.Claim(), "", row.Wanted); err == nil {
				f.Error("no error")
			}
			f.stored(row)
		}},
		{"a tombstone", func(f *fixture) {
			row := f.claim(f.must(f.store.Erase(f.ctx(), f.key("1"))).Key)
			_, err := f.store.Bind(f.ctx(), row.Claim(), newID(), maicontact.Stamp{})
			f.refused(row, maicontact.ErrFenced, err)
		}},
	}
}
