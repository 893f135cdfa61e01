package resolve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
)

const (
	dueAtOnce     = 64
	expiredAtOnce = 500
	// pruneInterval is how often visitors whose time is over are looked for.
	pruneInterval = time.Minute
	// attemptTime bounds one attempt of a loop at the store: a dead connection would
	// otherwise stop the loop.
	attemptTime = 30 * time.Second
)

// Run keeps rows in step, and this process informed of changes made elsewhere, until ctx
// ends. Then it begins no new work, waits for what is under way as long as Drain allows,
// and returns nil, or an error that says what had not ended.
func (r *Resolver) Run(ctx context.Context) error {
	r.running.Add(1)
	defer r.running.Add(-1)
	r.work.Open()
	var loops sync.WaitGroup
	loops.Go(func() { r.runFeed(ctx) })
	loops.Go(func() { r.prune(ctx) })
	loops.Go(func() { r.upkeep(ctx) })
	<-ctx.Done()
	return r.drain(context.WithoutCancel(ctx), &loops)
}

// drain waits for what is under way, and for the loops. What takes too long is cancelled
// in the last tenth of Drain, while there is time to release its rows: a row that a
// stopped process still holds would keep people waiting until its lease is over.
func (r *Resolver) drain(ctx context.Context, loops *sync.WaitGroup) error {
	ctx, cancel := context.WithTimeout(ctx, r.Drain)
	defer cancel()
	patience, enough := context.WithTimeout(ctx, r.Drain-r.Drain/10)
	defer enough()
	left := r.work.Close(patience)
	if left > 0 {
		r.work.Cut()
		r.work.Close(ctx)
	}
	ended := make(chan struct{})
	go func() {
		loops.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	r.logWaiting(ctx)
	if left > 0 {
		return fmt.Errorf("maicontact: %d flights had not ended after %v, and were broken off", left, r.Drain-r.Drain/10)
	}
	return nil
}

// logWaiting logs how much is left for the next start. For that line it waits no longer
// than a request would.
func (r *Resolver) logWaiting(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if counts, err := r.Store.Count(ctx, r.Scope); err == nil && counts.Unsettled > 0 {
		r.Logger.InfoContext(ctx, "maicontact: changes wait in the store for the next start", "contacts", counts.Unsettled)
	}
}

// warnWithoutRun warns if Run is not running although something is asked or changed that
// needs it.
func (r *Resolver) warnWithoutRun(ctx context.Context) {
	if r.running.Load() > 0 {
		return
	}
	r.runWarning.Warn(ctx, r.Logger, "maicontact: Middleware.Run is not running, so what waits to be sent to MaiAgent stays in the table, "+
		"and each ask reads the table; run it beside the server, and end it after http.Server.Shutdown")
}

// attempt is one piece of work of a loop at the store. A panic of the store ends this
// attempt, as a failure does, and neither the loop nor the process. Failures are logged
// now and then, with that message, unless ctx has ended.
func (r *Resolver) attempt(ctx context.Context, most time.Duration, every *background.Every, message string, ask func(context.Context) error) (err error) {
	defer func() {
		if err != nil && ctx.Err() == nil {
			every.Warn(ctx, r.Logger, message, "error", err)
		}
	}()
	defer background.Contain(ctx, r.Logger, &err)
	timed, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return ask(timed)
}

// upkeep works on due rows, several at a time. A row that takes long does not hold up
// the others: upkeep asks again for what is due while it is worked on.
func (r *Resolver) upkeep(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	working := make(chan struct{}, r.Workers)
	var failed atomic.Bool
	for ctx.Err() == nil {
		r.retireWaiting(ctx)
		r.retryDeferred(ctx)
		probing := r.API.Probing()
		if r.API.Down() || probing && len(working) > 0 {
			_ = background.Sleep(ctx, pollInterval)
			continue
		}
		var due []contacts.Person
		_ = r.attempt(ctx, attemptTime, &r.storeWarning, "maicontact: the store does not say which changes wait", func(ctx context.Context) (err error) {
			due, err = r.Store.Due(ctx, r.Scope, dueAtOnce)
			return err
		})
		// Other processes have the same list, and should seldom work on the same row.
		rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		if probing && len(due) > 1 {
			due = due[:1]
		}
		for _, p := range due {
			working <- struct{}{}
			workers.Go(func() {
				defer func() { <-working }()
				if err := r.upkeepOf(ctx, p); err != nil {
					failed.Store(true)
				}
			})
		}
		if !failed.Swap(false) && len(due) == dueAtOnce {
			continue // there is more
		}
		_ = background.Sleep(ctx, pollInterval/2+rand.N(pollInterval))
	}
}

// upkeepOf works on a due row, unless another process or goroutine does already.
func (r *Resolver) upkeepOf(ctx context.Context, p contacts.Person) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := r.detached(ctx, maxFlights, func(ctx context.Context) error { return r.reconcile.Upkeep(ctx, r.Store, p) })
	if err != nil && ctx.Err() == nil {
		r.upkeepWarning.Warn(ctx, r.Logger, "maicontact: a waiting change was not worked on", "error", err)
	}
	return err
}

// prune deletes the rows of visitors whose cookie cannot come back.
func (r *Resolver) prune(ctx context.Context) {
	for background.Sleep(ctx, pruneInterval/2+rand.N(pruneInterval)) == nil {
		for {
			var n int
			err := r.attempt(ctx, attemptTime, &r.storeWarning, "maicontact: rows of visitors whose time is over stay for now", func(ctx context.Context) (err error) {
				n, err = r.pruneOnce(ctx)
				return err
			})
			if err != nil || n < expiredAtOnce {
				break
			}
		}
	}
}

// pruneOnce returns how many expired rows it has looked at.
func (r *Resolver) pruneOnce(ctx context.Context) (int, error) {
	expired, err := r.Store.Expired(ctx, r.Scope, expiredAtOnce)
	if err != nil {
		return 0, err
	}
	for _, p := range expired {
		reading, err := contacts.Read(ctx, r.Store, p)
		if err != nil {
			return 0, err
		}
		if reading.Row.IsStored() && reading.Row.IsQuiet(reading.Now()) {
			// A conflict means that somebody has come back.
			if err := r.Store.Delete(ctx, reading.Row); err != nil && ctx.Err() != nil {
				return 0, err
			}
		}
	}
	return len(expired), nil
}
