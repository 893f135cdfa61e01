package storetest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func putCases() []check {
	return []check{
		{"a row with everything, from nothing and back", func(f *fixture) {
			f.check() // nothing at all
			row := f.put(f.member("1"))
			f.check()
			full := f.full("1")
			full.Version = row.Version
			row = f.put(full)
			f.check()
			empty := f.member("1")
			empty.Version = row.Version
			f.put(empty)
			f.check()
		}},
		{"a version that is not the row's", func(f *fixture) {
			row, other := f.put(f.member("1")), f.put(f.member("2"))
			for _, version := range []int64{0, row.Version - 1, row.Version + 1, other.Version} {
				row.Version = version
				_, err := f.tryPut(row, contacts.Guard{})
				f.failed(row, err, contacts.ErrConflict)
				row.Version = f.model.rows[row.Person].Version
			}
			f.check()
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
			for life := contacts.Live; life <= contacts.Reissuing; life++ {
				due, quiet := f.member(fmt.Sprint(life)), f.visitor(fmt.Sprint(life))
				due.Life, due.Due = life, due.Created
				quiet.Life, quiet.Expires = life, quiet.Created
				f.put(due)
				f.put(quiet)
			}
			f.check()
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
		{"the profile is the store's own", func(f *fixture) {
			mine := profile("Ann", "vip")
			row := f.full("1")
			row.Waiting = &mine
			row = f.put(row)
			mine.Name = "changed by who put it"
			f.check()
			row.Waiting.Name = "changed by who got it from Put"
			f.check()
			got, _, getErr := f.store.Get(f.ctx(), row.Person)
			found, findErr := f.store.ByContact(f.ctx(), row.InboxID, row.ContactID)
			rows, listErr := f.store.Rows(f.ctx(), f.scope, contacts.Person{}, 1)
			if err := errors.Join(getErr, findErr, listErr); err != nil {
				f.Fatal(err)
			}
			for _, one := range append(rows, got, found) {
				one.Waiting.Name = "changed by who read it"
				f.check()
			}
		}},
	}
}
