package ratelimit

import (
	"net/http/httptest"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// elsewhere is the number of a client in another network, and a larger one.
const elsewhere = 1 << 24

// numbered returns the client of a number, on IPv6, whose key is the larger.
func numbered(n int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 1, 2: byte(n >> 24), 5: byte(n >> 16), 6: byte(n >> 8), 7: byte(n)})
}

func TestVisitorLimit(t *testing.T) {
	type step struct {
		after   time.Duration
		client  int
		asks    int
		allowed int
		over    string // of those that are not allowed
	}
	for _, row := range []struct {
		name      string
		burst     int
		every     time.Duration
		perSecond float64
		steps     []step
	}{
		{"a client", 20, 10 * time.Second, 50, []step{
			{0, 1, 30, 20, overClient}, {9 * time.Second, 1, 5, 0, overClient}, {time.Second, 1, 5, 1, overClient},
			{time.Hour, 1, 30, 20, overClient},
		}},
		{"a client is not another", 3, time.Minute, 50, []step{{0, 1, 5, 3, overClient}, {0, 2, 5, 3, overClient}, {0, 1, 1, 0, overClient}}},
		{"who is refused takes nothing of the total", 3, time.Minute, 10, []step{
			{0, 1, 1000, 3, overClient}, {0, elsewhere, 3, 3, ""}, {0, 2 * elsewhere, 3, 3, ""}, {0, 3 * elsewhere, 3, 1, overTotal},
		}},
		{"who the total refuses takes nothing of their own", 3, time.Hour, 1, []step{
			{0, 1, 5, 1, overTotal}, {time.Second, 1, 5, 1, overTotal}, {time.Second, 1, 1, 1, ""}, {time.Second, 1, 1, 0, overClient},
		}},
		{"the total", 20, 10 * time.Second, 2.5, []step{
			{0, 1, 1, 1, ""}, {0, elsewhere, 1, 1, ""}, {0, 2 * elsewhere, 9, 1, overTotal}, {400 * time.Millisecond, 3 * elsewhere, 9, 1, overTotal},
			{time.Minute, 4 * elsewhere, 9, 2, overTotal}, {0, 5 * elsewhere, 9, 1, overTotal},
		}},
		{"less than one per second", 20, 10 * time.Second, 0.1, []step{{0, 1, 5, 1, overTotal}, {10 * time.Second, 1, 5, 1, overTotal}}},
		{"no limit for a client", -1, 10 * time.Second, 50, []step{{0, 1, 99, 25, overTotal}, {0, elsewhere, 3, 3, ""}}},
		{"a network", 2, time.Minute, -1, []step{
			{0, 1, 3, 2, overClient}, {0, 2, 3, 2, overClient}, {0, 3, 3, 2, overClient}, {0, 4, 2, 2, ""},
			{0, 5, 3, 0, overNetwork}, {0, elsewhere, 2, 2, ""}, {15 * time.Second, 5, 3, 1, overNetwork},
		}},
		{"no limit in total", 2, time.Minute, -1, []step{{0, 1, 9, 2, overClient}, {0, 2, 9, 2, overClient}}},
		{"no limit at all", -1, 10 * time.Second, -1, []step{{0, 1, 10_000, 10_000, ""}}},
		// A generation lives three seconds; the bucket outlives it while it fills.
		{"a bucket that passes on to the next generation", 3, time.Second, 50, []step{
			{0, 2, 1, 1, ""}, {2900 * time.Millisecond, 1, 9, 3, overClient}, {200 * time.Millisecond, 2, 1, 1, ""},
			{0, 1, 9, 0, overClient}, {time.Second, 1, 9, 1, overClient}, {5 * time.Second, 1, 9, 3, overClient},
		}},
		{"numbers beyond all time", 1 << 30, 1 << 62, 1e300, []step{{0, 1, 100, 100, ""}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Burst: row.burst, Interval: row.every, PerSecond: row.perSecond})
				for i, s := range row.steps {
					time.Sleep(s.after)
					got := map[string]int{}
					for range s.asks {
						got[l.take(numbered(s.client))]++
					}
					if got[""] != s.allowed || s.asks != s.allowed && got[s.over] != s.asks-s.allowed {
						t.Errorf("step %d: %v, want %d allowed and the rest over %q", i, got, s.allowed, s.over)
					}
				}
			})
		})
	}
}

// However many clients come, no more are kept in mind than is said, in no more
// bytes.
func TestVisitorLimitMemory(t *testing.T) {
	const most = 24 << 20
	size := func() int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	l := New(Options{Burst: 20, Interval: 10 * time.Second, PerSecond: 1e9})
	before := size()
	for n := range 300_000 {
		// Each is in a network of its own, and every other one in a larger one.
		client := netip.AddrFrom16([16]byte{0x20, 1 + byte(n>>17), 2: byte(n >> 9), 3: byte(n >> 1), 5: byte(n)})
		if over := l.take(client); over != "" {
			t.Fatalf("client %d is over the limit %q", n, over)
		}
		for _, kept := range []*buckets{l.clients, l.networks, l.networkAsks, l.ownerAsks} {
			if kept.size() > 2*maxBuckets {
				t.Fatalf("%d are kept", kept.size())
			}
		}
		if full := len(l.clients.young) == maxBuckets; full && (n/maxBuckets)%5 == 4 {
			if took := size() - before; took > most {
				t.Fatalf("%d clients take %d bytes, want at most %d", l.clients.size(), took, most)
			} else if n > 250_000 {
				t.Logf("%d clients take %d bytes", l.clients.size(), took)
			}
		}
	}
	runtime.KeepAlive(l)
}

// While the total is spent, addresses that come leave nothing behind.
func TestVisitorLimitWritesNothingDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Burst: 20, Interval: 10 * time.Second, PerSecond: 50})
		for n := range 100_000 {
			l.take(numbered(n))
		}
		if kept := l.clients.size(); kept != 25 {
			t.Errorf("%d clients are kept, want those %d that were allowed", kept, 25)
		}
	})
}

// size is how many buckets there are.
func (b *buckets) size() int {
	if b == nil {
		return 0
	}
	return len(b.young) + len(b.old)
}

// A request is its client's, through the proxies that are trusted.
func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Burst: 1, Interval: time.Minute, PerSecond: -1, TrustedProxies: testProxies})
		for _, step := range []struct{ remote, forwarded, want string }{
			{"203.0.113.9:1", "", ""}, {"203.0.113.9:2", "198.51.100.1", overClient}, {"10.0.0.1:1", "203.0.113.9", overClient},
			{"10.0.0.1:1", "198.51.100.1", ""}, {"10.0.0.2:1", "198.51.100.1", overClient}, {"@", "", ""}, {"@", "198.51.100.2", overClient},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = step.remote
			if step.forwarded != "" {
				r.Header.Set("X-Forwarded-For", step.forwarded)
			}
			if got := l.take(clientOf(r.RemoteAddr, r.Header["X-Forwarded-For"], l.proxies)); got != step.want {
				t.Errorf("%s for %s: %q, want %q", step.remote, step.forwarded, got, step.want)
			}
		}
	})
}
