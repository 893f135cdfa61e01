package maicontact

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// mostClients is how many clients one generation of visitorLimit knows.
const mostClients = 20_000

// visitorLimit bounds how many new visitors are made: a token bucket for each
// client, and one for all. Safe for concurrent use.
//
// A bucket that nobody takes from for the time in which it fills up is as good
// as new. So two generations are enough, and the older one is dropped when the
// younger has lived that long; nothing is forgotten too early, unless more than
// mostClients come meanwhile. While the total bucket is empty nobody is looked
// up or written down. Together that is at most 40,000 clients and 8 MB, however
// many addresses come.
type visitorLimit struct {
	every    rate.Limit
	burst    int           // of a client; negative: clients are not limited
	lifetime time.Duration // of a generation: a bucket is full again

	mu    sync.Mutex
	total *rate.Limiter
	young map[netip.Addr]*rate.Limiter
	old   map[netip.Addr]*rate.Limiter
	born  time.Time // of the younger generation
}

func newVisitorLimit(burst int, every time.Duration, perSecond float64) *visitorLimit {
	total := rate.NewLimiter(rate.Inf, 1)
	if perSecond > 0 {
		total = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(min(perSecond, math.MaxInt32))))
	}
	fill := min(float64(burst)*float64(every), float64(24*time.Hour))
	return &visitorLimit{every: rate.Every(every), burst: burst, lifetime: time.Duration(fill), total: total}
}

// The limits that a new visitor may be over.
const (
	overTotal  = "total"
	overClient = "client"
)

// take takes a token for one new visitor of a client. It returns the limit that
// does not allow that, and takes nothing then; empty: the visitor may be made.
func (l *visitorLimit) take(client netip.Addr) (over string) { return l.allow(client, 1) }

// look returns what take would, and takes nothing.
func (l *visitorLimit) look(client netip.Addr) (over string) { return l.allow(client, 0) }

func (l *visitorLimit) allow(client netip.Addr, tokens int) (over string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.total.TokensAt(now) < 1 {
		return overTotal
	}
	if l.burst > 0 {
		if b := l.bucket(client, now); b.TokensAt(now) < 1 || !b.AllowN(now, tokens) {
			return overClient
		}
	}
	l.total.AllowN(now, tokens)
	return ""
}

// bucket returns the bucket of a client. The caller holds l.mu.
func (l *visitorLimit) bucket(client netip.Addr, now time.Time) *rate.Limiter {
	if b, ok := l.young[client]; ok && now.Sub(l.born) < l.lifetime {
		return b
	}
	if l.young == nil || now.Sub(l.born) >= l.lifetime || len(l.young) >= mostClients {
		l.old, l.young, l.born = l.young, map[netip.Addr]*rate.Limiter{}, now
	}
	b, ok := l.old[client]
	if !ok {
		b = rate.NewLimiter(l.every, l.burst)
	}
	l.young[client] = b
	return b
}
