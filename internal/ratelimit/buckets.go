package ratelimit

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// mostBuckets is how many one generation of buckets has.
const mostBuckets = 20_000

// buckets are token buckets of a kind, one for each address. They are guarded by
// who has them.
//
// A bucket that nobody takes from for the time in which it fills up is as good
// as new. So two generations are enough, and the older one is dropped when the
// younger has lived that long; nothing is forgotten too early, unless more than
// mostBuckets come meanwhile.
type buckets struct {
	every    rate.Limit
	burst    int
	lifetime time.Duration // of a generation: a bucket is full again

	young map[netip.Addr]*rate.Limiter
	old   map[netip.Addr]*rate.Limiter
	born  time.Time // of the younger generation
}

func newBuckets(burst int, interval time.Duration) *buckets {
	fill := min(float64(burst)*float64(interval), float64(24*time.Hour))
	return &buckets{every: rate.Every(interval), burst: burst, lifetime: time.Duration(fill)}
}

// of returns the bucket of an address.
func (b *buckets) of(addr netip.Addr, now time.Time) *rate.Limiter {
	if found, ok := b.young[addr]; ok && now.Sub(b.born) < b.lifetime {
		return found
	}
	if b.young == nil || now.Sub(b.born) >= b.lifetime || len(b.young) >= mostBuckets {
		b.old, b.young, b.born = b.young, map[netip.Addr]*rate.Limiter{}, now
	}
	found, ok := b.old[addr]
	if !ok {
		found = rate.NewLimiter(b.every, b.burst)
	}
	b.young[addr] = found
	return found
}

// spend takes a token, if there is one, and returns which part of the bucket was
// spent before that.
func (b *buckets) spend(addr netip.Addr, now time.Time) float64 {
	bucket := b.of(addr, now)
	left := bucket.TokensAt(now)
	bucket.AllowN(now, 1)
	return 1 - left/float64(b.burst)
}
