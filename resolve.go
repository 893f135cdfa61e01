package maicontact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/maicontact/maicontact/webchat"
)

const (
	// flightTime bounds the work for one subject, longer than any request
	// waits. It is shorter than lease, so that a live worker keeps its claim.
	flightTime = 20 * time.Second
	lease      = 30 * time.Second
	// settleTime is how long MaiAgent's search may need to show a contact
	// that was just made.
	settleTime = 5 * time.Second
	// lateTime is how long a write of unknown outcome may still land. Until
	// then it is looked for, and not repeated.
	lateTime = time.Minute
	// mostFlights bounds the work under way in the process, of which visitors
	// have three quarters: a goroutine and some 10 KB each.
	mostFlights = 4096
)

// errVisitorLost means that the visitor's key cannot get a contact any more.
var errVisitorLost = fmt.Errorf("%w: the visitor's contact was deleted at MaiAgent", Unavailable)

// resolver turns a subject into its contact, exactly once: memory, store,
// claim, MaiAgent.
type resolver struct {
	namespace, inbox string
	store            Store
	client           *webchat.Client
	log              *slog.Logger
	budget           time.Duration
	drain            time.Duration
	staleAllowed     bool
	settleTime       time.Duration
	workers          int // rows that Run works on at a time

	recent  recent
	flights singleflight.Group
	work    tracker
	pace    pace
	outage  outage
	bridged seldom
	unasked seldom

	holders  *holders
	refused  seldom
	buried   time.Duration // how long a session may still hold a deleted contact
	erasures erasures
}

func newResolver(c Config, client *webchat.Client) *resolver {
	return &resolver{
		namespace: c.Namespace, inbox: c.InboxID,
		store: c.Store, client: client, log: c.Logger,
		budget: c.Budget, drain: c.Drain, staleAllowed: c.InsecureStalePermissions, settleTime: settleTime,
		workers: max(1, c.MaxCalls/2),
		recent:  newRecent(mostRecalled),
		pace:    newPace(c.MaxCalls, c.CallRate),
		outage:  newOutage(c.Logger),

		holders: newHolders(mostHolders), buried: max(holdTime, c.Recheck+max(c.Grace, 0)),
	}
}

// outcome is the resolver's answer. While a change is still under way to
// MaiAgent, the contact may yet turn out to be deleted there: the answer is
// good for this request, but must not be remembered.
type outcome struct {
	id      webchat.ContactID
	settled bool
}

// recall answers from what the process remembers.
func (r *resolver) recall(q question) (outcome, bool) {
	if q.always {
		return outcome{}, false
	}
	id, ok := r.recent.get(q.epoch, q.stamp)
	return outcome{id, ok}, ok
}

// contact answers a question that was not recalled. The work is done in one
// flight per subject, detached from the request that started it; the caller
// waits for it no longer than the budget and its own context allow.
func (r *resolver) contact(ctx context.Context, q question) (outcome, error) {
	landed := r.flights.DoChan(q.flight(), func() (_ any, err error) {
		defer r.contain(ctx, &err)
		if !r.work.begin(q.mostFlights()) {
			return outcome{}, fmt.Errorf("%w: %w", Unavailable, errClosed)
		}
		defer r.work.end()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTime)
		defer cancel()
		return r.resolve(ctx, q)
	})
	if r.budget < 0 {
		return outcome{}, Budget
	}
	timer := time.NewTimer(r.budget)
	defer timer.Stop()
	select {
	case result := <-landed:
		found, _ := result.Val.(outcome)
		return found, result.Err
	case <-timer.C:
		return outcome{}, Budget
	case <-ctx.Done():
		return outcome{}, fmt.Errorf("%w: %w", Unavailable, ctx.Err())
	}
}

// mostFlights is how many may be under way for one more of this kind.
func (q question) mostFlights() int {
	if q.isMember() {
		return mostFlights
	}
	return mostFlights / 4 * 3
}

// contain turns a panic of a hook, a store or a transport on a goroutine of ours
// into an error: nobody else would stop it from ending the process.
func (r *resolver) contain(ctx context.Context, err *error) {
	if p := recover(); p != nil {
		// What panicked may hold anything; where it did is enough.
		r.log.ErrorContext(ctx, "maicontact: panic", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		*err = fmt.Errorf("%w: panic", Unavailable)
	}
}

func (r *resolver) resolve(ctx context.Context, q question) (outcome, error) {
	// A flight for the same subject may have landed since the caller looked.
	if known, ok := r.recall(q); ok {
		return known, nil
	}
	var found outcome
	var err error
	if q.isMember() {
		found, err = r.member(ctx, q)
	} else {
		found.id, err = r.visitor(ctx, q)
		found.settled = true
	}
	if err == nil && found.settled {
		r.recent.put(q.epoch, q.stamp, found.id)
	}
	return found, asReason(err)
}

// asReason makes sure that every failure carries a Reason.
func asReason(err error) error {
	var reason Reason
	switch {
	case err == nil || errors.As(err, &reason):
		return err
	case errors.Is(err, webchat.ErrUnauthorized):
		return fmt.Errorf("%w: %w", Misconfigured, err)
	default:
		return fmt.Errorf("%w: %w", Unavailable, err)
	}
}

// member answers from the member's row, once it says what is wanted now and
// what it says may be handed out.
func (r *resolver) member(ctx context.Context, q question) (outcome, error) {
	wanted := q.wanted()
	row, err := r.read(ctx, q.key)
	if errors.Is(err, ErrNotFound) || err == nil && q.isNewTo(row) {
		r.recent.forget(q.epoch)
		row, err = r.store.Want(ctx, q.key, wanted)
	}
	if err != nil {
		return outcome{}, err
	}
	current := row.Wanted == wanted.Stamp
	if !current && row.Erased.IsZero() {
		r.log.WarnContext(ctx, "maicontact: the row knows a newer revision than this request; its profile is not sent")
	}
	switch {
	case !row.Erased.IsZero() || row.Parked():
	case r.mayHandOut(row):
		if !row.Due.IsZero() && !r.outage.isOn() {
			r.settleLater(ctx, q.key)
		}
	case r.outage.isOn():
	default:
		if row, err = r.settle(ctx, q.key); err != nil {
			return outcome{}, err
		}
	}
	switch {
	case row.Erased.IsZero() && row.Wanted.Access != wanted.Stamp.Access && !r.staleAllowed:
		return outcome{}, PermissionPending // not this request's permissions
	case r.mayHandOut(row):
		return outcome{row.ContactID, current && row.Waiting == nil}, nil
	case !row.Erased.IsZero():
		return outcome{}, Erased
	case row.Parked():
		return outcome{}, Rejected
	case row.ContactID != "":
		return outcome{}, PermissionPending
	case r.outage.isOn():
		return outcome{}, fmt.Errorf("%w: %w", Unavailable, errOutage)
	default:
		return outcome{}, fmt.Errorf("%w: %s", Unavailable, row.Reason)
	}
}

func (r *resolver) mayHandOut(row Contact) bool {
	return row.Ready() || r.staleAllowed && row.ContactID != "" && row.Erased.IsZero()
}

// visitor finds or makes the contact of a visitor key. There is no row: the
// key in the session and the source id made from it are enough.
func (r *resolver) visitor(ctx context.Context, q question) (webchat.ContactID, error) {
	source := sourceID(owner(r.namespace, visitorKind, q.visitor), 1)
	if !q.isNew {
		found, err := r.find(ctx, toGreet, source)
		if err != nil || found != "" {
			return found, err
		}
		if time.Since(q.since).Abs() < r.settleTime {
			return "", fmt.Errorf("%w: the visitor's contact is being made", Unavailable)
		}
	}
	made, err := r.create(ctx, webchat.Draft{
		InboxID: r.inbox, SourceID: source, Profile: webchat.Profile{}.Normalized(),
	})
	// A key that is old enough to have its contact, and has none.
	held := failedInside(err) && !q.isNew && !isFresh(q.since, lateTime, time.Now())
	if !errors.Is(err, webchat.ErrExists) && !held {
		return made.ID, err
	}
	found, err := r.findExisting(ctx, toGreet, source)
	if err == nil && found == "" {
		return "", errVisitorLost
	}
	return found, err
}

// find returns the contact with exactly this source id; none is no error.
// Where MaiAgent has several, the oldest is taken, always.
func (r *resolver) find(ctx context.Context, why purpose, source string) (webchat.ContactID, error) {
	found, err := r.search(ctx, why, source)
	if err != nil || len(found) == 0 {
		return "", err
	}
	if len(found) > 1 {
		r.log.ErrorContext(ctx, "maicontact: MaiAgent has several contacts with one source id; the oldest is used", "contacts", len(found))
	}
	return found[0].ID, nil
}

// findExisting looks for a contact that MaiAgent says is there already, again
// and again while its search may lag behind. None after that means that a
// deleted contact holds the source id.
func (r *resolver) findExisting(ctx context.Context, why purpose, source string) (webchat.ContactID, error) {
	for start := time.Now(); ; {
		found, err := r.find(ctx, why, source)
		if err != nil || found != "" || time.Since(start) >= r.settleTime {
			return found, err
		}
		if err := sleep(ctx, r.settleTime/6); err != nil {
			return "", err
		}
	}
}

// search looks for contacts, create makes a visitor's.

func (r *resolver) search(ctx context.Context, why purpose, source string) (found []webchat.Contact, _ error) {
	err := r.call(ctx, why, func() (err error) {
		found, err = r.client.FindBySourceID(ctx, r.inbox, source)
		return err
	})
	return found, err
}

func (r *resolver) create(ctx context.Context, d webchat.Draft) (made webchat.Contact, _ error) {
	err := r.call(ctx, toGreet, func() (err error) {
		made, err = r.client.Create(ctx, d)
		return err
	})
	return made, err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
