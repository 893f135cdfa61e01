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
	made []int64 // the trust of each Put
	puts []func(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error)
}

func (s *oddStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.made = append(s.made, r.Trust)
	if len(s.puts) == 0 {
		return s.Store.Put(ctx, r, g)
	}
	put := s.puts[0]
	s.puts = s.puts[1:]
	return put(ctx, r, g)
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
