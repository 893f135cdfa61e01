package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

const crowd = 20

// together starts n goroutines at the same moment and waits for them.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// update changes a row as everybody should: read, change, put, and again on a
// conflict.
func (f *fixture) update(p contacts.Person, edit func(*contacts.Row)) {
	for start := time.Now(); time.Since(start) < patience; {
		row, now, err := f.store.Get(f.ctx(), p)
		if errors.Is(err, contacts.ErrNotFound) {
			row, err = contacts.New(p, now), nil
		}
		if err == nil {
			edit(&row)
			_, err = f.store.Put(f.ctx(), row, contacts.Guard{})
		}
		if err == nil {
			return
		}
		if !errors.Is(err, contacts.ErrConflict) {
			f.Errorf("update: %v", err)
			return
		}
	}
	f.Errorf("no update within %v", patience)
}

func concurrencyCases() []check {
	return []check{
		{"no update is lost", func(f *fixture) {
			const each = 5
			p := f.scope.Member("1") // it is made by one of them
			together(crowd, func(i int) {
				for range each {
					f.update(p, func(row *contacts.Row) { row.Failures++; row.Revision += int64(i) })
				}
			})
			row, _, err := f.store.Get(f.ctx(), p)
			if err != nil || row.Failures != crowd*each || row.Revision != each*crowd*(crowd-1)/2 {
				f.Errorf("%d updates are left of %d, sum %d, %v", row.Failures, crowd*each, row.Revision, err)
			}
		}},
		{"one of many who have read the same", func(f *fixture) {
			for _, row := range []contacts.Row{f.member("new"), f.put(f.full("old"))} {
				var won atomic.Pointer[contacts.Row]
				var winners atomic.Int32
				together(crowd, func(i int) {
					mine := row
					mine.Failures = 100 + i
					switch put, err := f.store.Put(f.ctx(), mine, contacts.Guard{}); {
					case err == nil:
						winners.Add(1)
						won.Store(&put)
					case !errors.Is(err, contacts.ErrConflict):
						f.Errorf("Put: %v", err)
					}
				})
				if winners.Load() != 1 {
					f.Fatalf("%d were taken", winners.Load())
				}
				f.stored(*won.Load())
			}
		}},
		{"one person per contact", func(f *fixture) {
			rows := make([]contacts.Row, crowd)
			for i := range rows {
				rows[i] = f.member(fmt.Sprint(i))
				if i%2 == 0 {
					rows[i] = f.put(rows[i])
				}
			}
			id := newID()
			var winners atomic.Int32
			together(crowd, func(i int) {
				mine := rows[i]
				mine.ContactID = id
				switch _, err := f.store.Put(f.ctx(), mine, contacts.Guard{}); {
				case err == nil:
					winners.Add(1)
				case !errors.Is(err, contacts.ErrContactTaken):
					f.Errorf("Put: %v", err)
				}
			})
			owners := 0
			for i := range rows {
				row, _, err := f.store.Get(f.ctx(), rows[i].Person)
				switch {
				case err == nil && row.ContactID == id:
					owners++
					f.has(row)
				case rows[i].IsStored():
					f.equal(row, rows[i])
				case !errors.Is(err, contacts.ErrNotFound):
					f.Errorf("row %d is there: %v", i, err)
				}
			}
			if winners.Load() != 1 || owners != 1 {
				f.Errorf("%d were given the contact and %d have it", winners.Load(), owners)
			}
		}},
		{"put or deleted", func(f *fixture) {
			for i := range 10 {
				row := f.put(f.full(fmt.Sprint(i)))
				var put, deleted atomic.Bool
				together(2, func(i int) {
					var err error
					if i == 0 {
						_, err = f.store.Put(f.ctx(), row, contacts.Guard{})
						put.Store(err == nil)
					} else {
						err = f.store.Delete(f.ctx(), row)
						deleted.Store(err == nil)
					}
					if err != nil && !errors.Is(err, contacts.ErrConflict) {
						f.Errorf("operation %d: %v", i, err)
					}
				})
				_, _, err := f.store.Get(f.ctx(), row.Person)
				if put.Load() == deleted.Load() || errors.Is(err, contacts.ErrNotFound) != deleted.Load() {
					f.Errorf("put: %v, deleted: %v, and then %v", put.Load(), deleted.Load(), err)
				}
			}
		}},
		{"rows are whole whenever they are read", func(f *fixture) {
			p := f.scope.Member("1")
			f.put(f.member("1"))
			var left atomic.Int32
			left.Store(4)
			together(8, func(i int) {
				if i < 4 {
					for n := range 10 {
						p1 := profile(fmt.Sprintf("p%d-%d", i, n), "vip")
						f.update(p, func(row *contacts.Row) {
							row.Waiting, row.Reason, row.Trust = &p1, p1.Name, row.Trust+1
						})
					}
					left.Add(-1)
					return
				}
				for last := int64(0); left.Load() > 0; {
					row, _, err := f.store.Get(f.ctx(), p)
					if err != nil || row.Trust < last || row.Waiting != nil && row.Waiting.Name != row.Reason {
						f.Errorf("trust %d after %d, reason %q, %v", row.Trust, last, row.Reason, err)
						return
					}
					last = row.Trust
				}
			})
		}},
		{"changes are seen while others are made", func(f *fixture) {
			since := f.now()
			together(crowd, func(i int) {
				p := f.scope.Member(fmt.Sprint(i))
				f.update(p, func(row *contacts.Row) { row.Trust = int64(i + 1) })
				// Who has put knows that every later look shows it.
				got, err := f.store.Changed(f.ctx(), f.scope, since, 1000)
				if err != nil || !slices.Contains(got.List, contacts.Change{Person: p, Trust: int64(i + 1)}) {
					f.Errorf("the change of %d is not there: %v", i, err)
				}
			})
		}},
	}
}
