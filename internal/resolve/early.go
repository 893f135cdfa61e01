package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// mostEarly bounds the changes that are looked at once more. Beyond that they are
// not, as if the person had asked later.
const mostEarly = 100_000

// early are changes of people who had no row. One of them may just have asked for
// the first time, on another server, with what was known before the change; so it
// is looked at again once such an ask must be over. Without revisions it could not
// be told which of the two is newer. The zero early is ready; it is
// safe for concurrent use.
type early struct {
	mu      sync.Mutex
	waiting map[contacts.Person]earlyChange
}

type earlyChange struct {
	desired contacts.Desired
	at      time.Time // when to look again
}

// add notes the newest change of a person.
func (e *early) add(p contacts.Person, d contacts.Desired, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known, ok := e.waiting[p]
	if !ok && len(e.waiting) >= mostEarly || ok && d.Revision != 0 && d.Revision < known.desired.Revision {
		return
	}
	if e.waiting == nil {
		e.waiting = map[contacts.Person]earlyChange{}
	}
	e.waiting[p] = earlyChange{d, at}
}

// due takes out those whose time has come.
func (e *early) due(now time.Time) map[contacts.Person]earlyChange {
	e.mu.Lock()
	defer e.mu.Unlock()
	var due map[contacts.Person]earlyChange
	for p, c := range e.waiting {
		if c.at.After(now) {
			continue
		}
		if due == nil {
			due = map[contacts.Person]earlyChange{}
		}
		due[p] = c
		delete(e.waiting, p)
	}
	return due
}

// lookAtEarly records the changes whose people have a row by now.
func (r *Resolver) lookAtEarly(ctx context.Context) {
	for p, c := range r.early.due(time.Now()) {
		if ctx.Err() != nil {
			return
		}
		const message = "maicontact: a change of somebody who has just come was not recorded; it is with their next request"
		_ = r.round(ctx, longestRound, &r.unasked, message, func(ctx context.Context) error {
			at, err := contacts.Read(ctx, r.Store, p)
			if err == nil && at.Row.IsStored() && at.Row.Revision < c.desired.Revision {
				err = r.Update(ctx, p, c.desired)
			}
			return err
		})
	}
}
