package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
)

// updates joins the changes of one person that arrive while an earlier one is being
// stored: only the newest of them is stored. The zero updates is ready; it is safe for
// concurrent use.
type updates struct {
	mu sync.Mutex
	// next has the person of whom a change is being stored, and the batch that is to
	// be stored after it; nil: nothing has come yet.
	next map[contacts.Person]*batch
}

// batch is what several callers wait for.
type batch struct {
	desired contacts.Desired
	done    chan struct{}
	err     error
}

// join adds a change. work is true for the one caller who must do the work.
func (u *updates) join(p contacts.Person, d contacts.Desired) (mine *batch, work bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.next == nil {
		u.next = map[contacts.Person]*batch{}
	}
	waiting, busy := u.next[p]
	switch {
	case waiting == nil:
		waiting = &batch{desired: d, done: make(chan struct{})}
		u.next[p] = waiting
	case d.Revision == 0 || d.Revision >= waiting.desired.Revision:
		waiting.desired = d
	}
	return waiting, !busy
}

// take returns what goes next; nil: there is nothing, and the work is over.
func (u *updates) take(p contacts.Person) *batch {
	u.mu.Lock()
	defer u.mu.Unlock()
	waiting := u.next[p]
	if waiting == nil {
		delete(u.next, p)
	} else {
		u.next[p] = nil
	}
	return waiting
}

// Update has the person's row say what is desired, and brings it in step without
// anybody waiting. A person without a row gets none. The error is the store's,
// or of the transition.
func (r *Resolver) Update(ctx context.Context, p contacts.Person, d contacts.Desired) error {
	mine, work := r.updates.join(p, d)
	if work {
		go r.updateAll(context.WithoutCancel(ctx), p)
	}
	select {
	case <-mine.done:
		if mine.err == nil && d.Revision != 0 && d.Revision < mine.desired.Revision {
			return contacts.ErrOlderRevision // joined with a newer one
		}
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Resolver) updateAll(ctx context.Context, p contacts.Person) {
	for next := r.updates.take(p); next != nil; next = r.updates.take(p) {
		r.updateOnce(ctx, p, next)
	}
}

// updateOnce also works while the process is shutting down: the caller waits, and it
// needs nothing but the store.
func (r *Resolver) updateOnce(ctx context.Context, p contacts.Person, b *batch) {
	defer close(b.done)
	defer background.Contain(ctx, r.Logger, &b.err)
	ctx, cancel := context.WithTimeout(ctx, r.Timing.Flight())
	defer cancel()
	b.err = r.update(ctx, p, b.desired)
}

func (r *Resolver) update(ctx context.Context, p contacts.Person, d contacts.Desired) error {
	reading, err := contacts.Read(ctx, r.Store, p)
	if err == nil && !reading.Row.IsStored() && d.Revision != 0 {
		r.deferred.add(p, d, time.Now().Add(r.Timing.Lease))
	}
	if err != nil || !reading.Row.IsStored() {
		return err
	}
	return r.change(ctx, reading, func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.SetDesired(d, now) })
}
