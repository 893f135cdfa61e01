package scaletest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/sqlstore"
)

// readers are how many read at the same time.
const readers = 8

// operation is what is timed.
type operation struct {
	name  string
	times int // in a sample
	run   func(context.Context, *table) error
	// beside: the operation runs once at a time, beside the readers;
	// otherwise spread tells over how many goroutines it is spread.
	beside bool
	spread int
}

var due = operation{name: "next due", times: 150, run: nextDue, spread: 1}

var operations = []operation{
	{name: "lookup", times: 1500, run: lookup, spread: 1},
	{name: "lookup, 8 readers", times: 4000, run: lookup, spread: readers},
	{name: "claim and bind", times: 100, run: claimAndBind, spread: 1},
	{name: "claim and bind, beside 8 readers", times: 60, run: claimAndBind, spread: 1, beside: true},
	due,
	{name: "next due, beside 8 readers", times: 60, run: nextDue, spread: 1, beside: true},
}

// control has no index on purpose: it shows that the others would be caught.
var control = operation{name: "no index, as a control", times: 2, run: unindexed, spread: 1}

// leastControl is how much the control grows at least. The table grows at
// least twenty times.
const leastControl = 5

func unindexed(ctx context.Context, d *table) error {
	var n int
	return d.db.QueryRowContext(ctx, "SELECT count(*) FROM maicontact_contacts WHERE reason = 'none has this'").Scan(&n)
}

func lookup(ctx context.Context, d *table) error {
	row, _, err := d.store.Get(ctx, person(1+rand.N(d.members)))
	if err == nil && row.ContactID == "" {
		err = fmt.Errorf("a member has no contact")
	}
	return err
}

// claimAndBind is what a new member needs.
func claimAndBind(ctx context.Context, d *table) error {
	return makeContact(ctx, d.store, d.members+int(d.added.Add(1)))
}

// nextDue is what the reconciler asks for each second.
func nextDue(ctx context.Context, d *table) error {
	due, err := d.store.Due(ctx, scope, 64)
	if err == nil && len(due) != 64 {
		err = fmt.Errorf("%d rows are due, want 64", len(due))
	}
	return err
}

// sample returns what the operation takes once, from the time that many take.
func (o operation) sample(t testing.TB, d *table, times int) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var background sync.WaitGroup
	if o.beside {
		for range readers {
			background.Go(func() {
				for ctx.Err() == nil {
					if err := lookup(ctx, d); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	var work sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(times))
	start := time.Now()
	for range o.spread {
		work.Go(func() {
			for left.Add(-1) >= 0 {
				if err := o.run(t.Context(), d); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	took := time.Since(start)
	cancel()
	background.Wait()
	return took / time.Duration(times)
}

// result is one operation on two tables, over all rounds.
type result struct {
	small, large []time.Duration
	ratios       []float64
}

// compare times an operation on both tables in turn, in each round, and takes
// the ratio within the round.
func compare(t testing.TB, o operation, small, large *table, rounds int) result {
	t.Helper()
	for _, d := range []*table{small, large} { // fills caches, prepares statements
		o.sample(t, d, max(o.times/3, 1))
	}
	var r result
	for round := range rounds {
		order := []*table{small, large}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		took := map[*table]time.Duration{}
		for _, d := range order {
			took[d] = o.sample(t, d, o.times)
		}
		r.small = append(r.small, took[small])
		r.large = append(r.large, took[large])
		r.ratios = append(r.ratios, float64(took[large])/float64(took[small]))
	}
	return r
}

// growth is the median of the ratios.
func (r result) growth() float64 { return quantile(r.ratios, 0.5) }

func (r result) String() string {
	micros := func(d []time.Duration) float64 { return float64(quantile(d, 0.5)) / 1e3 }
	return fmt.Sprintf("%9.1f %9.1f %7.2f (%.2f-%.2f)", micros(r.small), micros(r.large),
		r.growth(), quantile(r.ratios, 0.25), quantile(r.ratios, 0.75))
}

func quantile[T time.Duration | float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// target is how much an operation may grow from the small table to the large.
func (k kind) target() float64 {
	if k.dialect == sqlstore.SQLite {
		return 2
	}
	return 4.0 / 3
}
