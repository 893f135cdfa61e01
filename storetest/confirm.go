package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
)

func confirmCases() []check {
	return []check{
		{"what is wanted", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			got := f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0))
			f.equal(got, ended(row))
			f.stored(got)
			f.unsettled(0)
		}},
		{"what was wanted before", func(f *fixture) {
			old, newest := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim())), wanted(profile("Bob", "basic"), 11)
			f.must(f.store.Want(f.ctx(), old.Key, newest))
			row := f.must(f.store.Confirm(f.ctx(), old.Claim(), old.Wanted, 0))
			f.equal(row, changed(old, func(c *maicontact.Contact) {
				c.Wanted, c.Since, c.Waiting, c.Revision = newest.Stamp, anyTime(), &newest.Profile, 11
				c.Confirmed, c.Attempted = old.Wanted, time.Time{}
			}))
			if !row.Ready() {
				f.Error("not ready, although the permissions are the same")
			}
			row = f.must(f.store.Attempt(f.ctx(), old.Claim()))
			f.equal(f.must(f.store.Confirm(f.ctx(), old.Claim(), newest.Stamp, 0)), ended(row))
		}},
		{"a negative again is none", func(f *fixture) {
			for member, again := range map[string]time.Duration{"tiny": -1, "long": -longLease} {
				row := f.must(f.store.Attempt(f.ctx(), f.bound(member).Claim()))
				f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, again)), ended(row))
			}
			f.unsettled(0)
		}},
		{"failures are over", func(f *fixture) {
			row := f.postpone(f.bound("1"), 0, "status 503")
			row = f.claim(row.Key)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)), ended(row))
		}},
		{"after the end of the lease, not taken over", func(f *fixture) {
			row := f.postpone(f.bound("1"), 0, "status 503")
			row = f.expired(row.Key)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)), ended(row))
		}},
		{"without a contact", func(f *fixture) {
			row := f.attempted("1")
			_, err := f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)
			f.refused(row, maicontact.ErrFenced, err)
		}},
		{"a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			_, err := f.store.Confirm(f.ctx(), row.Claim(), maicontact.StampOf(profile("Ann", "basic")), 0)
			f.refused(row, maicontact.ErrFenced, err)
		}},
	}
}

// againCases are about a profile that is confirmed and must be sent once more,
// because an older write may still land after it.
func againCases() []check {
	// waits is row after such a Confirm of what it wants.
	waits := func(row maicontact.Contact) maicontact.Contact {
		return changed(row, func(c *maicontact.Contact) {
			c.Confirmed, c.LeaseUntil, c.Due = c.Wanted, time.Time{}, anyTime()
			c.Failures, c.Reason = 0, ""
		})
	}
	return []check{
		{"what is wanted", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			got := f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease))
			f.equal(got, waits(row))
			f.stored(got)
			if d := got.Due.Sub(row.Attempted); d < longLease || d > longLease+patience {
				f.Errorf("due %v after the attempt", d)
			}
			f.dueNow(row.Key, false)
			f.unsettled(1)
			if !got.Ready() || got.Parked() {
				f.Errorf("ready %v, parked %v", got.Ready(), got.Parked())
			}
		}},
		{"however short or long", func(f *fixture) {
			for member, again := range map[string]time.Duration{
				"tiny": 1, "odd": 1500 * time.Microsecond, "months": 100 * 24 * time.Hour, "longest": 1<<63 - 1,
			} {
				row := f.must(f.store.Attempt(f.ctx(), f.bound(member).Claim()))
				got := f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, again))
				f.equal(got, waits(row))
				if d := got.Due.Sub(row.Attempted); d < again.Truncate(time.Millisecond) {
					f.Errorf("%s: due %v after the attempt, again was %v", member, d, again)
				}
				if again < longLease {
					f.eventually("the time to send again", func() bool { return f.isDue(row.Key) })
				} else {
					f.dueNow(row.Key, false)
				}
			}
		}},
		{"the time is kept", func(f *fixture) {
			const again = 5 * shortLease
			row, start := f.bound("1"), time.Now()
			f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, again))
			f.eventually("the time to send again", func() bool {
				_, err := f.store.Claim(f.ctx(), row.Key, longLease)
				return err == nil
			})
			if d := time.Since(start); d < again-2*time.Millisecond {
				f.Errorf("due after %v, again was %v", d, again)
			}
		}},
		{"without an attempt", func(f *fixture) {
			row := f.bound("1")
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease)), waits(row))
		}},
		{"what was wanted before", func(f *fixture) {
			old, newest := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim())), wanted(profile("Bob", "vip"), 11)
			f.must(f.store.Want(f.ctx(), old.Key, newest))
			row := f.must(f.store.Confirm(f.ctx(), old.Claim(), old.Wanted, 2*longLease))
			f.equal(row, changed(old, func(c *maicontact.Contact) {
				c.Wanted, c.Since, c.Waiting, c.Revision = newest.Stamp, anyTime(), &newest.Profile, 11
				c.Confirmed = old.Wanted
			}))
			f.stored(row)
			if row.Ready() {
				f.Error("ready with the permissions of before")
			}
			// The claim is as good as before.
			row = f.must(f.store.Attempt(f.ctx(), old.Claim()))
			f.equal(f.must(f.store.Confirm(f.ctx(), old.Claim(), newest.Stamp, longLease)), waits(row))
		}},
		{"half of what is wanted", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			for _, half := range []maicontact.Stamp{{Profile: row.Wanted.Profile}, {Access: row.Wanted.Access}} {
				f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), half, 2*longLease)), changed(row, func(c *maicontact.Contact) {
					c.Confirmed = half
				}))
			}
		}},
		{"failures are over", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			row = f.postpone(row, 0, "status 503")
			row = f.claim(row.Key)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease)), waits(row))
		}},
		{"after the end of the lease, not taken over", func(f *fixture) {
			row := f.postpone(f.bound("1"), 0, "status 503")
			row = f.expired(row.Key)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease)), waits(row))
			f.dueNow(row.Key, false)
		}},
		{"and again", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			row = f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, shortLease))
			f.eventually("the time to send again", func() bool { return f.isDue(row.Key) })
			row = f.claim(row.Key)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)), ended(row))
			f.unsettled(0)
		}},
		{"the contact is found again meanwhile", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), row.ContactID, row.Wanted)), ended(row))
		}},
		{"without a contact", func(f *fixture) {
			row := f.attempted("1")
			_, err := f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, longLease)
			f.refused(row, maicontact.ErrFenced, err)
		}},
		{"a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			_, err := f.store.Confirm(f.ctx(), row.Claim(), maicontact.StampOf(profile("Ann", "basic")), longLease)
			f.refused(row, maicontact.ErrFenced, err)
		}},
	}
}
