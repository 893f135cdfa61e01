package contacts_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// oddStore is a store whose Puts do what they are told, once each.
type oddStore struct {
	contacts.Store
	made []int64     // the trust of each Put
	ends []time.Time // until when each Put may happen
	lost error       // of each Get
	puts []func(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error)
}

func (s *oddStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.made, s.ends = append(s.made, r.Trust), append(s.ends, g.NotAfter)
	if len(s.puts) == 0 {
		return s.Store.Put(ctx, r, g)
	}
	put := s.puts[0]
	s.puts = s.puts[1:]
	return put(ctx, r, g)
}

func (s *oddStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.lost != nil {
		return contacts.Row{}, time.Time{}, s.lost
	}
	return s.Store.Get(ctx, p)
}

var errLost = errors.New("the store is gone")

// lostStore does not know whose a contact is.
type lostStore struct{ contacts.Store }

func (s *lostStore) ByContact(context.Context, string, webchat.ContactID) (contacts.Row, error) {
	return contacts.Row{}, errLost
}

func erase(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Erase(now), nil }

// A Put that ends trust and took long, or whose fate is not known, is made again
// with a higher trust: somebody may have looked before it landed.
func TestTrustIsEndedAgain(t *testing.T) {
	person := contacts.Scope{Namespace: "n", InboxID: "i"}.Member("1")
	profile := webchat.Profile{Name: "Ann"}
	for name, test := range map[string]struct {
		put  func(s *oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error)
		want int // Puts
	}{
		"at once": {func(s *oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
			return s.Store.Put
		}, 1},
		"after 4 s": {func(s *oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
			return func(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
				time.Sleep(4 * time.Second)
				return s.Store.Put(ctx, r, g)
			}
		}, 1},
		"after 6 s": {func(s *oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
			return func(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
				time.Sleep(6 * time.Second)
				return s.Store.Put(ctx, r, g)
			}
		}, 2},
		"unclear, and it happened": {func(s *oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
			return func(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
				_, err := s.Store.Put(ctx, r, g)
				return contacts.Row{}, errors.Join(contacts.ErrUnclear, err)
			}
		}, 2},
		"unclear, and it did not": {func(*oddStore) func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
			return func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
				return contacts.Row{}, contacts.ErrUnclear
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &oddStore{Store: contacts.NewMemoryStore()}
				at, err := contacts.Read(t.Context(), s, person)
				if err != nil {
					t.Fatal(err)
				}
				desire := func(row contacts.Row, now time.Time) (contacts.Row, error) {
					return row.SetDesired(contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}, now)
				}
				if err := at.Change(t.Context(), desire); err != nil {
					t.Fatal(err)
				}
				s.made = nil
				s.puts = append(s.puts, test.put(s))
				if err := at.Change(t.Context(), erase); err != nil {
					t.Fatal(err)
				}
				stored, _, err := s.Get(t.Context(), person)
				if err != nil || stored != at.Row || stored.State() != contacts.StateErasing {
					t.Fatalf("the row is %s, %v", stored.State(), err)
				}
				if len(s.made) != test.want || !slices.IsSorted(s.made) || len(slices.Compact(s.made)) != test.want || stored.Trust != s.made[test.want-1] {
					t.Errorf("Puts with the trust %d, want %d that grow", s.made, test.want)
				}
			})
		})
	}
}

// Each Put of a change in a lease ends with the lease. A change that fails, or changes
// nothing, is not put; one that is refused as outdated is made anew.
func TestChange(t *testing.T) {
	t.Parallel()
	type first = func(*oddStore, contacts.Row, contacts.Guard) (contacts.Row, error)
	errNo := errors.New("no")
	none := time.Time{}
	happens := func(s *oddStore, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
		return s.Store.Put(context.Background(), r, g)
	}
	slow := func(s *oddStore, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
		defer time.Sleep(6 * time.Second)
		return happens(s, r, g)
	}
	conflicts := func(*oddStore, contacts.Row, contacts.Guard) (contacts.Row, error) {
		return contacts.Row{}, contacts.ErrConflict
	}
	outdated := func(s *oddStore, r contacts.Row, _ contacts.Guard) (contacts.Row, error) {
		at, err := contacts.Read(context.Background(), s.Store, r.Person)
		if err == nil {
			err = at.Change(context.Background(), func(row contacts.Row, _ time.Time) (contacts.Row, error) {
				row.Generation++
				return row, nil
			})
		}
		return contacts.Row{}, errors.Join(contacts.ErrConflict, err)
	}
	unclear := func(*oddStore, contacts.Row, contacts.Guard) (contacts.Row, error) {
		return contacts.Row{}, contacts.ErrUnclear
	}
	unclearlyHappens := func(s *oddStore, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
		_, err := happens(s, r, g)
		return contacts.Row{}, errors.Join(contacts.ErrUnclear, err)
	}
	gone := func(s *oddStore, _ contacts.Row, _ contacts.Guard) (contacts.Row, error) {
		s.lost = errLost
		return contacts.Row{}, contacts.ErrUnclear
	}
	same := func(row contacts.Row, _ time.Time) (contacts.Row, error) { return row, nil }
	no := func(row contacts.Row, _ time.Time) (contacts.Row, error) { return row, errNo }
	fail := func(row contacts.Row, _ time.Time) (contacts.Row, error) { row.Failures++; return row, nil }
	wait := func(row contacts.Row, _ time.Time) (contacts.Row, error) { row.Waiting = &ann.Profile; return row, nil }
	precise := func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row.Failures = 4
		return row.Extend(now.Add(time.Hour + 1)), nil
	}
	distrust := func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.DistrustAgain(now), nil }
	for name, test := range map[string]struct {
		fresh   bool // the row is not stored yet
		inLease bool
		do      contacts.Transition
		put     first       // of the Puts
		ends    []time.Time // of each Put
		err     error
		want    edit
	}{
		"a change":                            {false, false, fail, happens, []time.Time{none}, nil, func(r *contacts.Row) { r.Failures++ }},
		"of nothing":                          {false, false, same, happens, nil, nil, nil},
		"that fails":                          {false, false, no, happens, nil, errNo, nil},
		"in a lease":                          {false, true, fail, happens, []time.Time{soon}, nil, func(r *contacts.Row) { r.Failures++ }},
		"of nothing in a lease":               {false, true, same, happens, []time.Time{soon}, nil, nil},
		"that fails in a lease":               {false, true, no, happens, nil, errNo, nil},
		"in a lease, outdated":                {false, true, fail, outdated, []time.Time{soon, soon}, nil, func(r *contacts.Row) { r.Failures++; r.Generation++ }},
		"in a lease that ends trust for long": {false, true, distrust, slow, []time.Time{soon, none}, nil, nil},
		"outdated":                            {false, false, fail, outdated, []time.Time{none, none}, nil, func(r *contacts.Row) { r.Failures++; r.Generation++ }},
		"of a new row, outdated":              {true, false, fail, conflicts, []time.Time{none, none}, nil, nil},
		"unclear":                             {false, false, fail, unclear, []time.Time{none, none}, nil, func(r *contacts.Row) { r.Failures++ }},
		"unclear, of the profile that waits":  {false, false, wait, unclear, []time.Time{none, none}, nil, func(r *contacts.Row) { r.Waiting = &ann.Profile }},
		"unclear, and it happens":             {false, false, precise, unclearlyHappens, []time.Time{none}, nil, func(r *contacts.Row) { r.Failures, r.Expires = 4, late }},
		"unclear, and the store is gone":      {false, false, fail, gone, []time.Time{none}, errLost, nil},
		"that fails in the store":             {false, false, fail, func(*oddStore, contacts.Row, contacts.Guard) (contacts.Row, error) { return contacts.Row{}, errLost }, []time.Time{none}, errLost, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(now))
				s := &oddStore{Store: contacts.NewMemoryStore()}
				row := with(settled(), claimed, func(r *contacts.Row) { r.Version, r.Trust = 0, 5 })
				if !test.fresh {
					put(t, s.Store, row, contacts.Guard{})
				}
				at, err := contacts.Read(t.Context(), s, row.Person)
				if err != nil {
					t.Fatal(err)
				}
				before := at.Row
				s.puts = append(s.puts, func(_ context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
					return test.put(s, r, g)
				})
				change := at.Change
				if test.inLease {
					change = at.ChangeInLease
				}
				if err := change(t.Context(), test.do); !errors.Is(err, test.err) || test.err == nil && err != nil {
					t.Errorf("error %v, want %v", err, test.err)
				}
				if !slices.EqualFunc(s.ends, test.ends, time.Time.Equal) {
					t.Errorf("Puts that end at %v, want %v", s.ends, test.ends)
				}
				if test.want == nil {
					return
				}
				stored, _, err := s.Get(t.Context(), row.Person)
				if err != nil {
					t.Fatal(err)
				}
				want := with(before, test.want, func(r *contacts.Row) { r.Version = stored.Version })
				checkRow(t, stored, want)
				checkRow(t, at.Row, want)
			})
		})
	}
}

// Whose a contact is, of those who have a row.
func TestIsAnothers(t *testing.T) {
	t.Parallel()
	s := contacts.NewMemoryStore()
	put(t, s, with(settled(), func(r *contacts.Row) { r.Version = 0 }), contacts.Guard{})
	for name, test := range map[string]struct {
		store  contacts.Store
		person contacts.Person
		id     webchat.ContactID
		want   bool
		err    error
	}{
		"nobody's":  {s, shop.Member("1"), "d", false, nil},
		"their own": {s, shop.Member("1"), "c", false, nil},
		"another's": {s, shop.Member("2"), "c", true, nil},
		"not known": {&lostStore{s}, shop.Member("2"), "c", false, errLost},
	} {
		at, err := contacts.Read(t.Context(), test.store, test.person)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := at.IsAnothers(t.Context(), test.id); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A conflict although the version reads unchanged comes from a replica: it ends
// the change instead of going on for ever.
func TestReadsFromAReplica(t *testing.T) {
	s := &oddStore{Store: contacts.NewMemoryStore()}
	person := contacts.Scope{Namespace: "n", InboxID: "i"}.Member("1")
	at, err := contacts.Read(t.Context(), s, person)
	if err == nil {
		err = at.Change(t.Context(), erase)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.puts = append(s.puts, func(context.Context, contacts.Row, contacts.Guard) (contacts.Row, error) {
		return contacts.Row{}, contacts.ErrConflict
	})
	err = at.Change(t.Context(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
		return row.Extend(now.Add(time.Hour)), nil
	})
	if !errors.Is(err, contacts.ErrConflict) {
		t.Errorf("error %v", err)
	}
}

// Changes of one row at once all happen.
func TestChangesAtOnce(t *testing.T) {
	s := contacts.NewMemoryStore()
	person := contacts.Scope{Namespace: "n", InboxID: "i"}.Member("1")
	done := make(chan error)
	const many = 20
	for range many {
		go func() {
			at, err := contacts.Read(t.Context(), s, person)
			if err == nil {
				err = at.Change(t.Context(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
					row.Failures++
					return row, nil
				})
			}
			done <- err
		}()
	}
	for range many {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	row, _, err := s.Get(t.Context(), person)
	if err != nil || row.Failures != many {
		t.Errorf("%d of %d changes, %v", row.Failures, many, err)
	}
}
