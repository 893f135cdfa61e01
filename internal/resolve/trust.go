package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
)

const (
	// pollInterval is how often it is asked what has changed elsewhere.
	pollInterval = time.Second
	// trustTime is how long after its start a poll counts.
	trustTime = 2 * time.Second
	// overlap is how far a poll looks back beyond the last one: a change may
	// take that long from its stamp to being seen.
	overlap = 10 * time.Second
	// maxChanges is how many changes of one poll are looked at one by one.
	maxChanges = 10_000
	// maxEnded bounds how many people's ends of trust are remembered.
	maxEnded = 100_000
	// maxDrift is how far the store's clock may go from ours between two polls.
	maxDrift = 5 * time.Second
)

// trust decides whether a session may be believed: it knows since when this process has
// been told of every change, and whose trust has ended. While nobody polls for changes
// nothing is believed. It is safe for concurrent use.
type trust struct {
	recheck, stale time.Duration

	mu    sync.RWMutex
	begun time.Time // our clock when the last good poll began; zero: none yet
	wall  time.Time // the same, of the clock that people set
	now   time.Time // the store's clock, as that poll said
	floor time.Time // what was checked before, by the store's clock, is not believed
	ended map[string]end
}

// end is an end of trust: what was read under a lower trust is void.
type end struct {
	trust int64
	at    time.Time // of the store's clock, when it became known here
}

func newTrust(recheck, stale time.Duration) *trust {
	return &trust{recheck: recheck, stale: max(stale, 0), ended: map[string]end{}}
}

// believes reports whether what was read of the person at that time, by the
// store's clock, is still so. now is ours.
func (t *trust) believes(owner string, trust int64, checked, now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	passed := now.Sub(t.begun)
	if t.begun.IsZero() || passed > trustTime || now.Round(0).Sub(t.wall).Abs() > trustTime {
		return false
	}
	return t.within(owner, trust, checked, passed, t.recheck)
}

// believesStale is believes for when the store gives no answer: the last good
// poll may be longer ago.
func (t *trust) believesStale(owner string, trust int64, checked, now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.stale > 0 && !t.begun.IsZero() && t.within(owner, trust, checked, now.Sub(t.begun), t.recheck+t.stale)
}

// within needs mu. passed is how long ago the last good poll began.
func (t *trust) within(owner string, trust int64, checked time.Time, passed, d time.Duration) bool {
	age := passed + t.now.Sub(checked)
	return checked.After(t.floor) && -maxDrift < age && age < d && t.ended[owner].trust <= trust
}

// end notes that what was read under a lower trust is void. When more than maxEnded
// people would have to be remembered, nothing older than that moment is believed.
func (t *trust) end(owner string, trust int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(owner, trust, at)
}

// note needs mu.
func (t *trust) note(owner string, trust int64, at time.Time) {
	if trust <= t.ended[owner].trust {
		return
	}
	if len(t.ended) >= maxEnded {
		t.raiseFloor(at)
	}
	t.ended[owner] = end{trust, at}
}

// newest is the highest trust of the person that is remembered, or 0.
func (t *trust) newest(owner string) int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ended[owner].trust
}

// raiseFloor forgets whose trust has ended, because nothing older than the floor is
// believed. It needs mu.
func (t *trust) raiseFloor(floor time.Time) {
	if floor.After(t.floor) {
		t.floor = floor
	}
	clear(t.ended)
}

// since is what the next poll is to ask for.
func (t *trust) since() time.Time {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.now.Add(-overlap)
}

// lastPoll is when the last good poll began, by our clock; zero: there was none.
func (t *trust) lastPoll() time.Time {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.begun
}

// applyPoll notes what a poll has found that began at that time of our clock.
func (t *trust) applyPoll(begun time.Time, found contacts.Changes) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.begun.IsZero()
	drift := found.Now.Sub(t.now) - begun.Sub(t.begun)
	switch {
	case first, found.More, drift.Abs() > maxDrift:
		t.raiseFloor(found.Now)
		if drift.Abs() > maxDrift {
			t.floor = found.Now // also where the clock went back
		}
	default:
		for _, change := range found.List {
			t.note(identity.Digest(change.Person), change.Trust, found.Now)
		}
	}
	t.begun, t.wall, t.now = begun, begun.Round(0), found.Now
	for owner, e := range t.ended {
		// By then nothing that was read before it is believed any more.
		if found.Now.Sub(e.at) > t.recheck+t.stale+overlap {
			delete(t.ended, owner)
		}
	}
}

// runFeed asks what has changed elsewhere until ctx ends.
func (r *Resolver) runFeed(ctx context.Context) {
	for ctx.Err() == nil {
		begun := time.Now()
		r.poll(ctx, begun)
		_ = background.Sleep(ctx, pollInterval-min(time.Since(begun), pollInterval/2))
	}
}

func (r *Resolver) poll(ctx context.Context, begun time.Time) {
	const message = "maicontact: the store does not say what has changed; rows are read at each request until it does"
	_ = r.attempt(ctx, trustTime, &r.feedWarning, message, func(ctx context.Context) error {
		found, err := r.Store.Changed(ctx, r.Scope, r.trust.since(), maxChanges)
		if err == nil {
			r.trust.applyPoll(begun, found)
		}
		return err
	})
}
