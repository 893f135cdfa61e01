package storetest

import "github.com/maicontact/maicontact"

func attemptCases() []check {
	return []check{
		{"without a contact", func(f *fixture) {
			row := f.claimed("1")
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) { c.Attempted = anyTime() }))
			f.stored(got)
		}},
		{"other permissions", func(f *fixture) {
			row := f.changing("1", "Ann", "vip")
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Attempted, c.Confirmed = anyTime(), maicontact.Stamp{}
			}))
			if got.Ready() {
				f.Error("ready while nobody knows the permissions")
			}
		}},
		{"the same permissions", func(f *fixture) {
			row := f.changing("1", "Bob", "basic")
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Attempted, c.Confirmed.Profile = anyTime(), ""
			}))
			if !got.Ready() {
				f.Error("not ready although the permissions are the same")
			}
		}},
		{"again", func(f *fixture) {
			row := f.attempted("1")
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) { c.Attempted = anyTime() }))
			if got.Attempted.Before(row.Attempted) {
				f.Errorf("attempted %v after %v", got.Attempted, row.Attempted)
			}
		}},
		{"a profile that is sent once more", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Attempted, c.Confirmed.Profile = anyTime(), ""
			}))
			if !got.Ready() {
				f.Error("not ready although the permissions are the same")
			}
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)), ended(got))
		}},
		{"the newest profile", func(f *fixture) {
			row, newest := f.claimed("1"), wanted(profile("Bob", "vip"), 11)
			f.must(f.store.Want(f.ctx(), row.Key, newest))
			got := f.must(f.store.Attempt(f.ctx(), row.Claim()))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Attempted, c.Wanted, c.Waiting, c.Revision = anyTime(), newest.Stamp, &newest.Profile, 11
				c.Since = anyTime()
			}))
		}},
		{"a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			f.equal(f.must(f.store.Attempt(f.ctx(), row.Claim())), changed(row, func(c *maicontact.Contact) {
				c.Attempted = anyTime()
			}))
		}},
		{"after the end of the lease", func(f *fixture) {
			row := f.expired(f.waiting("1").Key)
			_, err := f.store.Attempt(f.ctx(), row.Claim())
			f.refused(row, maicontact.ErrFenced, err)
		}},
	}
}
