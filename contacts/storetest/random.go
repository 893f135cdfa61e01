package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

const (
	randomRuns  = 3
	randomSteps = 60
)

func randomCases() []check {
	var cases []check
	for i := range randomRuns {
		cases = append(cases, check{fmt.Sprint("changes ", i+1), changeAtRandom})
	}
	return cases
}

func pick[T any](from []T) T { return from[rand.N(len(from))] }

// changeAtRandom puts and deletes few rows, with few contacts, again and again.
func changeAtRandom(f *fixture) {
	ids := []webchat.ContactID{"", newID(), newID()}
	var persons []contacts.Person
	for i := range 3 {
		persons = append(persons, f.scope.Member(fmt.Sprint("somebody-", i)), f.scope.Visitor(fmt.Sprint("somebody-", i)))
	}
	known := map[contacts.Person][]contacts.Row{} // all that was ever stored
	for step := range randomSteps {
		now := f.after(f.now()) // later than all stamps of before
		p := pick(persons)
		row := f.anyRow(p, known[p], now)
		var changed []contacts.Change
		if rand.N(6) == 0 {
			f.Logf("step %d: Delete of %s %s, version %d", step, p.Kind, p.ID, row.Version)
			f.delete(row)
		} else {
			f.Logf("step %d: Put of %s %s, version %d", step, p.Kind, p.ID, row.Version)
			row = f.anyChange(row, now)
			row.ContactID = pick(ids)
			before := f.model.rows[p].Trust
			if put, taken := f.putAtRandom(row, now); taken {
				known[p] = append(known[p], put)
				if put.Trust != before {
					changed = append(changed, changeOf(put))
				}
			}
		}
		f.check()
		f.changes(now, changed...)
	}
}

// anyRow is mostly the newest of the person, and sometimes an older one, a new one,
// or of a version that nobody has put.
func (f *fixture) anyRow(p contacts.Person, known []contacts.Row, now time.Time) contacts.Row {
	row, there := f.model.rows[p]
	switch n := rand.N(10); {
	case !there && (len(known) == 0 || n > 1), n == 0:
		return contacts.New(p, now)
	case n == 1 && len(known) > 0:
		return pick(known)
	case n == 2 && there:
		row.Version++
	}
	return row
}

func (f *fixture) anyChange(row contacts.Row, now time.Time) contacts.Row {
	if rand.N(2) == 0 {
		row.Trust += rand.N[int64](5) - 2
	}
	row.Due, row.Expires, row.DoubtUntil, row.LeaseUntil = moment(now), moment(now), moment(now), moment(now)
	row.Created, row.Updated = now.Add(-time.Hour), now.Add(pick([]time.Duration{-time.Hour, time.Hour}))
	row.Failures, row.Owner = rand.N(100), rand.Int64()
	row.Life = contacts.Life(rand.N(int(contacts.Reissuing) + 1))
	row.Waiting = nil
	if rand.N(2) == 0 {
		waiting := profile(fmt.Sprint("Ann-", rand.N(100)), "vip")
		row.Waiting, row.Desired = &waiting, contacts.StampOf(waiting)
	}
	return row
}

// moment is never, long ago, or not soon.
func moment(now time.Time) time.Time {
	switch rand.N(3) {
	case 0:
		return now.Add(-time.Duration(rand.N(1_000_000_000)) * time.Millisecond)
	case 1:
		return now.Add(time.Hour)
	}
	return time.Time{}
}

// putAtRandom puts a row in time or too late, and reports whether it was taken, as
// the model says that it must be or not.
func (f *fixture) putAtRandom(row contacts.Row, now time.Time) (put contacts.Row, taken bool) {
	f.Helper()
	var guard contacts.Guard
	late := false
	switch rand.N(6) {
	case 0:
		guard.NotAfter, late = now.Add(-time.Duration(1+rand.N(1_000_000))*time.Millisecond), true
	case 1:
		guard.NotAfter = now.Add(time.Hour)
	}
	f.model.hear(row)
	want := f.model.refusals(row, late)
	put, err := f.tryPut(row, guard)
	if len(want) > 0 {
		f.failed(row, err, want...)
	} else if err != nil {
		f.Fatalf("Put: %v", err)
	}
	return put, err == nil
}
