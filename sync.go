package maicontact

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	pollInterval = time.Second
	dueAtOnce    = 64
)

// Run keeps contacts in step: it sends what waits in the store, and tries
// again what failed, until ctx ends. Then it takes no new work, waits for what
// is under way as long as Config.Drain allows, and returns: nil, or an error
// that says what had not ended. Whatever is not done stays in the store.
//
// One Run per process is enough; with none, changes go out with the next
// request of their member only. Run may be called again after it returned.
func (m *Middleware) Run(ctx context.Context) error {
	r := m.resolver
	r.work.open()
	r.reconcile(ctx)

	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.drain)
	defer cancel()
	left := r.work.close(wait)
	if waiting, err := r.store.Unsettled(wait, r.namespace, r.inbox); err == nil && waiting > 0 {
		r.log.InfoContext(ctx, "maicontact: changes wait in the store for the next start", "contacts", waiting)
	}
	if left > 0 {
		return fmt.Errorf("maicontact: %d flights had not ended after %v", left, r.drain)
	}
	return nil
}

func (r *resolver) reconcile(ctx context.Context) {
	for ctx.Err() == nil {
		r.recent.sweep()
		r.holders.sweep()
		if r.outage.isOn() {
			_ = sleep(ctx, pollInterval)
			continue
		}
		keys, err := r.store.Due(ctx, r.namespace, r.inbox, dueAtOnce)
		if err != nil && ctx.Err() == nil {
			if n := r.unasked.count(time.Now()); n > 0 {
				r.log.WarnContext(ctx, "maicontact: the store does not say which changes wait", "times", n, "error", err)
			}
		}
		// Other processes have the same list; few should meet at one row.
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		if r.outage.isProbing() && len(keys) > 1 {
			keys = keys[:1]
		}
		if r.settleAll(ctx, keys) && len(keys) == dueAtOnce {
			continue // there is more
		}
		_ = sleep(ctx, pollInterval/2+rand.N(pollInterval))
	}
}

// settleAll works on due rows, some at a time. Rows that another process holds
// are left to it. It reports whether everything could be worked on.
func (r *resolver) settleAll(ctx context.Context, keys []Key) bool {
	var group errgroup.Group
	group.SetLimit(r.workers)
	for _, key := range keys {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return r.detached(ctx, func(ctx context.Context) error {
				row, err := r.store.Claim(ctx, key, lease)
				if err == nil {
					_, err = r.carryOut(ctx, row)
				} else if errors.Is(err, ErrNotDue) {
					err = nil
				}
				return err
			})
		})
	}
	err := group.Wait()
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "maicontact: a waiting change was not worked on", "error", err)
	}
	return err == nil
}

// UpdateMember tells of a change of a member's profile or permissions, from
// anywhere: an administrator's page, an import. The change is in the store
// when UpdateMember returns, and on its way to MaiAgent. A member who never
// asked for the chat has no row, and gets none. The error is the
// store's. Safe for concurrent use.
func (m *Middleware) UpdateMember(ctx context.Context, member Member) error {
	if member.ID == "" {
		return errors.New("maicontact: UpdateMember needs Member.ID")
	}
	r := m.resolver
	q := newMemberQuestion(&m.config, &member, time.Now().UnixMicro())
	row, err := r.store.Contact(ctx, q.key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && q.isNewTo(row) {
		row, err = r.store.Want(ctx, q.key, q.wanted())
		r.recent.forget(q.epoch)
	}
	if err != nil {
		return fmt.Errorf("maicontact: update member: %w", err)
	}
	if !row.Due.IsZero() && !r.outage.isOn() {
		r.settleLater(ctx, q.key)
	}
	return nil
}
