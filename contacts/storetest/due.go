package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// due puts the row of a member that is due so long from now.
func (f *fixture) due(id string, in time.Duration) contacts.Row {
	f.Helper()
	row := f.member(id)
	row.Due = row.Created.Add(in)
	return f.put(row)
}

func dueCases() []check {
	return []check{
		{"the longest due first", func(f *fixture) {
			var want []contacts.Person
			for i := range 8 {
				// Named against the order, in case names decide.
				want = append(want, f.due(fmt.Sprintf("member-%d", 9-i), time.Duration(i-20)*time.Second).Person)
			}
			// A row that is due anew goes to the end.
			row, now, err := f.store.Get(f.ctx(), want[0])
			if err != nil {
				f.Fatal(err)
			}
			row.Due = now
			f.put(row)
			want = append(want[1:], want[0])
			for _, limit := range []int{1, 3, 8, 100} {
				got, err := f.store.Due(f.ctx(), f.scope, limit)
				if err != nil || !slices.Equal(got, want[:min(limit, len(want))]) {
					f.Errorf("limit %d gives %v, %v; want the first of %v", limit, got, err, want)
				}
			}
		}},
		{"up to limit", func(f *fixture) {
			for i := range 5 {
				f.due(fmt.Sprint(i), -time.Second)
			}
			for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 4: 4, 5: 5, 6: 5, 1 << 30: 5} {
				for range 2 { // asking takes nothing away
					got, err := f.store.Due(f.ctx(), f.scope, limit)
					slices.SortFunc(got, compare)
					if len(slices.Compact(got)) != want || err != nil {
						f.Errorf("limit %d gives %v, %v", limit, got, err)
					}
				}
			}
		}},
		{"what is due and what is not", func(f *fixture) {
			past, soon := f.due("past", -time.Hour), f.due("now", 0)
			visitor := f.visitor("key")
			visitor.Due = visitor.Created
			visitor = f.put(visitor)
			f.due("later", time.Hour)
			f.put(f.member("never"))
			// Neither a claim nor a life matters.
			row := f.full("claimed")
			row.Due = past.Due
			row = f.put(row)
			f.dues(past.Person, soon.Person, visitor.Person, row.Person)
			past.Due = time.Time{}
			f.put(past)
			soon.Due = f.now().Add(time.Hour)
			f.put(soon)
			f.dues(visitor.Person, row.Person)
		}},
		{"what was put off comes", func(f *fixture) {
			row := f.due("1", 40*time.Millisecond)
			for {
				before := f.now()
				got, err := f.store.Due(f.ctx(), f.scope, 10)
				if err != nil {
					f.Fatal(err)
				}
				if len(got) > 0 {
					if now := f.now(); now.Before(row.Due) {
						f.Errorf("due at %v, is listed at %v", row.Due, now)
					}
					break
				}
				if before.After(row.Due) {
					f.Fatalf("due at %v, is not listed at %v", row.Due, before)
				}
			}
		}},
		{"nothing", func(f *fixture) { f.dues() }},
	}
}

func countCases() []check {
	return []check{
		{"nothing", func(f *fixture) { f.counts(contacts.Counts{}) }},
		{"rows", func(f *fixture) {
			f.put(f.member("never"))
			f.due("later", time.Hour)
			f.counts(contacts.Counts{Members: 2, Unsettled: 1})
			f.due("newer", -time.Minute)
			oldest := f.due("oldest", -time.Hour)
			visitor := f.visitor("key")
			visitor.Due = visitor.Created
			visitor = f.put(visitor)
			f.counts(contacts.Counts{Members: 4, Visitors: 1, Unsettled: 4, Overdue: 3, Oldest: oldest.Due})
			oldest.Due = time.Time{}
			f.put(oldest)
			f.remove(visitor)
			got, err := f.store.Count(f.ctx(), f.scope)
			want := contacts.Counts{Members: 4, Unsettled: 2, Overdue: 1, Oldest: got.Oldest}
			if err != nil || got != want || !got.Oldest.After(oldest.Created.Add(-2*time.Minute)) {
				f.Errorf("Count gives %+v, %v; want %+v", got, err, want)
			}
		}},
	}
}
