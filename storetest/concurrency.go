package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact"
)

const crowd = 100

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

func concurrencyCases() []check {
	return []check{
		{"one claim of many", func(f *fixture) {
			key := f.waiting("1").Key
			var winners, losers atomic.Int32
			together(crowd, func(int) {
				switch _, err := f.store.Claim(f.ctx(), key, longLease); {
				case err == nil:
					winners.Add(1)
				case errors.Is(err, maicontact.ErrNotDue):
					losers.Add(1)
				default:
					f.Errorf("Claim: %v", err)
				}
			})
			if winners.Load() != 1 || losers.Load() != crowd-1 {
				f.Errorf("%d claimed, %d did not", winners.Load(), losers.Load())
			}
		}},
		{"the newest is wanted", func(f *fixture) {
			together(crowd, func(i int) {
				// Revisions in no order, and a profile for every second only.
				revision := int64(i * 37 % crowd)
				w := wanted(profile(fmt.Sprint("p", revision/2), "basic"), revision)
				if row, err := f.store.Want(f.ctx(), f.key("1"), w); err != nil || row.Revision < revision {
					f.Errorf("Want: revision %d after %d, %v", row.Revision, revision, err)
				}
			})
			newest := wanted(profile(fmt.Sprint("p", (crowd-1)/2), "basic"), crowd-1)
			f.equal(f.must(f.store.Contact(f.ctx(), f.key("1"))), maicontact.Contact{
				Key: f.key("1"), Generation: 1, Created: anyTime(), Updated: anyTime(),
				Wanted: newest.Stamp, Since: anyTime(), Waiting: &newest.Profile, Revision: newest.Revision, Due: anyTime(), Token: anyToken,
			})
		}},
		{"one member per contact", func(f *fixture) {
			const members = 20
			claims := make([]maicontact.Contact, members)
			for i := range claims {
				claims[i] = f.claimed(fmt.Sprint(i))
			}
			id := newID()
			var winners atomic.Int32
			together(members, func(i int) {
				switch _, err := f.store.Bind(f.ctx(), claims[i].Claim(), id, claims[i].Wanted); {
				case err == nil:
					winners.Add(1)
				case !errors.Is(err, maicontact.ErrContactTaken):
					f.Errorf("Bind: %v", err)
				}
			})
			owners := 0
			for i := range claims {
				if row := f.must(f.store.Contact(f.ctx(), claims[i].Key)); row.ContactID == id {
					owners++
				} else {
					f.equal(row, claims[i])
				}
			}
			if winners.Load() != 1 || owners != 1 {
				f.Errorf("%d bound the contact and %d have it", winners.Load(), owners)
			}
		}},
		{"one contact per member", func(f *fixture) {
			row := f.claimed("1")
			var winner atomic.Value
			var winners atomic.Int32
			together(20, func(int) {
				id := newID()
				switch _, err := f.store.Bind(f.ctx(), row.Claim(), id, row.Wanted); {
				case err == nil:
					winners.Add(1)
					winner.Store(id)
				case !errors.Is(err, maicontact.ErrFenced):
					f.Errorf("Bind: %v", err)
				}
			})
			if got := f.must(f.store.Contact(f.ctx(), row.Key)); winners.Load() != 1 || got.ContactID != winner.Load() {
				f.Errorf("%d bound a contact", winners.Load())
			}
		}},
		{"every claim has a token of its own", func(f *fixture) {
			key := f.waiting("1").Key
			var tokens sync.Map
			var claims atomic.Int32
			together(8, func(int) {
				for claims.Load() < 40 {
					row, err := f.store.Claim(f.ctx(), key, 1)
					if errors.Is(err, maicontact.ErrNotDue) {
						continue
					}
					if err != nil {
						f.Errorf("Claim: %v", err)
						return
					}
					claims.Add(1)
					if _, twice := tokens.LoadOrStore(row.Token, nil); twice {
						f.Errorf("token %d was given twice", row.Token)
					}
				}
			})
		}},
		{"changes and their worker come to the same", func(f *fixture) {
			const changes = 40
			key := f.confirmed("1").Key
			var left atomic.Int32
			left.Store(4)
			newest := wanted(profile(fmt.Sprint("p", changes-1), "vip"), 1000+changes-1)
			together(6, func(i int) {
				if i < 4 {
					for n := i; n < changes; n += 4 {
						if _, err := f.store.Want(f.ctx(), key, wanted(profile(fmt.Sprint("p", n), "vip"), int64(1000+n))); err != nil {
							f.Errorf("Want: %v", err)
						}
					}
					left.Add(-1)
					return
				}
				for more := true; more; {
					more = left.Load() > 0
					if err := f.work(key); err != nil {
						f.Errorf("worker: %v", err)
						return
					}
				}
			})
			if err := f.work(key); err != nil {
				f.Fatal(err)
			}
			row := f.must(f.store.Contact(f.ctx(), key))
			f.equal(row, changed(row, func(c *maicontact.Contact) {
				*c = ended(*c)
				c.Wanted, c.Confirmed, c.Revision = newest.Stamp, newest.Stamp, newest.Revision
			}))
		}},
		{"nothing survives Erase", func(f *fixture) {
			for i := range 20 {
				row := f.attempted(fmt.Sprint(i))
				together(3, func(i int) {
					var err error
					switch i {
					case 0:
						_, err = f.store.Erase(f.ctx(), row.Key)
					case 1:
						_, err = f.store.Want(f.ctx(), row.Key, wanted(profile("Bob", "vip"), 99))
					case 2:
						_, err = f.store.Bind(f.ctx(), row.Claim(), newID(), row.Wanted)
					}
					if err != nil && !errors.Is(err, maicontact.ErrFenced) {
						f.Errorf("operation %d: %v", i, err)
					}
				})
				got := f.must(f.store.Contact(f.ctx(), row.Key))
				want := maicontact.Contact{
					Key: row.Key, Generation: 1, Created: row.Created, Updated: anyTime(), ContactID: got.ContactID,
					Attempted: row.Attempted, Due: anyTime(), Token: anyToken, Erased: anyTime(),
				}
				if got.ContactID != "" { // bound before it was erased
					want.Attempted = time.Time{}
				}
				f.equal(got, want)
			}
		}},
	}
}

// work does what a worker does: it sends what waits until nothing does. That
// another worker has the row is no error.
func (f *fixture) work(key maicontact.Key) error {
	row, err := f.store.Claim(f.ctx(), key, longLease)
	for err == nil && !row.LeaseUntil.IsZero() {
		if row, err = f.store.Attempt(f.ctx(), row.Claim()); err == nil {
			row, err = f.store.Confirm(f.ctx(), row.Claim(), row.Wanted, 0)
		}
	}
	if errors.Is(err, maicontact.ErrNotDue) || errors.Is(err, maicontact.ErrFenced) {
		return nil
	}
	return err
}
