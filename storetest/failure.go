package storetest

import (
	"time"

	"github.com/maicontact/maicontact"
)

func failureCases() []check {
	// later is row after Postpone.
	later := func(row maicontact.Contact, failures int, reason string) maicontact.Contact {
		return changed(row, func(c *maicontact.Contact) {
			c.Due, c.LeaseUntil, c.Failures, c.Reason = anyTime(), time.Time{}, failures, reason
		})
	}
	return []check{
		{"postpone", func(f *fixture) {
			row := f.attempted("1")
			got := f.postpone(row, longLease, "status 503")
			f.equal(got, later(row, 1, "status 503"))
			f.stored(got)
			if d := got.Due.Sub(row.Attempted); d < longLease || d > longLease+patience {
				f.Errorf("due %v after the attempt", d)
			}
			f.dueNow(row.Key, false)
			f.unsettled(1)
		}},
		{"postpone again and again", func(f *fixture) {
			row := f.attempted("1")
			for i, reason := range []string{"status 503", "status 429", ""} {
				row = f.postpone(row, time.Duration(-i), reason)
				f.equal(row, changed(row, func(c *maicontact.Contact) { c.Failures, c.Reason = i+1, reason }))
				f.dueNow(row.Key, true)
				row = f.claim(row.Key)
			}
		}},
		{"postpone says what is in doubt", func(f *fixture) {
			row := f.attempted("1")
			for _, doubt := range []maicontact.Failure{
				{Attempted: row.Attempted.Add(-55*time.Second + 400*time.Microsecond), Held: 3},
				{Attempted: row.Attempted.Add(time.Hour), Held: 4},
				{Held: 0},
			} {
				got := f.must(f.store.Postpone(f.ctx(), row.Claim(), doubt))
				f.equal(got, changed(row, func(c *maicontact.Contact) {
					c.Failures++
					c.Held, c.Attempted = doubt.Held, time.Time{}
					if !doubt.Attempted.IsZero() {
						c.Attempted = time.UnixMilli(doubt.Attempted.UnixMilli()).UTC()
					}
					c.Due, c.LeaseUntil = anyTime(), time.Time{}
				}))
				f.stored(got)
				row = f.claim(row.Key)
			}
		}},
		{"postpone is kept", func(f *fixture) {
			const delay = 5 * shortLease
			row, start := f.claimed("1"), time.Now()
			f.postpone(row, delay, "status 503")
			f.eventually("the end of the delay", func() bool {
				_, err := f.store.Claim(f.ctx(), row.Key, longLease)
				return err == nil
			})
			if d := time.Since(start); d < delay-2*time.Millisecond {
				f.Errorf("due after %v, the delay was %v", d, delay)
			}
		}},
		{"postpone a row that has another profile by now", func(f *fixture) {
			row := f.attempted("1")
			row = f.must(f.store.Want(f.ctx(), row.Key, wanted(profile("Bob", "vip"), 11)))
			f.equal(f.postpone(row, longLease, "status 503"), later(row, 1, "status 503"))
			f.dueNow(row.Key, false)
		}},
		{"postpone a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			f.equal(f.postpone(row, longLease, "status 503"), later(row, 1, "status 503"))
		}},
		{"park", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			got := f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "name: too long", time.Time{}))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Due, c.LeaseUntil, c.Attempted, c.Reason = time.Time{}, time.Time{}, time.Time{}, "name: too long"
			}))
			f.stored(got)
			if !got.Parked() {
				f.Error("not parked")
			}
			f.dueNow(row.Key, false)
			f.unsettled(0)
		}},
		{"park without a contact", func(f *fixture) {
			row := f.attempted("1")
			f.equal(f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "name", time.Time{})), changed(row, func(c *maicontact.Contact) {
				c.Due, c.LeaseUntil, c.Attempted, c.Reason = time.Time{}, time.Time{}, time.Time{}, "name"
			}))
		}},
		{"park says what is in doubt", func(f *fixture) {
			row := f.must(f.store.Attempt(f.ctx(), f.bound("1").Claim()))
			before := row.Attempted.Add(-20*time.Second + 400*time.Microsecond)
			got := f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "name", before))
			want := changed(row, func(c *maicontact.Contact) {
				c.Attempted = time.UnixMilli(before.UnixMilli()).UTC()
				c.Due, c.LeaseUntil, c.Reason = time.Time{}, time.Time{}, "name"
			})
			f.equal(got, want)
			f.stored(got)
			// The claim for another profile finds it.
			f.must(f.store.Want(f.ctx(), row.Key, wanted(profile("Bob", "vip"), 11)))
			if row = f.claim(row.Key); !row.Attempted.Equal(want.Attempted) {
				f.Errorf("attempted %v, want %v", row.Attempted, want.Attempted)
			}
		}},
		{"park a profile that is sent once more", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			row = f.must(f.store.Attempt(f.ctx(), row.Claim()))
			got := f.must(f.store.Park(f.ctx(), row.Claim(), row.Wanted, "name", time.Time{}))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Due, c.LeaseUntil, c.Attempted, c.Reason = time.Time{}, time.Time{}, time.Time{}, "name"
			}))
			if !got.Parked() {
				f.Error("not parked")
			}
			f.unsettled(0)
		}},
		{"postpone a profile that is sent once more", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			f.equal(f.postpone(row, longLease, "status 503"), later(row, 1, "status 503"))
			f.unsettled(1)
		}},
		{"park a profile that is no longer wanted", func(f *fixture) {
			for member, refused := range map[string]maicontact.Stamp{
				"older":   maicontact.StampOf(profile("Ann", "basic")),
				"half":    {Profile: maicontact.StampOf(profile("Bob", "vip")).Profile},
				"unknown": {},
			} {
				row := f.attempted(member)
				row = f.must(f.store.Want(f.ctx(), row.Key, wanted(profile("Bob", "vip"), 11)))
				got := f.must(f.store.Park(f.ctx(), row.Claim(), refused, "name", time.Time{}))
				f.equal(got, changed(row, func(c *maicontact.Contact) {
					c.Due, c.LeaseUntil, c.Attempted, c.Reason = anyTime(), time.Time{}, time.Time{}, "name"
				}))
				f.dueNow(row.Key, true)
			}
		}},
		{"park a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			_, err := f.store.Park(f.ctx(), row.Claim(), maicontact.Stamp{}, "status 400", time.Time{})
			f.refused(row, maicontact.ErrFenced, err)
		}},
		{"odd reasons do no harm", func(f *fixture) {
			for i, reason := range []string{"NUL \x00", "half a rune \xe6", "'; --", string(make([]byte, 10_000))} {
				row := f.claimed("postponed" + string(rune('0'+i)))
				row = f.postpone(row, 0, reason)
				row = f.must(f.store.Park(f.ctx(), f.claim(row.Key).Claim(), row.Wanted, reason, time.Time{}))
				if !row.Parked() {
					f.Errorf("not parked with %.10q", reason)
				}
			}
		}},
	}
}

func regenerateCases() []check {
	next := func(row maicontact.Contact) maicontact.Contact {
		return changed(row, func(c *maicontact.Contact) {
			c.ContactID, c.Confirmed, c.Attempted = "", maicontact.Stamp{}, time.Time{}
			c.Generation++
		})
	}
	return []check{
		{"a bound row", func(f *fixture) {
			row := f.changing("1", "Bob", "basic")
			row = f.must(f.store.Attempt(f.ctx(), row.Claim()))
			got := f.must(f.store.Regenerate(f.ctx(), row.Claim()))
			f.equal(got, next(row))
			f.stored(got)
			if got.Ready() {
				f.Error("ready without a contact")
			}
			want, id := ended(got), newID()
			want.ContactID = id
			f.equal(f.must(f.store.Bind(f.ctx(), row.Claim(), id, got.Wanted)), want)
		}},
		{"a row that is sent once more", func(f *fixture) {
			row := f.claim(f.againDue("1").Key)
			got := f.must(f.store.Regenerate(f.ctx(), row.Claim()))
			f.equal(got, next(row))
			if got.Waiting == nil {
				f.Error("there is no profile for the next contact")
			}
		}},
		{"a row without a contact", func(f *fixture) {
			row := f.attempted("1")
			row.Held = 3
			row = f.claim(f.postpone(row, 0, "held").Key)
			f.equal(f.must(f.store.Regenerate(f.ctx(), row.Claim())), next(row))
		}},
		{"the old contact is free", func(f *fixture) {
			row, other := f.bound("1"), f.claimed("2")
			f.must(f.store.Regenerate(f.ctx(), row.Claim()))
			want := ended(other)
			want.ContactID = row.ContactID
			f.equal(f.must(f.store.Bind(f.ctx(), other.Claim(), row.ContactID, other.Wanted)), want)
		}},
		{"a tombstone", func(f *fixture) {
			row := f.claim(f.tombstone("1").Key)
			_, err := f.store.Regenerate(f.ctx(), row.Claim())
			f.refused(row, maicontact.ErrFenced, err)
		}},
	}
}
