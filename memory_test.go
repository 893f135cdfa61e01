package maicontact_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/storetest"
	"github.com/maicontact/maicontact/webchat"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) maicontact.Store { return maicontact.NewMemoryStore() })
}

func TestNewMemoryStoreStartsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A bubble does not end before its goroutines, and a janitor never would.
		before := runtime.NumGoroutine()
		store := maicontact.NewMemoryStore()
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines after %d", after, before)
		}
		runtime.KeepAlive(store)
	})
}

// With a clock that stands still, the times of a row are known exactly.
func TestMemoryStoreTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, key, ctx := maicontact.NewMemoryStore(), maicontact.NewKey("n", "i", "1"), t.Context()
		start := time.Now().UTC()
		w := maicontact.Wanted{Stamp: maicontact.StampOf(webchat.Profile{}), Revision: 1}

		row := must(t)(store.Want(ctx, key, w))
		want := maicontact.Contact{
			Key: key, Generation: 1, Created: start, Updated: start,
			Wanted: w.Stamp, Since: start, Waiting: row.Waiting, Revision: 1, Due: start,
		}
		if row != want {
			t.Fatalf("after Want: %+v, want %+v", row, want)
		}

		time.Sleep(time.Minute)
		want.Updated, want.Token = start.Add(time.Minute), 1
		want.LeaseUntil = want.Updated.Add(10 * time.Second)
		want.Due = want.LeaseUntil
		row = must(t)(store.Claim(ctx, key, 10*time.Second))
		if want.Waiting = row.Waiting; row != want {
			t.Fatalf("after Claim: %+v, want %+v", row, want)
		}

		time.Sleep(10*time.Second - time.Millisecond)
		if _, err := store.Claim(ctx, key, time.Second); !errors.Is(err, maicontact.ErrNotDue) {
			t.Fatalf("before the end of the lease: %v", err)
		}
		want.Attempted = start.Add(70*time.Second - time.Millisecond)
		want.Updated = want.Attempted
		row = must(t)(store.Attempt(ctx, row.Claim()))
		if want.Waiting = row.Waiting; row != want {
			t.Fatalf("after Attempt: %+v, want %+v", row, want)
		}

		time.Sleep(time.Millisecond)
		if _, err := store.Attempt(ctx, row.Claim()); !errors.Is(err, maicontact.ErrFenced) {
			t.Fatalf("at the end of the lease: %v", err)
		}
		want.Updated, want.LeaseUntil = start.Add(70*time.Second), time.Time{}
		want.Due, want.Failures, want.Reason = want.Updated.Add(3*time.Second), 1, "status 503"
		row = must(t)(store.Postpone(ctx, row.Claim(), maicontact.Failure{Delay: 3 * time.Second, Reason: "status 503", Attempted: row.Attempted}))
		if want.Waiting = row.Waiting; row != want {
			t.Fatalf("after Postpone: %+v, want %+v", row, want)
		}

		time.Sleep(3*time.Second - time.Millisecond)
		for _, due := range []int{0, 1} {
			if keys, err := store.Due(ctx, "n", "i", 10); len(keys) != due || err != nil {
				t.Fatalf("due are %v, %v; want %d", keys, err, due)
			}
			time.Sleep(time.Millisecond)
		}

		row = must(t)(store.Claim(ctx, key, time.Minute))
		row = must(t)(store.Bind(ctx, row.Claim(), "c", maicontact.Stamp{}))
		row = must(t)(store.Attempt(ctx, row.Claim()))
		time.Sleep(time.Second)
		want = row
		want.Confirmed, want.Updated, want.LeaseUntil = w.Stamp, time.Now().UTC(), time.Time{}
		want.Due = want.Updated.Add(3 * time.Minute)
		row = must(t)(store.Confirm(ctx, row.Claim(), w.Stamp, 3*time.Minute-time.Nanosecond))
		if want.Waiting = row.Waiting; row != want {
			t.Fatalf("after Confirm: %+v, want %+v", row, want)
		}
		time.Sleep(3*time.Minute - time.Millisecond)
		for _, due := range []int{0, 1} {
			if keys, err := store.Due(ctx, "n", "i", 10); len(keys) != due || err != nil {
				t.Fatalf("due are %v, %v to be sent again; want %d", keys, err, due)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

func must(t *testing.T) func(maicontact.Contact, error) maicontact.Contact {
	return func(row maicontact.Contact, err error) maicontact.Contact {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
}

// Want relies on it: a fingerprint that is not there means "not known".
func TestStampsAreNeverEmpty(t *testing.T) {
	t.Parallel()
	if s := maicontact.StampOf(webchat.Profile{}); s.Profile == "" || s.Access == "" {
		t.Errorf("the empty profile has the stamp %+v", s)
	}
}

func BenchmarkMemoryStoreContact(b *testing.B) {
	store := maicontact.NewMemoryStore()
	key := fill(b, store, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Contact(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

// The time must not grow with the number of rows that are due.
func BenchmarkMemoryStoreDue(b *testing.B) {
	for _, rows := range []int{100, 100_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			store := maicontact.NewMemoryStore()
			fill(b, store, rows)
			b.ReportAllocs()
			for b.Loop() {
				if keys, err := store.Due(b.Context(), "n", "i", 64); len(keys) != 64 || err != nil {
					b.Fatal(len(keys), err)
				}
			}
		})
	}
}

func fill(b *testing.B, store maicontact.Store, rows int) maicontact.Key {
	b.Helper()
	w := maicontact.Wanted{Stamp: maicontact.StampOf(webchat.Profile{}), Revision: 1}
	var key maicontact.Key
	for i := range rows {
		key = maicontact.NewKey("n", "i", fmt.Sprint(i))
		if _, err := store.Want(b.Context(), key, w); err != nil {
			b.Fatal(err)
		}
	}
	return key
}
