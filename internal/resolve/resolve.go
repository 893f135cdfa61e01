// Package resolve turns a person into their contact: from what the process
// remembers, from the person's row, or by the reconciler. It knows what has
// changed elsewhere, so that nothing is believed that another server has made
// untrue. One flight is under way in a process for all who ask the same of one person.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// maxFlights bounds the work under way in the process, of which visitors
	// have three quarters: a goroutine and some 10 KB each.
	maxFlights = 4096
	// storeWait is how long a request waits for a row. It leaves half of the
	// default budget.
	storeWait = time.Second
)

// Errors that say why there is no contact id.
var (
	// ErrBudget: the contact was not there in time. The work goes on.
	ErrBudget = errors.New("the contact was not there within the budget")
	// ErrPending: MaiAgent has not confirmed the person's access yet.
	ErrPending = errors.New("MaiAgent has not confirmed the permissions yet")
	// ErrRefused: MaiAgent does not take the person's profile.
	ErrRefused = errors.New("MaiAgent refused the profile")
	// ErrMisconfigured: MaiAgent does not take what the site's settings say.
	ErrMisconfigured = errors.New("MaiAgent refused a setting of the site")
	// ErrPassing: a request has said that the person is suspended, and this one, which
	// may be older, does not. Identify the person once more, and ask with Again.
	ErrPassing = fmt.Errorf("a request has said so: %w", contacts.ErrSuspended)
	// ErrStoreSilent: the store gave no answer about the person. It is the one
	// failure during which a session's entry may be used for a while: nothing says
	// that the entry is wrong.
	ErrStoreSilent = errors.New("the store gave no answer")
)

// Options configures a [Resolver].
type Options struct {
	Scope   contacts.Scope
	Store   contacts.Store
	Budget  time.Duration // how long Contact waits; negative: not at all
	Recheck time.Duration // how long an answer is believed
	Stale   time.Duration // and how much longer while the store gives no answer
	Drain   time.Duration // how long Run waits for work under way
	Keep    time.Duration // how long the row of a visitor is kept at least
	Workers int           // rows that Run works on at a time
	reconcile.Options
}

// Resolver is made by [New] and safe for concurrent use.
type Resolver struct {
	Options
	reconcile     *reconcile.Reconciler
	memory        *memory
	trust         *trust
	flights       singleflight.Group
	work          background.Group
	retiring      retiring
	updates       updates
	deferred      deferredChanges
	storeWarning  background.Every
	upkeepWarning background.Every
	feedWarning   background.Every
	runWarning    background.Every
	running       atomic.Int32 // how many times Run is
	// scopeChecked: it was checked whether the table is of another namespace.
	scopeChecked sync.Once
}

// New returns a Resolver. It starts nothing.
func New(o Options) *Resolver {
	return &Resolver{
		Options:   o,
		reconcile: reconcile.New(o.Options),
		memory:    newMemory(maxRecalled),
		trust:     newTrust(o.Recheck, o.Stale),
	}
}

// Question asks for the contact of one person.
type Question struct {
	Person  contacts.Person
	Owner   string // the person's digest
	Profile string // what a session entry is compared by: the profile, and its revision
	Desired contacts.Desired
	// Fresh: the visitor's key was made for this request, so nobody can know it.
	Fresh bool
	// Again: the person was identified after their row said that they are suspended.
	Again bool
	// First: the visitor's key was made a moment ago, and has come back for its first
	// contact. If there is no row there is no contact to look for either.
	First bool
	// Trust is that of the session's entry. A row with a lower one has lost changes.
	Trust int64
	// Keep is how long the row of a visitor is kept from now on.
	Keep time.Duration
}

// Answer is a contact id, and what it rests on.
type Answer struct {
	ID      webchat.ContactID
	Trust   int64     // of the row
	Checked time.Time // when the row was read, by the store's clock
	Expires time.Time // of a visitor's row
	// Settled: MaiAgent holds all that is desired, so that the answer may be
	// remembered. Otherwise the contact may turn out to be deleted at MaiAgent.
	Settled bool
}

// Recall answers from what the process remembers, if that is to be believed.
func (r *Resolver) Recall(q *Question, now time.Time) (Answer, bool) {
	known, ok := r.memory.get(q.Owner, q.Profile)
	if !ok || q.Keep > 0 || known.Trust < q.Trust || !r.Believes(q.Owner, known.Trust, known.Checked, now) {
		return Answer{}, false
	}
	return known, true
}

// Believes reports whether an answer of that trust and time is still to be
// believed: whether this process knows what has changed since, and nothing has.
func (r *Resolver) Believes(owner string, trust int64, checked, now time.Time) bool {
	return r.trust.believes(owner, trust, checked, now) && !r.retiring.has(owner)
}

// BelievesStale is Believes for when the store gives no answer.
func (r *Resolver) BelievesStale(owner string, trust int64, checked, now time.Time) bool {
	return r.trust.believesStale(owner, trust, checked, now) && !r.retiring.has(owner)
}

// Contact answers a question that was not recalled. One flight works for all who ask
// about the person with the same profile and the same trust. It is detached from the
// request that started it; the caller waits for it no longer than the budget and ctx
// allow.
func (r *Resolver) Contact(ctx context.Context, q Question) (Answer, error) {
	r.warnWithoutRun(ctx)
	if q.Desired.Stamp.Access == "" {
		q.Desired.Stamp.Access = q.Desired.Profile.AccessFingerprint()
	}
	key := q.Owner + "|" + q.Profile
	if q.Trust != 0 {
		key += "|" + strconv.FormatInt(q.Trust, 36)
	}
	if q.Again {
		key += "|again"
	}
	landed := r.flights.DoChan(key, func() (any, error) {
		var answer Answer
		err := r.detached(ctx, maxFlightsOf(q.Person), func(ctx context.Context) (err error) {
			answer, err = r.resolve(ctx, &q)
			return err
		})
		return answer, err
	})
	if r.Budget < 0 {
		return Answer{}, ErrBudget
	}
	timer := time.NewTimer(r.Budget)
	defer timer.Stop()
	select {
	case result := <-landed:
		answer, _ := result.Val.(Answer)
		return answer, result.Err
	case <-timer.C:
		return Answer{}, ErrBudget
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

func maxFlightsOf(p contacts.Person) int {
	if p.IsVisitor() {
		return maxFlights / 4 * 3
	}
	return maxFlights
}

// detached does work that no request can end, counted for the shutdown.
func (r *Resolver) detached(ctx context.Context, most int, work func(context.Context) error) error {
	return r.work.Do(ctx, r.Timing.Flight(), most, r.Logger, work)
}

// resolve is one flight.
func (r *Resolver) resolve(ctx context.Context, q *Question) (Answer, error) {
	// A flight for the same person may have landed since the caller looked.
	if known, ok := r.Recall(q, time.Now()); ok {
		return known, nil
	}
	if r.retiring.has(q.Owner) {
		return Answer{}, contacts.ErrRetired
	}
	reading, err := r.read(ctx, q.Person)
	if err != nil {
		return Answer{}, err
	}
	if !reading.Row.IsStored() {
		r.scopeChecked.Do(func() { r.checkScope(ctx) })
	}
	q.Trust = max(q.Trust, r.trust.newest(q.Owner))
	before := reading.Row.Trust
	older, err := r.settle(ctx, reading, q)
	if reading.Row.Trust != before {
		r.distrust(reading)
	}
	if err != nil {
		return Answer{}, err
	}
	answer, err := r.answer(reading, q, older)
	if err == nil && answer.Settled {
		r.memory.put(q.Owner, q.Profile, answer)
	}
	return answer, err
}

// checkScope warns if the table has people of this inbox, but all of them under other
// namespaces: each of them would get a second contact.
func (r *Resolver) checkScope(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	found, err := r.Store.Namespaces(ctx, r.Scope.InboxID)
	if err == nil && len(found) > 0 && !slices.Contains(found, r.Scope.Namespace) {
		r.Logger.WarnContext(ctx, "maicontact: the table has people of this inbox under other namespaces only, so that everybody gets another contact; if Config.Namespace was renamed, stop the site and use sqlstore.Rename",
			"namespace", r.Scope.Namespace, "found", found)
	}
}

func (r *Resolver) read(ctx context.Context, p contacts.Person) (*contacts.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	reading, err := contacts.Read(ctx, r.Store, p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStoreSilent, err)
	}
	return reading, nil
}
