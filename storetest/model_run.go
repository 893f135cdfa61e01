package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

const (
	modelRuns  = 3
	modelSteps = 250
)

func modelCases() []check {
	var cases []check
	for range modelRuns {
		seed := rand.Uint64()
		cases = append(cases, check{fmt.Sprintf("seed %d", seed), func(f *fixture) { runModel(f, seed) }})
	}
	return cases
}

// runModel does the same random things to the store and to the model, and
// compares the answer and the row after each, and all rows at the end.
func runModel(f *fixture, seed uint64) {
	r := &modelRun{
		fixture: f,
		random:  rand.New(rand.NewPCG(seed, 0)),
		model:   model{rows: map[maicontact.Key]*modelRow{}},
		claims:  map[maicontact.Key][]maicontact.Claim{},
		ids:     []webchat.ContactID{newID(), newID(), newID()},
	}
	for i := range 3 {
		r.keys = append(r.keys, f.key(fmt.Sprint(i)))
	}
	for step := range modelSteps {
		key := pick(r, r.keys)
		what, got, want := r.step(key)
		if !errors.Is(got, want) || want == nil && got != nil {
			f.Fatalf("seed %d, step %d, %s of %s: error is %v, want %v", seed, step, what, key.Member, got, want)
		}
		r.compare(fmt.Sprintf("seed %d, step %d, %s", seed, step, what), key)
	}
	for _, key := range r.keys {
		r.compare(fmt.Sprintf("seed %d, at the end", seed), key)
	}
}

type modelRun struct {
	*fixture
	random *rand.Rand
	model  model
	keys   []maicontact.Key
	claims map[maicontact.Key][]maicontact.Claim // all that were ever given
	ids    []webchat.ContactID
}

func pick[T any](r *modelRun, from []T) T { return from[r.random.IntN(len(from))] }

// step does one thing to both; it returns its name and both errors.
func (r *modelRun) step(key maicontact.Key) (what string, got, want error) {
	ctx, s, m := r.ctx(), r.store, &r.model
	w := wanted(profile(pick(r, []string{"Ann", "Bob"}), pick(r, []string{"basic", "vip"})), r.random.Int64N(20))
	if row, known := m.rows[key]; known && r.random.IntN(2) == 0 {
		w.Revision = row.contact.Revision + r.random.Int64N(2)
	}
	claim := r.someClaim(key)
	// Mostly what is wanted, as a worker would.
	stamp := w.Stamp
	if row, known := m.rows[key]; known && r.random.IntN(3) > 0 {
		stamp = row.contact.Wanted
	}
	reason := pick(r, []string{"status 503", "status 429"})

	switch n := r.random.IntN(100); {
	case n < 20:
		_, got = s.Want(ctx, key, w)
		return "Want", got, m.want(key, w)
	case n < 50:
		return r.claimStep(key, n < 28)
	case n < 60:
		_, got = s.Attempt(ctx, claim)
		return "Attempt", got, m.attempt(claim)
	case n < 70:
		id := pick(r, r.ids)
		_, got = s.Bind(ctx, claim, id, stamp)
		return "Bind", got, m.bind(claim, id, stamp)
	case n < 77:
		return r.confirmStep(claim, stamp)
	case n < 84:
		f := maicontact.Failure{Delay: pick(r, []time.Duration{-1, 0, 0, longLease}), Reason: reason, Held: r.random.IntN(3)}
		f.Attempted = pick(r, []time.Time{{}, time.Now()})
		_, got = s.Postpone(ctx, claim, f)
		return "Postpone", got, m.postpone(claim, f)
	case n < 88:
		attempted := pick(r, []time.Time{{}, time.Now()})
		_, got = s.Park(ctx, claim, stamp, reason, attempted)
		return "Park", got, m.park(claim, stamp, reason, attempted)
	case n < 91:
		_, got = s.Regenerate(ctx, claim)
		return "Regenerate", got, m.regenerate(claim)
	case n < 93:
		_, got = s.Erase(ctx, key)
		return "Erase", got, m.erase(key)
	case n < 96:
		_, got = s.Erased(ctx, claim)
		return "Erased", got, m.erasedAt(claim)
	default:
		_, got = s.Restore(ctx, key)
		return "Restore", got, m.restore(key)
	}
}

// claimStep claims the row; a short claim is left to run out.
func (r *modelRun) claimStep(key maicontact.Key, short bool) (what string, got, want error) {
	lease := longLease
	if short {
		lease = time.Millisecond
	}
	row, got := r.store.Claim(r.ctx(), key, lease)
	want = r.model.claim(key)
	if got == nil && want == nil {
		r.claims[key] = append(r.claims[key], row.Claim())
		if short {
			r.eventually("the end of the lease", func() bool { return r.isDue(key) })
			r.model.expire(key)
		}
	}
	return "Claim", got, want
}

// confirmStep confirms a profile; a short wait until it is sent again is
// waited for.
func (r *modelRun) confirmStep(claim maicontact.Claim, stamp maicontact.Stamp) (what string, got, want error) {
	again := pick(r, []time.Duration{-1, 0, 0, time.Millisecond, time.Millisecond, longLease})
	_, got = r.store.Confirm(r.ctx(), claim, stamp, again)
	want = r.model.confirm(claim, stamp, again)
	if row := r.model.rows[claim.Key]; got == nil && want == nil && again == time.Millisecond && row.lease == noLease {
		r.eventually("the time to send again", func() bool { return r.isDue(claim.Key) })
		row.due = now
	}
	return fmt.Sprintf("Confirm with %v", again), got, want
}

// someClaim is the newest one mostly, or an older one, or one never given.
func (r *modelRun) someClaim(key maicontact.Key) maicontact.Claim {
	given := r.claims[key]
	switch {
	case len(given) == 0:
		return maicontact.Claim{Key: key, Token: r.random.Int64N(3)}
	case r.random.IntN(8) == 0:
		return pick(r, given)
	default:
		return given[len(given)-1]
	}
}

// compare checks the row of key and what the store lists as due.
func (r *modelRun) compare(when string, key maicontact.Key) {
	r.Helper()
	row, known := r.model.rows[key]
	got, err := r.store.Contact(r.ctx(), key)
	if !known {
		if !errors.Is(err, maicontact.ErrNotFound) {
			r.Fatalf("%s: the error is %v, want ErrNotFound", when, err)
		}
		return
	}
	if err != nil {
		r.Fatalf("%s: %v", when, err)
	}
	// The model learns the token; that only claims on it are good is checked
	// by the next operations.
	row.contact.Token = got.Token
	if diffs := diff(got, row.expected()); len(diffs) > 0 {
		r.Fatalf("%s of %s: the row is not as expected: %q", when, key.Member, diffs)
	}

	// From here on it must stay until another profile is wanted.
	row.contact.Since = got.Since

	var due []maicontact.Key
	unsettled := 0
	for _, key := range r.keys {
		if row, known := r.model.rows[key]; known && row.due != never {
			unsettled++
			if row.due == now {
				due = append(due, key)
			}
		}
	}
	listed, err := r.store.Due(r.ctx(), r.namespace, r.inbox, 10)
	slices.SortFunc(listed, func(a, b maicontact.Key) int { return int(a.Member[0]) - int(b.Member[0]) })
	if err != nil || !slices.Equal(listed, due) {
		r.Fatalf("%s: due are %v, %v; want %v", when, listed, err, due)
	}
	r.unsettled(unsettled)
}
