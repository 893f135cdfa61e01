package modeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

var errStore = errors.New("the store fails")

// The calls of a store that troubles are of.
const (
	getCall     = "Get"
	putCall     = "Put"
	changedCall = "Changed"
	dueCall     = "Due"
)

// ending is what becomes of a call of the store that does not work.
type ending string

const (
	fails   ending = "fails"         // nothing is done
	slow    ending = "waits"         // it waits first; a Put goes through even when nobody waits for it any more
	replies ending = "replies late"  // of a call that reads: what it says is old
	unclear ending = "seems to fail" // a Put is done, and nobody can tell
	lost    ending = "is lost"       // a Put is not done, and nobody can tell
	late    ending = "comes late"    // a Put is done later, and nobody can tell
)

// trouble is something that goes wrong with the store, as one replica sees it.
type trouble struct {
	Call    string
	Ending  ending
	Delay   time.Duration
	Times   int
	Replica int
}

func (t trouble) String() string {
	return fmt.Sprintf("replica %d: %s %s, %d times, delay %v", t.Replica, t.Call, t.Ending, t.Times, t.Delay)
}

// troubles are those that are still to come. The zero troubles is none.
type troubles struct {
	mu   sync.Mutex
	list []*trouble
}

func (l *troubles) add(t trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, &t)
}

func (l *troubles) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

// next takes the trouble of a call; a trouble without an ending is none.
func (l *troubles) next(replica int, call string) trouble {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, t := range l.list {
		if t.Replica == replica && t.Call == call {
			if t.Times--; t.Times == 0 {
				l.list = slices.Delete(l.list, i, i+1)
			}
			return *t
		}
	}
	return trouble{}
}

// gated is the way from one replica to the store: it is cut when the replica
// crashes, and is where troubles come in.
type gated struct {
	pulse   *pulse
	inner   contacts.Store
	world   *world
	replica int
}

func through[T any](ctx context.Context, g *gated, call string, do func() (T, error)) (T, error) {
	var none T
	if !g.pulse.beat() {
		return none, errCrashed
	}
	t := g.next(call)
	if t.Ending == fails {
		g.world.silent(g.replica)
		return none, errStore
	}
	if t.Ending == slow {
		if err := g.wait(ctx, t.Delay); err != nil {
			return none, err
		}
	}
	result, err := do()
	if t.Ending == replies {
		if err := g.wait(ctx, t.Delay); err != nil {
			return none, err
		}
	}
	if !g.pulse.beat() {
		return none, errCrashed
	}
	return result, err
}

// wait is what a slow store does.
func (g *gated) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		g.world.silent(g.replica)
		return ctx.Err()
	case <-g.pulse.crashed:
		return errCrashed
	}
}

func (g *gated) next(call string) trouble {
	t := g.world.troubles.next(g.replica, call)
	if t.Ending != "" {
		g.world.hindered(g.replica)
	}
	return t
}

// reading is what Get returns.
type reading struct {
	row contacts.Row
	now time.Time
}

func (g *gated) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	read, err := through(ctx, g, getCall, func() (reading, error) {
		row, now, err := g.inner.Get(ctx, p)
		return reading{row, now}, err
	})
	if a, ok := ctx.Value(askedKey{}).(*asked); ok && (err == nil || errors.Is(err, contacts.ErrNotFound)) {
		a.read.Store(true)
	}
	return read.row, read.now, err
}

func (g *gated) Put(ctx context.Context, r contacts.Row, guard contacts.Guard) (contacts.Row, error) {
	if !g.pulse.beat() {
		return contacts.Row{}, errCrashed
	}
	row, err := g.troubled(ctx, r, guard)
	if !g.pulse.beat() {
		return contacts.Row{}, errCrashed
	}
	return row, err
}

func (g *gated) troubled(ctx context.Context, r contacts.Row, guard contacts.Guard) (contacts.Row, error) {
	t := g.next(putCall)
	if t.Ending != "" {
		defer g.world.hindered(g.replica)
	}
	switch t.Ending {
	case "":
		return g.put(ctx, r, guard)
	case fails:
		return contacts.Row{}, errStore
	case lost:
		return contacts.Row{}, contacts.ErrUnclear
	case unclear:
		_, _ = g.put(ctx, r, guard)
		return contacts.Row{}, contacts.ErrUnclear
	}
	type result struct {
		row contacts.Row
		err error
	}
	landed := make(chan result, 1)
	g.world.landing.Add(1)
	go func() {
		defer g.world.landing.Add(-1)
		time.Sleep(t.Delay)
		row, err := g.put(context.WithoutCancel(ctx), r, guard)
		g.world.hindered(g.replica)
		landed <- result{row, err}
	}()
	if t.Ending == late {
		return contacts.Row{}, contacts.ErrUnclear
	}
	select {
	case it := <-landed:
		return it.row, it.err
	case <-ctx.Done():
		return contacts.Row{}, fmt.Errorf("%w: %w", contacts.ErrUnclear, ctx.Err())
	case <-g.pulse.crashed:
		return contacts.Row{}, errCrashed
	}
}

// put goes to the store itself, and lets the world know.
func (g *gated) put(ctx context.Context, r contacts.Row, guard contacts.Guard) (contacts.Row, error) {
	if g.world.control.doubtless {
		r.DoubtUntil, r.DoubtOther = time.Time{}, false
	}
	row, err := g.inner.Put(ctx, r, guard)
	for g.world.control.lawless && errors.Is(err, contacts.ErrConflict) {
		current, _, failed := g.inner.Get(ctx, r.Person)
		if failed != nil {
			return row, err
		}
		r.Version = current.Version
		row, err = g.inner.Put(ctx, r, guard)
	}
	if err == nil {
		g.world.stored(r.Version, row, g)
	}
	return row, err
}

func (g *gated) Delete(ctx context.Context, r contacts.Row) error {
	_, err := through(ctx, g, "Delete", func() (struct{}, error) { return struct{}{}, g.inner.Delete(ctx, r) })
	return err
}

func (g *gated) Due(ctx context.Context, s contacts.Scope, limit int) ([]contacts.Person, error) {
	return through(ctx, g, dueCall, func() ([]contacts.Person, error) { return g.inner.Due(ctx, s, limit) })
}

func (g *gated) Changed(ctx context.Context, s contacts.Scope, since time.Time, limit int) (contacts.Changes, error) {
	found, err := through(ctx, g, changedCall, func() (contacts.Changes, error) { return g.inner.Changed(ctx, s, since, limit) })
	if g.world.control.deaf {
		found.List, found.More = nil, false
	}
	return found, err
}

func (g *gated) Expired(ctx context.Context, s contacts.Scope, limit int) ([]contacts.Person, error) {
	return through(ctx, g, "Expired", func() ([]contacts.Person, error) { return g.inner.Expired(ctx, s, limit) })
}

func (g *gated) Rows(ctx context.Context, s contacts.Scope, after contacts.Person, limit int) ([]contacts.Row, error) {
	return through(ctx, g, "Rows", func() ([]contacts.Row, error) { return g.inner.Rows(ctx, s, after, limit) })
}

func (g *gated) ByContact(ctx context.Context, inboxID string, id webchat.ContactID) (contacts.Row, error) {
	return through(ctx, g, "ByContact", func() (contacts.Row, error) { return g.inner.ByContact(ctx, inboxID, id) })
}

func (g *gated) Count(ctx context.Context, s contacts.Scope) (contacts.Counts, error) {
	return through(ctx, g, "Count", func() (contacts.Counts, error) { return g.inner.Count(ctx, s) })
}

func (g *gated) Namespaces(ctx context.Context, inboxID string) ([]string, error) {
	return through(ctx, g, "Namespaces", func() ([]string, error) { return g.inner.Namespaces(ctx, inboxID) })
}
