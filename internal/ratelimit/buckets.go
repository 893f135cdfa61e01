package ratelimit

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets is how many buckets a generation has.
const maxBuckets = 20_000

// buckets are token buckets of one kind, one for each address. The caller holds the
// lock.
//
// A bucket that nobody takes from until it is full again is as good as new. So two
// generations are enough, and the older one is dropped when the younger is that old.
// No bucket is forgotten too early, unless more than maxBuckets addresses come
// meanwhile.
type buckets struct {
	refill   rate.Limit
	burst    int
	lifetime time.Duration // of a generation: a bucket is full again

	young      map[netip.Addr]*rate.Limiter
	old        map[netip.Addr]*rate.Limiter
	youngSince time.Time // of the younger generation
}

func newBuckets(burst int, interval time.Duration) *buckets {
	fill := min(float64(burst)*float64(interval), float64(24*time.Hour))
	return &buckets{refill: rate.Every(interval), burst: burst, lifetime: time.Duration(fill)}
}

// of returns the bucket of an address.
func (b *buckets) of(addr netip.Addr, now time.Time) *rate.Limiter {
	if found, ok := b.young[addr]; ok && now.Sub(b.youngSince) < b.lifetime {
		return found
	}
	if b.young == nil || now.Sub(b.youngSince) >= b.lifetime || len(b.young) >= maxBuckets {
		b.old, b.young, b.youngSince = b.young, map[netip.Addr]*rate.Limiter{}, now
	}
	found, ok := b.old[addr]
	if !ok {
		found = rate.NewLimiter(b.refill, b.burst)
	}
	b.young[addr] = found
	return found
}

// spend takes a token, if there is one, and returns which part of the bucket had been
// spent before.
func (b *buckets) spend(addr netip.Addr, now time.Time) float64 {
	bucket := b.of(addr, now)
	left := bucket.TokensAt(now)
	bucket.AllowN(now, 1)
	return 1 - left/float64(b.burst)
}
