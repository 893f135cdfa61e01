package maicontact

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// mostSteps bounds the work on one row under one claim: make, replace,
	// and once more when the contact turns out to be deleted.
	mostSteps = 6
	// longestDelay bounds how long a row waits after a failure.
	longestDelay = time.Minute
	// recordTime is how long the outcome of a call may take to be written.
	recordTime = 5 * time.Second
)

// settle brings a row in step with MaiAgent: it claims the row and does what
// there is to do. When another process holds the row it waits until that one
// is done. It returns the row as it is then; a failure at MaiAgent is in the
// row, not in the error.
func (r *resolver) settle(ctx context.Context, key Key) (Contact, error) {
	for delay := 25 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		row, err := r.store.Claim(ctx, key, lease)
		if err == nil {
			return r.carryOut(ctx, row)
		}
		held := errors.Is(err, ErrNotDue) && !row.LeaseUntil.IsZero() && !row.Due.IsZero()
		switch {
		case !errors.Is(err, ErrNotDue):
			return row, err
		case !held || r.mayHandOut(row):
			return row, nil
		}
		if err := sleep(ctx, delay/2+rand.N(delay)); err != nil {
			return row, err
		}
	}
}

// settleLater does the same without anybody waiting.
func (r *resolver) settleLater(ctx context.Context, key Key) {
	r.flights.DoChan("settle|"+key.Member, func() (any, error) {
		err := r.settleDetached(ctx, key)
		if err != nil {
			r.log.WarnContext(ctx, "maicontact: a change stays in the store for now", "error", err)
		}
		return nil, err
	})
}

func (r *resolver) settleDetached(ctx context.Context, key Key) error {
	if !r.work.begin() {
		return nil
	}
	defer r.work.end()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTime)
	defer cancel()
	_, err := r.settle(ctx, key)
	return err
}

// carryOut closes the difference between a claimed row and MaiAgent, one step
// at a time, until the claim ends.
func (r *resolver) carryOut(ctx context.Context, row Contact) (Contact, error) {
	ctx, cancel := context.WithTimeout(ctx, flightTime)
	defer cancel()
	for range mostSteps {
		next, err := r.step(ctx, row)
		if next.Key == row.Key {
			row = next
		}
		if err != nil {
			return r.giveUp(ctx, row, err)
		}
		if row.LeaseUntil.IsZero() {
			return row, nil
		}
	}
	return r.giveUp(ctx, row, errors.New("no end of changes"))
}

func (r *resolver) step(ctx context.Context, row Contact) (Contact, error) {
	switch {
	case !row.Erased.IsZero():
		return r.eraseContact(ctx, row)
	case row.ContactID == "":
		return r.makeContact(ctx, row)
	default:
		return r.replaceContact(ctx, row)
	}
}

// makeContact looks first, and creates only when MaiAgent clearly has none.
func (r *resolver) makeContact(ctx context.Context, row Contact) (Contact, error) {
	source := r.sourceOf(row)
	found, err := r.find(ctx, source)
	if err != nil {
		return row, err
	}
	if found != "" {
		return r.adopt(ctx, row, found)
	}
	if r.isUnsettled(row) {
		return row, errUnsettled
	}
	if row, err = r.attempt(ctx, row); err != nil {
		return row, err
	}
	made, err := r.client.Create(ctx, r.draft(row))
	switch {
	case err == nil:
		return r.bind(ctx, row, made.ID, row.Wanted)
	case !errors.Is(err, webchat.ErrExists):
		return row, err
	}
	if found, err = r.findExisting(ctx, source); err != nil {
		return row, err
	}
	if found != "" {
		return r.adopt(ctx, row, found)
	}
	r.log.WarnContext(ctx, "maicontact: a deleted contact holds the source id; the next generation is made", "generation", row.Generation+1)
	return r.store.Regenerate(ctx, row.Claim())
}

// attempt records that a write is about to be sent. The row it returns has the
// newest profile.
func (r *resolver) attempt(ctx context.Context, row Contact) (Contact, error) {
	newest, err := r.store.Attempt(ctx, row.Claim())
	if err != nil {
		return row, err
	}
	return newest, nil
}

// errUnsettled means that an attempt of unknown outcome is so young that
// MaiAgent's search may not show its contact yet.
var errUnsettled = errors.New("an attempt of unknown outcome is too young to be repeated")

// isUnsettled compares two times of the store's own clock.
func (r *resolver) isUnsettled(row Contact) bool {
	if row.Attempted.IsZero() {
		return false
	}
	claimed := row.LeaseUntil.Add(-lease)
	return claimed.Sub(row.Attempted) < r.settleTime
}

// adopt takes a contact that is there already. What it holds is not known, so
// the wanted profile stays to be sent.
func (r *resolver) adopt(ctx context.Context, row Contact, id webchat.ContactID) (Contact, error) {
	return r.bind(ctx, row, id, Stamp{})
}

func (r *resolver) bind(ctx context.Context, row Contact, id webchat.ContactID, confirmed Stamp) (Contact, error) {
	// What MaiAgent did must be recorded even when the flight's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return r.store.Bind(ctx, row.Claim(), id, confirmed)
}

// replaceContact sends the waiting profile.
func (r *resolver) replaceContact(ctx context.Context, row Contact) (Contact, error) {
	row, err := r.attempt(ctx, row)
	if err != nil {
		return row, err
	}
	err = r.client.Replace(ctx, row.ContactID, r.draft(row))
	if errors.Is(err, webchat.ErrNotFound) {
		return r.heal(ctx, row)
	}
	if err != nil {
		return row, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return r.store.Confirm(ctx, row.Claim(), row.Wanted)
}

// heal starts the next generation of a contact that was deleted at MaiAgent.
// A 404 alone could also come from a wrong address, so the search must work
// and not show the contact.
func (r *resolver) heal(ctx context.Context, row Contact) (Contact, error) {
	found, err := r.find(ctx, r.sourceOf(row))
	if err != nil {
		return row, err
	}
	if found == row.ContactID {
		return row, errors.New("the contact is listed but cannot be written")
	}
	r.log.WarnContext(ctx, "maicontact: a contact was deleted at MaiAgent; the next generation is made", "generation", row.Generation+1)
	return r.store.Regenerate(ctx, row.Claim())
}

func (r *resolver) sourceOf(row Contact) string {
	return sourceID(owner(row.Key.Namespace, memberKind, row.Key.Member), row.Generation)
}

func (r *resolver) draft(row Contact) webchat.Draft {
	d := webchat.Draft{InboxID: row.Key.InboxID, SourceID: r.sourceOf(row)}
	if row.Waiting != nil {
		d.Profile = *row.Waiting
	}
	return d
}

// giveUp ends a claim after a failure: for good when MaiAgent refused the
// profile, for a while otherwise.
func (r *resolver) giveUp(ctx context.Context, row Contact, err error) (Contact, error) {
	if errors.Is(err, ErrFenced) {
		return r.store.Contact(ctx, row.Key)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if errors.Is(err, webchat.ErrInvalid) {
		r.log.ErrorContext(ctx, "maicontact: MaiAgent refused a member's profile; it waits for another one", "error", err)
		return r.store.Park(ctx, row.Claim(), row.Wanted, err.Error())
	}
	if errors.Is(err, ErrContactTaken) {
		r.log.ErrorContext(ctx, "maicontact: MaiAgent gave one contact for two members; nobody else gets it")
	}
	delay := r.delayAfter(row.Failures, err)
	r.log.WarnContext(ctx, "maicontact: a contact is not in step yet", "error", err, "failures", row.Failures+1, "retry_in", delay)
	return r.store.Postpone(ctx, row.Claim(), delay, err.Error())
}

// delayAfter grows with the failures in a row, has jitter, and honours what
// MaiAgent asked for.
func (r *resolver) delayAfter(failures int, err error) time.Duration {
	policy := backoff.NewExponentialBackOff()
	policy.InitialInterval, policy.MaxInterval = time.Second, longestDelay
	delay := policy.NextBackOff()
	for range min(failures, 10) {
		delay = policy.NextBackOff()
	}
	var api *webchat.Error
	if errors.As(err, &api) {
		delay = max(delay, api.RetryAfter)
		if api.Unknown {
			delay = max(delay, r.settleTime)
		}
	}
	if errors.Is(err, errUnsettled) {
		delay = max(delay, r.settleTime)
	}
	return delay
}

const (
	pollInterval = time.Second
	dueAtOnce    = 64
	workers      = 4
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
		r.recent.DeleteExpired()
		keys, err := r.store.Due(ctx, r.namespace, r.inbox, dueAtOnce)
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "maicontact: the store was not asked for waiting changes", "error", err)
		}
		var group errgroup.Group
		group.SetLimit(workers)
		for _, key := range keys {
			group.Go(func() error {
				if ctx.Err() == nil {
					if err := r.settleDetached(ctx, key); err != nil {
						r.log.WarnContext(ctx, "maicontact: a waiting change was not worked on", "error", err)
					}
				}
				return nil
			})
		}
		_ = group.Wait()
		if len(keys) == dueAtOnce {
			continue
		}
		timer := time.NewTimer(pollInterval/2 + rand.N(pollInterval))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// UpdateMember tells of a change of a member's profile or permissions, from
// anywhere: an administrator's page, an import. The change is in the store
// when UpdateMember returns, and on its way to MaiAgent. A member who never
// asked for the chat has no contact; nothing is made then. The error is the
// store's. Safe for concurrent use.
func (m *Middleware) UpdateMember(ctx context.Context, member Member) error {
	if member.ID == "" {
		return errors.New("maicontact: UpdateMember needs Member.ID")
	}
	r := m.resolver
	q := newMemberQuestion(&m.config, &member, time.Now())
	row, err := r.store.Contact(ctx, q.key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && q.isNewTo(row) {
		row, err = r.store.Want(ctx, q.key, q.wanted)
	}
	if err != nil {
		return fmt.Errorf("maicontact: update member: %w", err)
	}
	r.recent.Delete(q.owner)
	if !row.Due.IsZero() {
		r.settleLater(ctx, q.key)
	}
	return nil
}
