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

// The memory is bounded: when it is full of what has not run out, nothing more
// is remembered; what has run out makes room.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 1200
		m := newMemory(most)
		count := func() (n int) {
			for i := range m.parts {
				n += m.parts[i].known.ItemCount()
			}
			return n
		}
		for i := range 10 * most {
			m.put(fmt.Sprint("first ", i), "p", Answer{ID: someID})
		}
		if n := count(); n > most || n < most/2 {
			t.Errorf("%d answers, want about %d", n, most)
		}
		if _, ok := m.get("first 0", "p"); !ok {
			t.Error("the first one was pushed out")
		}
		time.Sleep(recallTime + sweepPause)
		m.put("next", "p", Answer{ID: someID})
		if _, ok := m.get("next", "p"); !ok {
			t.Error("what has run out makes no room")
		}
		m.sweep()
		if n := count(); n != 1 {
			t.Errorf("%d answers after a sweep", n)
		}
		synctest.Wait()
	})
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
	m := newMemory(mostRecalled)
	for i := range mostRecalled {
		m.put(fmt.Sprintf("%022d", i), "p", Answer{ID: someID})
	}
	if took := size() - before; took > 40<<20 {
		t.Errorf("%d answers take %d bytes", mostRecalled, took)
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
				m.sweep()
			}
		})
	}
	group.Wait()
}
