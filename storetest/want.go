package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
)

func wantCases() []check {
	ann, bob, vip := profile("Ann", "basic"), profile("Bob", "basic"), profile("Ann", "vip")
	// replaced is row once it wants w.
	replaced := func(row maicontact.Contact, w maicontact.Wanted) maicontact.Contact {
		return changed(row, func(c *maicontact.Contact) {
			c.Wanted, c.Waiting, c.Revision = w.Stamp, &w.Profile, w.Revision
			c.Since, c.Failures, c.Reason, c.Due = anyTime(), 0, "", anyTime()
		})
	}
	return []check{
		{"another profile replaces", func(f *fixture) {
			row, w := f.waiting("1"), wanted(bob, 11)
			got := f.must(f.store.Want(f.ctx(), row.Key, w))
			f.equal(got, replaced(row, w))
			f.stored(got)
		}},
		{"another profile with the same revision replaces", func(f *fixture) {
			row, w := f.waiting("1"), wanted(bob, 10)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), replaced(row, w))
		}},
		{"a lower revision changes nothing", func(f *fixture) {
			row := f.waiting("1")
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(bob, 9))), row)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 9))), row)
			f.stored(row)
		}},
		{"an equal profile raises the revision only", func(f *fixture) {
			for i, row := range []maicontact.Contact{
				f.waiting("waiting"), f.postponed("postponed"), f.parked("parked"), f.attempted("attempted"), f.confirmed("confirmed"),
				f.again("again"), f.againDue("again due"),
			} {
				row.Revision += int64(i) // the first: nothing at all
				f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, row.Revision))), row)
				f.stored(row)
			}
		}},
		{"a postponed row is due at once", func(f *fixture) {
			row, w := f.postponed("1"), wanted(bob, 11)
			f.dueNow(row.Key, false)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), replaced(row, w))
			f.dueNow(row.Key, true)
		}},
		{"a parked row is free", func(f *fixture) {
			row, w := f.parked("1"), wanted(bob, 11)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), replaced(row, w))
			f.dueNow(row.Key, true)
			f.claim(row.Key)
		}},
		{"a claimed row is due at the end of the lease", func(f *fixture) {
			row, w := f.attempted("1"), wanted(bob, 11)
			want := replaced(row, w)
			want.Due = row.LeaseUntil
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), want)
			f.dueNow(row.Key, false)
			// The claim is as good as before, and gets the newest.
			f.equal(f.must(f.store.Attempt(f.ctx(), row.Claim())), changed(want, func(c *maicontact.Contact) {
				c.Attempted = anyTime()
			}))
		}},
		{"a row whose lease has run out is due at once", func(f *fixture) {
			row, w := f.expired(f.waiting("1").Key), wanted(bob, 11)
			got := f.must(f.store.Want(f.ctx(), row.Key, w))
			want := changed(row, func(c *maicontact.Contact) {
				c.Wanted, c.Since, c.Waiting, c.Revision, c.Due = w.Stamp, anyTime(), &w.Profile, w.Revision, anyTime()
			})
			f.equal(got, want)
			f.dueNow(row.Key, true)
		}},
		{"what is confirmed need not be sent", func(f *fixture) {
			row := f.confirmed("1")
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(bob, 11))), replaced(row, wanted(bob, 11)))
			f.unsettled(1)
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 12))), changed(row, func(c *maicontact.Contact) {
				c.Since, c.Revision = anyTime(), 12
			}))
			f.dueNow(row.Key, false)
			f.unsettled(0)
		}},
		{"what is confirmed need not be sent, and a claim ends", func(f *fixture) {
			row := f.changing("1", "Bob", "basic")
			got := f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 12)))
			want := changed(row, func(c *maicontact.Contact) {
				c.Wanted, c.Since, c.Waiting, c.Revision = c.Confirmed, anyTime(), nil, 12
				c.Due, c.LeaseUntil = time.Time{}, time.Time{}
			})
			f.equal(got, want)
			_, err := f.store.Attempt(f.ctx(), row.Claim())
			f.refused(got, maicontact.ErrFenced, err)
		}},
		{"what was confirmed before an attempt must be sent", func(f *fixture) {
			row := f.changing("1", "Bob", "basic")
			row = f.must(f.store.Attempt(f.ctx(), row.Claim()))
			want := replaced(row, wanted(ann, 12))
			want.Due = row.LeaseUntil
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 12))), want)
		}},
		{"what is confirmed must be sent while another write may land", func(f *fixture) {
			row := f.again("1")
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(bob, 11))), replaced(row, wanted(bob, 11)))
			f.dueNow(row.Key, true)
			got := f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 12)))
			f.equal(got, replaced(row, wanted(ann, 12)))
			f.stored(got)
			f.dueNow(row.Key, true)
			f.unsettled(1)
		}},
		{"what is confirmed must be sent while another write may land, and a claim goes on", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			f.must(f.store.Want(f.ctx(), row.Key, wanted(bob, 11)))
			row = f.must(f.store.Confirm(f.ctx(), row.Claim(), maicontact.StampOf(ann), longLease))
			want := replaced(row, wanted(ann, 12))
			want.Due = row.LeaseUntil
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(ann, 12))), want)
			f.equal(f.must(f.store.Confirm(f.ctx(), row.Claim(), want.Wanted, 0)), ended(want))
		}},
		{"since when", func(f *fixture) {
			clock := *f // rows elsewhere tell the store's time
			clock.namespace += "-clock"
			row := f.waiting("1")
			if row.Since.Before(row.Created) || row.Since.After(row.Updated) {
				f.Errorf("wanted since %v, made %v", row.Since, row.Created)
			}
			for i, w := range []maicontact.Wanted{wanted(bob, 11), wanted(vip, 12), wanted(ann, 12)} {
				f.eventually("the next millisecond", func() bool {
					return clock.waiting(randomHex(4)).Created.After(row.Since)
				})
				next := f.must(f.store.Want(f.ctx(), row.Key, w))
				if !next.Since.After(row.Since) || next.Since.After(next.Updated) {
					f.Errorf("step %d: wanted since %v after %v, updated %v", i, next.Since, row.Since, next.Updated)
				}
				row = next
			}
		}},
		{"permissions make the difference between bound and ready", func(f *fixture) {
			row := f.confirmed("1")
			for i, step := range []struct {
				want  maicontact.Wanted
				ready bool
			}{{wanted(bob, 11), true}, {wanted(vip, 12), false}, {wanted(bob, 13), true}} {
				if row = f.must(f.store.Want(f.ctx(), row.Key, step.want)); row.Ready() != step.ready {
					f.Errorf("step %d: ready is %v", i, row.Ready())
				}
			}
		}},
		{"an attempt stays", func(f *fixture) {
			row, w := f.postponed("1"), wanted(vip, 11)
			if row.Attempted.IsZero() {
				f.Fatal("no attempt to begin with")
			}
			f.equal(f.must(f.store.Want(f.ctx(), row.Key, w)), replaced(row, w))
		}},
		{"a tombstone stays", func(f *fixture) {
			for _, row := range []maicontact.Contact{f.tombstone("1"), f.completed("2")} {
				f.equal(f.must(f.store.Want(f.ctx(), row.Key, wanted(bob, 99))), row)
				f.stored(row)
			}
		}},
		{"an unknown fingerprint is an error", func(f *fixture) {
			row := f.confirmed("1")
			for _, stamp := range []maicontact.Stamp{{}, {Profile: "p"}, {Access: "a"}} {
				_, err := f.store.Want(f.ctx(), row.Key, maicontact.Wanted{Profile: bob, Stamp: stamp, Revision: 99})
				if err == nil {
					f.Errorf("no error for %+v", stamp)
				}
				f.stored(row)
			}
		}},
	}
}
