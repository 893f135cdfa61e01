package upstream

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Hundreds of changes wait and MaiAgent is slow: a member's call has its turn at
// once, and no more calls are under way than may be.
func TestMembersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 6, PerSecond: 100})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second})
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				if err := b.find(t.Context(), Upkeep); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(5*time.Second + 500*time.Millisecond)
		start := time.Now()
		if err := b.find(t.Context(), MakeMember); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("a member waited %v for others' changes", took)
		}
		group.Wait()
		if most := b.most.Load(); most != 4 { // half of them, and the member
			t.Errorf("%d calls under way, want 4", most)
		}
	})
}

// A slow MaiAgent and a crowd of visitors: who has no turn is turned away at
// once, and a member still gets theirs.
func TestVisitorsAreTurnedAwayFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 8, PerSecond: 100})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 500 * time.Millisecond})
		var group sync.WaitGroup
		var mu sync.Mutex
		greeted := 0
		for range 100 {
			group.Go(func() {
				start := time.Now()
				err := b.find(t.Context(), MakeVisitor)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					greeted++
				case !errors.Is(err, ErrBusy) || time.Since(start) != 0:
					t.Errorf("a visitor got %v after %v", err, time.Since(start))
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		if err := b.find(t.Context(), MakeMember); err != nil || time.Since(start) > 500*time.Millisecond {
			t.Errorf("a member got %v after %v", err, time.Since(start))
		}
		group.Wait()
		if greeted != 6 {
			t.Errorf("%d visitors had a turn, want 6", greeted)
		}
	})
}

// Waiting calls drain at nearly the rate that is allowed, and no faster.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, calls, seconds = 20, 16, 20
		b := newBed(t, Options{Calls: calls, PerSecond: rate})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 200 * time.Millisecond})
		ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
		defer cancel()
		var group sync.WaitGroup
		for range 30 {
			group.Go(func() {
				for b.find(ctx, MakeMember) == nil {
				}
			})
		}
		group.Wait()
		if n := len(b.sim.Requests()); n < seconds*rate*9/10 || n > seconds*rate+calls {
			t.Errorf("%d calls in %d s at %d a second", n, seconds, rate)
		}
	})
}

// Who leaves while waiting for a turn leaves no place taken, whatever it was for.
func TestTurnsAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 1, PerSecond: -1})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 3 * time.Second})
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := b.find(ctx, Purpose(i%3))
				if err == nil {
					t.Error("a call in less than its time")
				}
			})
		}
		group.Wait()
		b.sim.ClearFaults()
		time.Sleep(time.Minute)
		for _, p := range []Purpose{Upkeep, MakeMember, MakeVisitor} {
			if err := b.find(t.Context(), p); err != nil {
				t.Errorf("purpose %d: %v", p, err)
			}
		}
	})
}

// Who waited in vain is told so, and by what.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 1, PerSecond: -1})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 3 * time.Second})
		var group sync.WaitGroup
		group.Go(func() { _ = b.find(t.Context(), MakeMember) })
		synctest.Wait()
		for _, p := range []Purpose{Upkeep, MakeMember} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := b.find(ctx, p); !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("purpose %d: %v", p, err)
			}
			cancel()
		}
		if err := b.find(t.Context(), MakeVisitor); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		group.Wait()
		if b.Down() {
			t.Error("waiting was taken for an outage")
		}
	})
}

// The load is what is under way and what waits, and nothing once all has ended.
func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 4, PerSecond: 100})
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second})
		for range 5 {
			go func() { _ = b.find(t.Context(), Upkeep) }()
		}
		synctest.Wait()
		if got, want := b.Load(), (Load{UnderWay: 2, Most: 4, Queued: 3, PerSecond: 100}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		time.Sleep(4 * time.Second)
		if got, want := b.Load(), (Load{Most: 4, PerSecond: 100}); got != want {
			t.Errorf("afterwards %+v, want %+v", got, want)
		}
		if got, want := newBed(t, Options{PerSecond: -1}).Load(), (Load{Most: 1, PerSecond: -1}); got != want {
			t.Errorf("without limits %+v, want %+v", got, want)
		}
	})
}

// Calls that get no turn are counted, and those that are held back are not.
func TestLoadCountsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, Options{Calls: 1, PerSecond: -1})
		slow := b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second})
		go func() { _ = b.find(t.Context(), MakeMember) }()
		synctest.Wait()
		for range 2 {
			_ = b.find(t.Context(), MakeVisitor) // does not wait
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_ = b.find(impatient, MakeMember)
		time.Sleep(2 * time.Second)
		slow()
		b.sim.Inject(webchattest.Fault{Kind: webchattest.CutBefore})
		for range failuresOfOutage + 4 {
			_ = b.find(t.Context(), MakeMember)
		}
		if got, want := b.Load(), (Load{Most: 1, PerSecond: -1, Refused: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
