package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// maxDeferred bounds the changes that are looked at once more. Further ones wait for
// the next request of their person.
const maxDeferred = 100_000

// deferredChanges are changes of people who had no row. One of them may just have
// asked for the first time, on another server, with what was known before the
// change; so it is looked at again once such an ask must be over. Without revisions
// it could not be told which of the two is newer. The zero deferredChanges is ready;
// it is safe for concurrent use.
type deferredChanges struct {
	mu      sync.Mutex
	waiting map[contacts.Person]deferredChange
}

type deferredChange struct {
	desired contacts.Desired
	at      time.Time // when to look again
}

// add notes the newest change of a person.
func (e *deferredChanges) add(p contacts.Person, d contacts.Desired, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known, ok := e.waiting[p]
	if !ok && len(e.waiting) >= maxDeferred || d.Revision < known.desired.Revision {
		return
	}
	if e.waiting == nil {
		e.waiting = map[contacts.Person]deferredChange{}
	}
	e.waiting[p] = deferredChange{d, at}
}

// due takes out those whose time has come.
func (e *deferredChanges) due(now time.Time) map[contacts.Person]deferredChange {
	e.mu.Lock()
	defer e.mu.Unlock()
	var due map[contacts.Person]deferredChange
	for p, c := range e.waiting {
		if c.at.After(now) {
			continue
		}
		if due == nil {
			due = map[contacts.Person]deferredChange{}
		}
		due[p] = c
		delete(e.waiting, p)
	}
	return due
}

// retryDeferred records the changes whose people have a row by now.
func (r *Resolver) retryDeferred(ctx context.Context) {
	for p, c := range r.deferred.due(time.Now()) {
		if ctx.Err() != nil {
			return
		}
		const message = "maicontact: a change of somebody who has just come was not recorded; it is with their next request"
		_ = r.attempt(ctx, attemptTime, &r.storeWarning, message, func(ctx context.Context) error {
			reading, err := contacts.Read(ctx, r.Store, p)
			if err == nil && reading.Row.IsStored() && reading.Row.Revision < c.desired.Revision {
				err = r.Update(ctx, p, c.desired)
			}
			return err
		})
	}
}
