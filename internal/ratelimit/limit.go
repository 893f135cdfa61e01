// Package ratelimit bounds how many new visitors there may be, of one client and
// in all, so that nobody can make contacts without end by throwing cookies away.
package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/maicontact/maicontact/internal/background"
)

// mostClients is how many clients one generation of Limit knows.
const mostClients = 20_000

// Limit bounds how many new visitors are made: a token bucket for each
// client, and one for all. Safe for concurrent use.
//
// A bucket that nobody takes from for the time in which it fills up is as good
// as new. So two generations are enough, and the older one is dropped when the
// younger has lived that long; nothing is forgotten too early, unless more than
// mostClients come meanwhile. While the total bucket is empty nobody is looked
// up or written down. Together that is at most 40,000 clients and 8 MB, however
// many addresses come.
type Limit struct {
	proxies  []netip.Prefix
	every    rate.Limit
	burst    int           // of a client; negative: clients are not limited
	lifetime time.Duration // of a generation: a bucket is full again

	mu    sync.Mutex
	total *rate.Limiter
	young map[netip.Addr]*rate.Limiter
	old   map[netip.Addr]*rate.Limiter
	full  background.Every
	born  time.Time // of the younger generation
}

// Options of a [Limit].
type Options struct {
	Burst          int            // new visitors of one client at once; negative: any number
	Interval       time.Duration  // until a client may be one more
	PerSecond      float64        // of all clients; not above 0: any number
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
}

// Check reports every fault. The errors name the fields of Config.
func (o Options) Check() error {
	var faults []error
	if o.Interval < 0 {
		faults = append(faults, errors.New("Config.Visitors.Interval must not be negative; a negative Config.Visitors.Burst switches the limit off"))
	}
	if math.IsNaN(o.PerSecond) || math.IsInf(o.PerSecond, 0) {
		faults = append(faults, errors.New("Config.Visitors.PerSecond must be a number of visitors per second; a negative one switches the limit off"))
	}
	return errors.Join(append(faults, CheckProxies(o.TrustedProxies))...)
}

// New returns a Limit that has turned nobody away yet.
func New(o Options) *Limit {
	total := rate.NewLimiter(rate.Inf, 1)
	if o.PerSecond > 0 {
		total = rate.NewLimiter(rate.Limit(o.PerSecond), int(math.Ceil(min(o.PerSecond, math.MaxInt32))))
	}
	fill := min(float64(o.Burst)*float64(o.Interval), float64(24*time.Hour))
	return &Limit{proxies: o.TrustedProxies, every: rate.Every(o.Interval), burst: o.Burst, lifetime: time.Duration(fill), total: total}
}

// The limits that a new visitor may be over.
const (
	OverTotal  = "total"
	OverClient = "client"
)

// Take takes a token for a new visitor, whose request it is. It returns the limit
// that does not allow that, and takes nothing then; empty: the visitor may be made.
func (l *Limit) Take(r *http.Request) (over string) {
	return l.take(clientOf(r.RemoteAddr, r.Header["X-Forwarded-For"], l.proxies))
}

// TakeOrWarn is Take with a line in the log, now and then, of who is turned away.
// It reports whether the visitor may be made.
func (l *Limit) TakeOrWarn(ctx context.Context, r *http.Request, log *slog.Logger) bool {
	over := l.Take(r)
	if over != "" && l.full.Count(time.Now()) > 0 {
		log.WarnContext(ctx, "maicontact: too many new visitors, some get no chat; behind a proxy check Config.Site.TrustedProxies",
			"limit", over, "forwarded", len(r.Header["X-Forwarded-For"]) > 0)
	}
	return over == ""
}

// take takes a token for one new visitor of a client. It returns the limit that
// does not allow that, and takes nothing then; empty: the visitor may be made.
func (l *Limit) take(client netip.Addr) (over string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.total.TokensAt(now) < 1 {
		return OverTotal
	}
	if l.burst > 0 && !l.bucket(client, now).AllowN(now, 1) {
		return OverClient
	}
	l.total.AllowN(now, 1)
	return ""
}

// bucket returns the bucket of a client. The caller holds l.mu.
func (l *Limit) bucket(client netip.Addr, now time.Time) *rate.Limiter {
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
