package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/maicontact/maicontact"
)

func dueCases() []check {
	return []check{
		{"the longest due first", func(f *fixture) {
			clock := *f // rows elsewhere tell the store's time
			clock.namespace += "-clock"
			var want []maicontact.Key
			for i := range 8 {
				// Named against the order, in case names decide.
				row := f.waiting(fmt.Sprintf("member-%d", 9-i))
				want = append(want, row.Key)
				f.eventually("the next millisecond", func() bool {
					return clock.waiting(randomHex(4)).Due.After(row.Due)
				})
			}
			// A row that waited once and is due again goes to the end.
			row := f.claim(want[0])
			f.postpone(row, 0, "status 503")
			want = append(want[1:], want[0])

			for _, limit := range []int{1, 3, 8, 100} {
				got, err := f.store.Due(f.ctx(), f.namespace, f.inbox, limit)
				if err != nil || !slices.Equal(got, want[:min(limit, len(want))]) {
					f.Errorf("limit %d gives %v, %v; want the first of %v", limit, got, err, want)
				}
			}
		}},
		{"up to limit", func(f *fixture) {
			for i := range 5 {
				f.waiting(fmt.Sprint(i))
			}
			for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 4: 4, 5: 5, 6: 5, 1 << 30: 5} {
				for range 2 { // asking takes nothing away
					keys, err := f.store.Due(f.ctx(), f.namespace, f.inbox, limit)
					slices.SortFunc(keys, func(a, b maicontact.Key) int { return int(a.Member[0]) - int(b.Member[0]) })
					if len(slices.Compact(keys)) != want || err != nil {
						f.Errorf("limit %d gives %v, %v", limit, keys, err)
					}
				}
			}
		}},
		{"what is due and what is not", func(f *fixture) {
			due := []maicontact.Contact{f.waiting("waiting"), f.tombstone("tombstone"), f.expired(f.waiting("expired").Key), f.againDue("again due")}
			later := []maicontact.Contact{f.claimed("claimed"), f.postponed("postponed"), f.again("again")}
			done := []maicontact.Contact{f.confirmed("confirmed"), f.parked("parked"), f.completed("completed")}
			for _, row := range due {
				f.dueNow(row.Key, true)
			}
			for _, row := range append(later, done...) {
				f.dueNow(row.Key, false)
			}
			f.unsettled(len(due) + len(later))
		}},
		{"what was put off comes", func(f *fixture) {
			row := f.claimed("1")
			f.postpone(row, shortLease, "status 503")
			start := time.Now()
			f.eventually("the end of the delay", func() bool { return f.isDue(row.Key) })
			if d := time.Since(start); d > patience/2 {
				f.Errorf("due after %v, the delay was %v", d, shortLease)
			}
			f.unsettled(1)
		}},
		{"an empty place", func(f *fixture) {
			keys, err := f.store.Due(f.ctx(), f.namespace, f.inbox, 10)
			if len(keys) != 0 || err != nil {
				f.Errorf("Due gives %v, %v", keys, err)
			}
			f.unsettled(0)
		}},
	}
}
