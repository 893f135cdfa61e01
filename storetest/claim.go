package storetest

import (
	"errors"
	"time"

	"github.com/maicontact/maicontact"
)

func claimCases() []check {
	return []check{
		{"a due row", func(f *fixture) {
			row := f.waiting("1")
			got := f.must(f.store.Claim(f.ctx(), row.Key, longLease))
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Token, c.LeaseUntil, c.Due = anyToken, anyTime(), got.LeaseUntil
			}))
			f.stored(got)
			if got.Token <= row.Token {
				f.Errorf("token %d after %d", got.Token, row.Token)
			}
			if d := got.LeaseUntil.Sub(row.Due); d < longLease || d > longLease+patience {
				f.Errorf("the lease ends %v after the row was due", d)
			}
			f.dueNow(row.Key, false)
			f.unsettled(1)
		}},
		{"a due tombstone", func(f *fixture) {
			row := f.tombstone("1")
			got := f.claim(row.Key)
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Token, c.LeaseUntil, c.Due = anyToken, anyTime(), got.LeaseUntil
			}))
		}},
		{"a row that is due to be sent again", func(f *fixture) {
			row := f.againDue("1")
			got := f.claim(row.Key)
			f.equal(got, changed(row, func(c *maicontact.Contact) {
				c.Token, c.LeaseUntil, c.Due = anyToken, anyTime(), got.LeaseUntil
			}))
			f.dueNow(row.Key, false)
		}},
		{"no row", func(f *fixture) {
			if _, err := f.store.Claim(f.ctx(), f.key("nobody"), longLease); !errors.Is(err, maicontact.ErrNotFound) {
				f.Errorf("error is %v, want ErrNotFound", err)
			}
			if _, err := f.store.Contact(f.ctx(), f.key("nobody")); !errors.Is(err, maicontact.ErrNotFound) {
				f.Errorf("there is a row now: %v", err)
			}
		}},
		{"a row that is not due", func(f *fixture) {
			for _, row := range []maicontact.Contact{
				f.claimed("held"), f.confirmed("confirmed"), f.parked("parked"), f.postponed("later"), f.again("again"), f.completed("erased"),
			} {
				got, err := f.store.Claim(f.ctx(), row.Key, longLease)
				f.equal(got, row)
				f.refused(row, maicontact.ErrNotDue, err)
			}
		}},
		{"take-over when the lease ends", func(f *fixture) {
			dead := f.must(f.store.Claim(f.ctx(), f.waiting("1").Key, shortLease))
			var row maicontact.Contact
			start := time.Now()
			f.eventually("take-over", func() bool {
				var err error
				row, err = f.store.Claim(f.ctx(), dead.Key, longLease)
				if err != nil && !errors.Is(err, maicontact.ErrNotDue) {
					f.Fatal(err)
				}
				return err == nil
			})
			if row.Token <= dead.Token || !row.LeaseUntil.After(dead.LeaseUntil) {
				f.Errorf("the new claim is not newer: token %d after %d", row.Token, dead.Token)
			}
			f.equal(row, changed(dead, func(c *maicontact.Contact) {
				c.Token, c.LeaseUntil, c.Due = anyToken, anyTime(), row.LeaseUntil
			}))
			if d := time.Since(start); d > patience/2 {
				f.Errorf("take-over took %v", d)
			}
			_, err := f.store.Attempt(f.ctx(), dead.Claim())
			f.refused(row, maicontact.ErrFenced, err)
		}},
		{"no take-over before", func(f *fixture) {
			start := time.Now()
			row := f.must(f.store.Claim(f.ctx(), f.waiting("1").Key, 5*shortLease))
			f.eventually("take-over", func() bool {
				_, err := f.store.Claim(f.ctx(), row.Key, longLease)
				return err == nil
			})
			if d := time.Since(start); d < 5*shortLease-2*time.Millisecond {
				f.Errorf("taken over after %v, the lease was %v", d, 5*shortLease)
			}
		}},
		{"the lease is 1 ms at least", func(f *fixture) {
			for member, lease := range map[string]time.Duration{"negative": -time.Hour, "zero": 0, "tiny": 1, "odd": 1500 * time.Microsecond} {
				row := f.waiting(member)
				got := f.must(f.store.Claim(f.ctx(), row.Key, lease))
				if d := got.LeaseUntil.Sub(row.Due); d < max(lease, time.Millisecond) {
					f.Errorf("%s: the lease ends %v after the row was due", member, d)
				}
				f.eventually("the end of the lease", func() bool { return f.isDue(row.Key) })
			}
		}},
	}
}
