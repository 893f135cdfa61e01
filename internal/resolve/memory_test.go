package resolve

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

const someID = webchat.ContactID("0b5e7a52-6c1d-4b39-9d0f-3a7f5e0c9a11")

// An answer is remembered for its owner and profile, for a while.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1000)
		a := Answer{ID: someID, Trust: 3, Checked: time.Now(), Settled: true}
		m.put("owner", "profile", a)
		if got, ok := m.get("owner", "profile"); !ok || got != a {
			t.Errorf("%+v, %v", got, ok)
		}
		for _, other := range [][2]string{{"owner", "another"}, {"another", "profile"}, {"owner", ""}, {"", "profile"}} {
			if _, ok := m.get(other[0], other[1]); ok {
				t.Errorf("%v is remembered", other)
			}
		}
		time.Sleep(recallTime + 1)
		if _, ok := m.get("owner", "profile"); ok {
			t.Error("it is remembered for ever")
		}
		m.put("owner", "profile", a)
		m.forget("owner")
		if _, ok := m.get("owner", "profile"); ok {
			t.Error("it is not forgotten")
		}
	})
}

// The memory is bounded: when it is full it begins anew, and goes on remembering.
func TestMemoryIsBounded(t *testing.T) {
	const most = 1200
	m := newMemory(most)
	for i := range 10 * most {
		owner := fmt.Sprint(i)
		m.put(owner, "p", Answer{ID: someID})
		if _, ok := m.get(owner, "p"); !ok {
			t.Fatalf("number %d is not remembered", i)
		}
		if n := m.known.ItemCount(); n > most {
			t.Fatalf("%d answers, want %d at most", n, most)
		}
	}
	if _, ok := m.get(fmt.Sprint(9*most), "p"); !ok {
		t.Error("what was remembered since is lost")
	}
}

// It takes a bounded number of bytes, and starts no goroutine.
func TestMemoryTakesLittle(t *testing.T) {
	size := func() int {
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	before, goroutines := size(), runtime.NumGoroutine()
	m := newMemory(maxRecalled)
	for i := range maxRecalled {
		m.put(fmt.Sprintf("%022d", i), "p", Answer{ID: someID})
	}
	if took := size() - before; took > 40<<20 {
		t.Errorf("%d answers take %d bytes", maxRecalled, took)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines were started", n-goroutines)
	}
	runtime.KeepAlive(m)
}

func TestMemoryAtOnce(t *testing.T) {
	m := newMemory(100)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 2000 {
				owner := fmt.Sprint(i, j%50)
				m.put(owner, owner, Answer{ID: someID, Trust: int64(i)})
				if got, ok := m.get(owner, owner); ok && got.Trust != int64(i) {
					t.Error("the answer of another")
				}
				m.forget(owner)
			}
		})
	}
	group.Wait()
}
