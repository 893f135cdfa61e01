//go:build !race

// All of it runs on one goroutine, where the race detector finds nothing and takes
// minutes.

package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// byDefault are the limits of a site that sets none.
var byDefault = Options{Burst: 500, Interval: 10 * time.Second, PerSecond: 50}

// An office of 500 people behind one address has room: whether they come over ten
// minutes, all in one minute, or every morning.
func TestOffice(t *testing.T) {
	for name, over := range map[string]time.Duration{"in ten minutes": 10 * time.Minute, "in a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(byDefault)
				for day := range 3 {
					for n := range 500 {
						if over := l.take(netip.MustParseAddr("203.0.113.9")); over != "" {
							t.Fatalf("day %d, number %d: over the limit %q", day, n, over)
						}
						time.Sleep(over / 500)
					}
					time.Sleep(24 * time.Hour)
				}
			})
		})
	}
}

// While one network floods, or ten thousand addresses of any do, honest visitors of
// other networks get theirs when they first ask; and the flood makes no more than
// the limits say.
func TestFlood(t *testing.T) {
	const seconds, flooding = 330, 400
	v4 := func(format string, args ...any) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, args...)) }
	for name, flood := range map[string]struct {
		from func(n int) netip.Addr
		rate int // asks in a second
		most int // that it may make in that time
	}{
		"one address":                        {func(int) netip.Addr { return v4("203.0.113.9") }, flooding, 500 + seconds/10},
		"one /64":                            {func(n int) netip.Addr { return v4("2001:db8:0:7::") }, flooding, 500 + seconds/10},
		"one /48":                            {func(n int) netip.Addr { return v4("2001:db8:0:%x::", n%65536) }, flooding, 2000 + seconds*2/5},
		"one /32":                            {func(n int) netip.Addr { return v4("2001:db8:%x:%x::", n%65536, n%7) }, flooding, 50*seconds + 50},
		"one /24":                            {func(n int) netip.Addr { return v4("198.51.100.%d", n%256) }, flooding, 2000 + seconds*2/5},
		"one /16":                            {func(n int) netip.Addr { return v4("198.51.%d.%d", n%256, n%251) }, flooding, 50*seconds + 50},
		"10,000 addresses, of 40 networks":   {func(n int) netip.Addr { return v4("198.51.%d.%d", n%10_000/250, n%250) }, flooding, 50*seconds + 50},
		"10,000 addresses, a network each":   {func(n int) netip.Addr { return v4("%d.%d.%d.1", 11+n%10_000/1000, n%1000/10, n%10) }, flooding, 50*seconds + 50},
		"10,000 addresses, all over the net": {func(n int) netip.Addr { return v4("%d.%d.7.1", 11+n%10_000/100, n%100) }, flooding, 50*seconds + 50},
		"10,000 addresses, that ask seldom":  {func(n int) netip.Addr { return v4("%d.%d.7.1", 11+n%10_000/100, n%100) }, 40, 40 * seconds},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(byDefault)
				asks, made, honest := 0, 0, 0
				for second := range seconds {
					for range flood.rate {
						if l.take(flood.from(asks)) == "" {
							made++
						}
						if asks++; asks%8 == 0 {
							time.Sleep(8 * time.Second / time.Duration(flood.rate))
						}
					}
					// For the first seconds nobody can tell addresses that were never seen
					// before from honest ones.
					if second >= 28 && second%15 == 0 && honest < 20 {
						honest++
						if over := l.take(v4("192.%d.2.1", honest)); over != "" {
							t.Errorf("honest visitor %d is over the limit %q", honest, over)
						}
					}
				}
				if honest != 20 || made > flood.most {
					t.Errorf("%d honest visitors asked, and the flood made %d, want at most %d", honest, made, flood.most)
				}
				t.Logf("the flood made %d of %d", made, asks)
			})
		})
	}
}

// From the first second on, somebody honest gets theirs by asking again as the
// loader does, also while ten thousand addresses that nobody has seen come at once.
func TestFloodOfNewAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type person struct {
			next  time.Duration
			tries int
		}
		const apart = time.Second / 2
		l, chance := New(byDefault), rand.New(rand.NewPCG(1, 2))
		asks, waiting, longest := 0, map[int]*person{}, time.Duration(0)
		for n := range 20 {
			waiting[n] = &person{next: time.Duration(n) * apart}
		}
		for start := time.Now(); time.Since(start) < 5*time.Minute && len(waiting) > 0; time.Sleep(time.Millisecond) {
			l.take(netip.AddrFrom4([4]byte{11 + byte(asks%10_000/100), byte(asks % 100), 7, 1}))
			asks++
			for n, p := range waiting {
				switch now := time.Since(start); {
				case now < p.next:
				case l.take(netip.AddrFrom4([4]byte{192, byte(n), 2, 1})) == "":
					longest = max(longest, now-time.Duration(n)*apart)
					delete(waiting, n)
				default:
					p.tries++
					p.next = now + time.Duration(float64(min(time.Second<<p.tries, time.Minute))*(0.5+chance.Float64()))
				}
			}
		}
		if len(waiting) > 0 {
			t.Errorf("%d of 20 got none in five minutes", len(waiting))
		}
		t.Logf("the longest wait was %s", longest)
	})
}

// On a site that allows few, a flood of one address starves nobody else either, once
// it is known for one.
func TestFloodOfASmallSite(t *testing.T) {
	for _, perSecond := range []float64{0.2, 1, 1.5, 2, 3} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Burst: 500, Interval: 10 * time.Second, PerSecond: perSecond})
				apart := time.Duration(3.37 / perSecond * float64(time.Second))
				for honest := range 20 {
					for begun := time.Now(); time.Since(begun) < apart; time.Sleep(5 * time.Millisecond) {
						l.take(netip.MustParseAddr("203.0.113.9"))
					}
					over := l.take(netip.AddrFrom4([4]byte{192, byte(honest), 2, 1}))
					if over != "" && honest > 0 {
						t.Errorf("honest visitor %d is over the limit %q", honest, over)
					}
				}
			})
		})
	}
}
