// Package ratelimit bounds how many new visitors there may be, of one client, of one
// network and in all, so that nobody can make contacts without end by throwing
// cookies away.
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

// Limit bounds how many new visitors are made: of each client, of each network and
// in all. Safe for concurrent use.
//
// Where the total is short, who has asked least goes first: half of what may come at
// once is kept for others, and the more a network has asked within the last hour the
// more of that half it must leave. Asks that are turned away count, too. So a flood
// takes what nobody else wants, and somebody of a network that floods nobody finds
// room, unless the flood is of networks that were never seen before.
//
// While the total is spent, no client is looked up or written down. Together the
// buckets take at most 24 MB, however many addresses come.
type Limit struct {
	proxies []netip.Prefix
	room    float64 // of the total, that who asks often must leave

	mu                sync.Mutex
	total             *rate.Limiter
	clients, networks *buckets // nil: not limited
	near, far         *buckets // of asks: how often networks ask
	full              background.Every
}

// clientsOfNetwork is how many clients a network may be.
const clientsOfNetwork = 4

// How many asks of an hour make a network one that asks often, by itself or with the
// larger one that it is in, which one owner may have as a whole.
const (
	oftenNear = 24
	oftenFar  = 20 * oftenNear
)

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
	return errors.Join(append(faults, checkProxies(o.TrustedProxies))...)
}

// New returns a Limit that has turned nobody away yet.
func New(o Options) *Limit {
	l := &Limit{proxies: o.TrustedProxies, total: rate.NewLimiter(rate.Inf, 1)}
	if o.PerSecond > 0 {
		// Of one there would be no half to keep.
		most := max(2, int(math.Ceil(min(o.PerSecond, math.MaxInt32))))
		l.total, l.room = rate.NewLimiter(rate.Limit(o.PerSecond), most), float64(most/2)
		l.near, l.far = newBuckets(oftenNear, time.Hour/oftenNear), newBuckets(oftenFar, time.Hour/oftenFar)
	}
	if o.Burst > 0 {
		l.clients = newBuckets(o.Burst, o.Interval)
		l.networks = newBuckets(min(o.Burst, math.MaxInt32)*clientsOfNetwork, o.Interval/clientsOfNetwork)
	}
	return l
}

// The limits that a new visitor may be over.
const (
	overTotal   = "total"
	overNetwork = "network"
	overClient  = "client"
)

// Take takes a token for a new visitor, whose request it is. It reports whether the
// visitor may be made; the log says now and then who is turned away.
func (l *Limit) Take(ctx context.Context, r *http.Request, log *slog.Logger) bool {
	over := l.take(clientOf(r.RemoteAddr, r.Header["X-Forwarded-For"], l.proxies))
	if over != "" {
		l.full.Warn(ctx, log, "maicontact: too many new visitors, some get no chat; behind a proxy check Config.Site.TrustedProxies",
			"limit", over, "forwarded", len(r.Header["X-Forwarded-For"]) > 0)
	}
	return over == ""
}

// take takes a token for one new visitor of a client. It returns the limit that
// does not allow that, and takes nothing then; empty: the visitor may be made.
func (l *Limit) take(client netip.Addr) (over string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, network := time.Now(), networkOf(client)
	if l.total.TokensAt(now) < 1+l.leaves(client, network, now) {
		return overTotal
	}
	if l.clients != nil {
		own, shared := l.clients.of(client, now), l.networks.of(network, now)
		switch {
		case own.TokensAt(now) < 1:
			return overClient
		case shared.TokensAt(now) < 1:
			return overNetwork
		}
		own.AllowN(now, 1)
		shared.AllowN(now, 1)
	}
	l.total.AllowN(now, 1)
	return ""
}

// leaves counts an ask, and returns how much of the total it must leave to others.
func (l *Limit) leaves(client, network netip.Addr, now time.Time) float64 {
	if l.room == 0 {
		return 0
	}
	return l.room * max(l.near.spend(network, now), l.far.spend(aroundOf(client), now))
}
