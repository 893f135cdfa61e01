package scaletest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// heap returns how much more of the heap is in use after f than before.
func heap(f func()) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first has freed of pools
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// many is a number of members that takes enough memory to be seen.
func many() int {
	if *scale {
		return 90_000
	}
	return 10_000
}

// Bytes a member in a MemoryStore.
func TestMemoryStore(t *testing.T) {
	members := many()
	for _, test := range []struct {
		name   string
		make   func(context.Context, contacts.Store, int) error
		atMost float64
	}{
		{"confirmed", makeContact, 2000},
		{"with a profile that waits", func(ctx context.Context, store contacts.Store, n int) error {
			at, err := contacts.Read(ctx, store, person(n))
			if err != nil {
				return err
			}
			return at.Change(ctx, func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.SetDesired(desired(n), now) })
		}, 4000},
	} {
		store := maicontact.NewMemoryStore()
		used := heap(func() {
			for n := range members {
				if err := test.make(t.Context(), store, n+1); err != nil {
					t.Fatal(err)
				}
			}
		}) / float64(members)
		runtime.KeepAlive(store)
		t.Logf("MemoryStore: %.0f bytes a member, %s", used, test.name)
		if used > test.atMost {
			t.Errorf("a member %s takes %.0f bytes of a MemoryStore, want at most %.0f", test.name, used, test.atMost)
		}
	}
}

// Bytes of what a process remembers of a member it has answered for.
func TestRemembered(t *testing.T) {
	members := many()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	c := config(sim)
	c.Store = full{}
	c.Identify = func(r *http.Request) (*maicontact.Member, error) {
		var n int
		if _, err := fmt.Sscan(r.Header.Get("Number"), &n); err != nil {
			return nil, err
		}
		return memberOf(n, 1), nil
	}
	p := newProcess(t, c)
	p.run(t)
	used := heap(func() {
		for n := range members {
			r := httptest.NewRequestWithContext(t.Context(), "GET", site, nil)
			r.Header.Set("Number", fmt.Sprint(n+1))
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Body.String() != contactOf(n+1).Reveal() {
				t.Fatalf("member %d got status %d", n+1, w.Code)
			}
		}
	}) / float64(members)
	runtime.KeepAlive(p)
	t.Logf("remembered answers: %.0f bytes a member", used)
	if used > 600 || used < 50 {
		t.Errorf("an answer that is remembered takes %.0f bytes, want 50 to 600", used)
	}
}

// full is a store in which every member has a confirmed contact.
type full struct{ contacts.Store }

func (full) Get(_ context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	var head uint32
	var n int
	if _, err := fmt.Sscanf(p.ID, "%08x-5ca1-4000-8000-%012x", &head, &n); err != nil {
		return contacts.Row{}, time.Time{}, err
	}
	row, now := contacts.New(p, time.Now()), time.Now()
	row.Version, row.ContactID, row.Revision = 1, contactOf(n), 1
	row.Desired = desired(n).Stamp
	row.Confirmed = row.Desired
	return row, now, nil
}

func (full) Changed(context.Context, contacts.Scope, time.Time, int) (contacts.Changes, error) {
	return contacts.Changes{Now: time.Now()}, nil
}

func (full) Due(context.Context, contacts.Scope, int) ([]contacts.Person, error) { return nil, nil }

func (full) Count(context.Context, contacts.Scope) (contacts.Counts, error) {
	return contacts.Counts{}, nil
}
