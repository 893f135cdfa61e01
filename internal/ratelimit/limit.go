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
// When the total is short, who has asked least goes first: half of the burst is kept
// in reserve, and the more a network has asked within the last hour, the more of that
// half it must leave to others. Asks that are refused count too. So a flood gets what
// nobody else wants, and a visitor from a network that does not flood gets through,
// unless the flood comes from networks that were never seen before.
//
// While the total is spent, no client is looked up or stored. Together the buckets take
// at most 24 MB, however many addresses come.
type Limit struct {
	proxies []netip.Prefix
	reserve float64 // of the total, which those who ask often leave to others

	mu                     sync.Mutex
	total                  *rate.Limiter
	clients, networks      *buckets // nil: not limited
	networkAsks, ownerAsks *buckets // of asks: how often networks ask
	warned                 background.Every
}

// clientsPerNetwork is how many clients a network may be.
const clientsPerNetwork = 4

// How many asks in an hour it takes until a network, or the owner's larger network
// around it, must leave the whole reserve to others.
const (
	asksPerNetwork = 24
	asksPerOwner   = 20 * asksPerNetwork
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
		l.total, l.reserve = rate.NewLimiter(rate.Limit(o.PerSecond), most), float64(most/2)
		l.networkAsks, l.ownerAsks = newBuckets(asksPerNetwork, time.Hour/asksPerNetwork), newBuckets(asksPerOwner, time.Hour/asksPerOwner)
	}
	if o.Burst > 0 {
		l.clients = newBuckets(o.Burst, o.Interval)
		l.networks = newBuckets(min(o.Burst, math.MaxInt32)*clientsPerNetwork, o.Interval/clientsPerNetwork)
	}
	return l
}

// The limits that may refuse a new visitor, as the log names them.
const (
	overTotal   = "total"
	overNetwork = "network"
	overClient  = "client"
)

// Take takes a token for the new visitor who makes the request. It reports whether the
// visitor may be made. Refusals are logged, at most once a minute.
func (l *Limit) Take(ctx context.Context, r *http.Request, log *slog.Logger) bool {
	over := l.take(clientOf(r.RemoteAddr, r.Header["X-Forwarded-For"], l.proxies))
	if over != "" {
		l.warned.Warn(ctx, log, "maicontact: too many new visitors, some get no chat; behind a proxy check Config.Site.TrustedProxies",
			"limit", over, "forwarded", len(r.Header["X-Forwarded-For"]) > 0)
	}
	return over == ""
}

// take takes a token for a new visitor of a client. If a limit does not allow it, take
// returns the limit's name and takes nothing.
func (l *Limit) take(client netip.Addr) (over string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, network := time.Now(), networkOf(client)
	if l.total.TokensAt(now) < 1+l.reserveFor(client, network, now) {
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

// reserveFor counts an ask, and returns how much of the total it must leave to others.
func (l *Limit) reserveFor(client, network netip.Addr, now time.Time) float64 {
	if l.reserve == 0 {
		return 0
	}
	return l.reserve * max(l.networkAsks.spend(network, now), l.ownerAsks.spend(ownerOf(client), now))
}
