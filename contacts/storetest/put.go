package storetest

import (
	"math"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func getCases() []check {
	return []check{
		{"no row", func(f *fixture) { f.missing(f.scope.Member("nobody")) }},
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
		{"the profile is the store's own", func(f *fixture) {
			mine := profile("Ann", "vip")
			row := f.member("1")
			row.Waiting = &mine
			put := f.put(row)
			want := put
			kept := *put.Waiting
			want.Waiting = &kept
			mine.Name = "changed by who put it"
			f.stored(want)
			put.Waiting.Name = "changed by who got it from Put"
			f.stored(want)
			got, _, err := f.store.Get(f.ctx(), row.Person)
			if err != nil {
				f.Fatal(err)
			}
			got.Waiting.Name = "changed by who got it from Get"
			f.stored(want)
		}},
	}
}

func putCases() []check {
	return []check{
		{"a new row", func(f *fixture) { f.put(f.member("1")) }},
		{"the row of a visitor", func(f *fixture) { f.put(f.visitor("key")) }},
		{"a row with everything", func(f *fixture) {
			row := f.put(f.full("1"))
			// And back to nothing.
			empty := f.member("1")
			empty.Version, empty.Generation = row.Version, 1
			f.put(empty)
		}},
		{"from nothing to everything", func(f *fixture) {
			row := f.full("1")
			row.Version = f.put(f.member("1")).Version
			f.put(row)
		}},
		{"the same again gets a new version", func(f *fixture) {
			row := f.put(f.full("1"))
			seen := map[int64]bool{row.Version: true}
			for range 10 {
				row = f.put(row)
				if seen[row.Version] {
					f.Errorf("version %d was there already", row.Version)
				}
				seen[row.Version] = true
			}
		}},
		{"large numbers", func(f *fixture) {
			row := f.member("1")
			row.Trust, row.Revision, row.Owner = math.MaxInt64, math.MaxInt64, math.MaxInt64
			row.Generation, row.Failures, row.Conflicts = math.MaxInt32, math.MaxInt32, math.MaxInt32
			row = f.put(row)
			row.Trust, row.Revision, row.Owner = math.MinInt64, math.MinInt64, math.MinInt64
			f.put(row)
		}},
		{"every life", func(f *fixture) {
			row := f.put(f.member("1"))
			for life := contacts.Live; life <= contacts.Reissuing; life++ {
				row.Life = life
				row = f.put(row)
			}
		}},
		{"times are cut to milliseconds", func(f *fixture) {
			row := f.full("1")
			zone := time.FixedZone("x", 5*3600)
			for i, at := range []*time.Time{&row.Created, &row.Updated, &row.Since, &row.Due, &row.LeaseUntil, &row.DoubtUntil, &row.LastCall.At, &row.Expires} {
				*at = at.Add(time.Duration(i+1)*time.Millisecond - time.Nanosecond).In(zone)
			}
			f.put(row) // compares with the row as it is rounded
		}},
		{"times in every hour of a year", func(f *fixture) {
			row := f.put(f.member("1"))
			start := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)
			for day := 0; day < 366; day += 9 {
				row.Due = start.Add(time.Duration(day)*25*time.Hour + 7*time.Millisecond)
				row = f.put(row)
			}
			// The hours in which clocks are set back.
			for _, at := range []time.Time{time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)} {
				row.Due, row.Created = at, at
				row = f.put(row)
			}
		}},
		{"profiles come back whole", func(f *fixture) {
			for name, p := range profiles() {
				row := f.member(name)
				row.Waiting, row.Desired = &p, contacts.StampOf(p)
				row = f.put(row)
				if row.Waiting == nil || *row.Waiting != p || contacts.StampOf(*row.Waiting) != row.Desired {
					f.Errorf("%s: the profile has changed in the store", name)
				}
			}
		}},
		{"text comes back whole", func(f *fixture) {
			row := f.member("1")
			row.Reason = `it's "odd" \ 測試`
			row.LastCall = contacts.Call{Operation: "a'b", Outcome: "x ", At: row.Created}
			f.put(row)
		}},
	}
}
