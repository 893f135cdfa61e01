package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/contacts/storetest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) contacts.Store { return contacts.NewMemoryStore() })
}

func TestNewMemoryStoreStartsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A bubble does not end before its goroutines, and a janitor never would.
		before := runtime.NumGoroutine()
		store := contacts.NewMemoryStore()
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines after %d", after, before)
		}
		runtime.KeepAlive(store)
	})
}

var shop = contacts.Scope{Namespace: "shop", InboxID: "inbox"}

// The clock begins with the wall clock, goes on evenly, and is cut to
// milliseconds.
func TestMemoryStoreClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := contacts.NewMemoryStore()
		start := time.Now().UTC()
		for _, step := range []struct{ sleep, want time.Duration }{
			{0, 0},
			{time.Millisecond - 1, 0},
			{1, time.Millisecond},
			{time.Hour, time.Hour + time.Millisecond},
		} {
			time.Sleep(step.sleep)
			_, now, err := store.Get(t.Context(), shop.Member("1"))
			if want := start.Add(step.want); now != want || !errors.Is(err, contacts.ErrNotFound) {
				t.Errorf("the clock is %v, want %v (%v)", now, want, err)
			}
			if changes, err := store.Changed(t.Context(), shop, start, 1); changes.Now != now || err != nil {
				t.Errorf("Changed has the clock %v, want %v (%v)", changes.Now, now, err)
			}
		}
	})
}

// With a clock that stands still, it is known exactly when a time has come.
func TestMemoryStoreTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, ctx := contacts.NewMemoryStore(), t.Context()
		start := time.Now().UTC()
		row := contacts.New(shop.Visitor("1"), start)
		row.Expires, row.Trust = start.Add(time.Minute), 1
		row = put(t, store, row, contacts.Guard{NotAfter: start})
		row.Due = start.Add(time.Second)
		row = put(t, store, row, contacts.Guard{NotAfter: start})

		time.Sleep(time.Millisecond)
		if _, err := store.Put(ctx, row, contacts.Guard{NotAfter: start}); !errors.Is(err, contacts.ErrLate) {
			t.Errorf("a millisecond after the time: %v", err)
		}
		for since, want := range map[time.Duration]int{0: 1, time.Millisecond: 0} {
			if changes, err := store.Changed(ctx, shop, start.Add(since), 9); len(changes.List) != want || err != nil {
				t.Errorf("since %v: %v, %v", since, changes, err)
			}
		}
		time.Sleep(time.Second - 2*time.Millisecond)
		for _, want := range []int{0, 1} {
			if due, err := store.Due(ctx, shop, 9); len(due) != want || err != nil {
				t.Errorf("due are %v, %v; want %d", due, err, want)
			}
			time.Sleep(time.Millisecond)
		}
		row.Due = time.Time{}
		put(t, store, row, contacts.Guard{})
		time.Sleep(time.Minute - time.Second - 2*time.Millisecond)
		for _, want := range []int{0, 1} {
			if expired, err := store.Expired(ctx, shop, 9); len(expired) != want || err != nil {
				t.Errorf("expired are %v, %v; want %d", expired, err, want)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

func put(t testing.TB, store contacts.Store, row contacts.Row, g contacts.Guard) contacts.Row {
	t.Helper()
	row, err := store.Put(t.Context(), row, g)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// Visitors who come and go must not leave anything behind.
func TestMemoryStoreForgetsDeletedRows(t *testing.T) {
	store := contacts.NewMemoryStore()
	used := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	churn := func(rows int) {
		for i := range rows {
			row := contacts.New(shop.Visitor(fmt.Sprint("visitor-", rows, "-", i)), time.Now())
			row.Trust, row.Due, row.Expires = 1, row.Created, row.Created
			row = put(t, store, row, contacts.Guard{})
			if err := store.Delete(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
	}
	churn(1000)
	before := used()
	churn(20_000)
	if after := used(); after > before+1<<20 {
		t.Errorf("20,000 rows that are gone hold %d bytes", after-before)
	}
	runtime.KeepAlive(store)
}

func fill(b *testing.B, rows int) *contacts.MemoryStore {
	b.Helper()
	store := contacts.NewMemoryStore()
	for i := range rows {
		row := contacts.New(shop.Member(fmt.Sprint(i)), time.Now().Add(-time.Hour))
		row.Trust, row.Due = int64(i+1), row.Created
		put(b, store, row, contacts.Guard{})
	}
	return store
}

// The time of these must not grow with the number of rows.
func BenchmarkMemoryStore(b *testing.B) {
	for _, rows := range []int{100, 100_000} {
		store := fill(b, rows)
		for name, run := range map[string]func(ctx context.Context) error{
			"Get": func(ctx context.Context) error { _, _, err := store.Get(ctx, shop.Member("7")); return err },
			"Due": func(ctx context.Context) error { _, err := store.Due(ctx, shop, 64); return err },
			"Changed": func(ctx context.Context) error {
				_, err := store.Changed(ctx, shop, time.Now().Add(time.Hour), 64)
				return err
			},
			"Rows": func(ctx context.Context) error { _, err := store.Rows(ctx, shop, shop.Member("7"), 64); return err },
		} {
			b.Run(fmt.Sprint(name, "/", rows), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := run(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
