package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// deafStore is a store whose next Put lands, and whose answer gets lost. What is
// done then is up to the test.
type deafStore struct {
	contacts.Store
	then   func()
	silent int // how many reads fail
}

func (s *deafStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	next, err := s.Store.Put(ctx, r, g)
	if then := s.then; then != nil && err == nil {
		s.then = nil
		then()
		return contacts.Row{}, contacts.ErrUnclear
	}
	return next, err
}

func (s *deafStore) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.silent > 0 {
		s.silent--
		return contacts.Row{}, time.Time{}, errors.New("connection reset")
	}
	return s.Store.Get(ctx, p)
}

// newReconciler returns a reconciler and its MaiAgent, which ends with the test.
func newReconciler(t *testing.T) (*Reconciler, *webchattest.Simulation) {
	t.Helper()
	sim, err := webchattest.New(webchattest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	api, err := webchat.NewClient(webchat.Config{
		BaseURL: "http://127.0.0.1", APIKey: webchattest.DefaultAPIKey, HTTPClient: &http.Client{Transport: webchattest.InProcess(sim)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		API:    upstream.New(api, upstream.Options{Calls: 4, PerSecond: -1}),
		Timing: Timing{Lease: DefaultLease, WriteDoubt: DefaultWriteDoubt, SearchLag: DefaultSearchLag},
		Logger: slog.New(slog.DiscardHandler),
	}), sim
}

// A claim of which the store's answer got lost is let go of, or worked under: the
// next to ask waits neither for its lease nor for a write that was never sent.
func TestClaimOfUnclearOutcome(t *testing.T) {
	for how, work := range map[string]func(r *Reconciler, ctx context.Context, reading *contacts.Reading, first contacts.Transition) error{
		"settle": (*Reconciler).Settle,
		"make":   (*Reconciler).Make,
		"claim": func(r *Reconciler, ctx context.Context, reading *contacts.Reading, first contacts.Transition) error {
			owner, err := r.Claim(ctx, reading, first)
			if err == nil {
				err = r.Continue(ctx, reading, owner)
			}
			return err
		},
	} {
		for what, lose := range map[string]func(s *deafStore, p contacts.Person, end context.CancelFunc){
			"the caller has gone": func(_ *deafStore, _ contacts.Person, end context.CancelFunc) { end() },
			"a read fails, too":   func(s *deafStore, _ contacts.Person, _ context.CancelFunc) { s.silent = 1 },
			"another has a change": func(s *deafStore, p contacts.Person, _ context.CancelFunc) {
				reading, err := contacts.Read(context.Background(), s.Store, p)
				if err == nil {
					err = reading.Change(context.Background(), desire("Eve"))
				}
				if err != nil {
					panic(err)
				}
			},
		} {
			t.Run(how+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := &deafStore{Store: contacts.NewMemoryStore()}
					person := contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1")
					r, _ := newReconciler(t)
					reading, err := contacts.Read(t.Context(), store, person)
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					store.then = func() { lose(store, person, cancel) }
					began := time.Now()
					_ = work(r, ctx, reading, desire("Ann"))
					row, now, err := store.Get(t.Context(), person)
					if err != nil || row.IsClaimed(now) || !row.DoubtUntil.IsZero() {
						t.Errorf("claimed: %t, in doubt until %v, %v", row.IsClaimed(now), row.DoubtUntil, err)
					}
					reading, err = contacts.Read(t.Context(), store, person)
					if err == nil {
						err = r.Settle(t.Context(), reading, desire("Ann"))
					}
					if err != nil || !reading.Row.Ready() || time.Since(began) > time.Second {
						t.Errorf("%s after %v, %v", reading.Row.State(), time.Since(began), err)
					}
				})
			})
		}
	}
}

// Whoever comes in an outage again and again waits no longer after it than who came
// once, be it that MaiAgent was not asked for them or that they were each time the
// one to find out whether it is back; and so does who got no turn for a call.
func TestOutageIsNobodysFailure(t *testing.T) {
	others := func(t *testing.T, r *Reconciler, until func() bool) {
		for !until() {
			_ = r.API.CanRead(t.Context(), upstream.MakeMember, webchattest.DefaultInboxID)
		}
	}
	for name, test := range map[string]struct {
		fault  webchattest.Fault
		before func(t *testing.T, r *Reconciler)
	}{
		"others find out": {webchattest.Fault{Kind: webchattest.Refuse}, func(t *testing.T, r *Reconciler) { others(t, r, r.API.Down) }},
		"they find out": {webchattest.Fault{Kind: webchattest.Refuse}, func(t *testing.T, r *Reconciler) {
			time.Sleep(6 * time.Second) // it is time for a probe
			if r.API.Down() {
				t.Fatal("no call is let through")
			}
		}},
		"others have the turns": {webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second}, func(t *testing.T, r *Reconciler) {
			for range 4 {
				go func() { _ = r.API.CanRead(t.Context(), upstream.MakeMember, webchattest.DefaultInboxID) }()
			}
			synctest.Wait()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, sim := newReconciler(t)
				sim.Inject(test.fault)
				person := contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Visitor("1")
				reading, err := contacts.Read(t.Context(), contacts.NewMemoryStore(), person)
				if err == nil {
					err = reading.Change(t.Context(), desire("Anonymous"))
				}
				if err != nil {
					t.Fatal(err)
				}
				for range 20 {
					time.Sleep(reading.Row.Due.Sub(reading.Now()) + time.Millisecond)
					test.before(t, r)
					if err := r.Settle(t.Context(), reading, NoChange); err != nil {
						t.Fatal(err)
					}
					if wait := reading.Row.Due.Sub(reading.Now()); wait <= 0 || wait > 8*time.Second {
						t.Fatalf("%s, due in %v", reading.Row.State(), wait)
					}
				}
				if reading.Row.Failures > 5 { // those of before it was known
					t.Errorf("%d failures", reading.Row.Failures)
				}
			})
		})
	}
}

// Where an id is handed out before its access is confirmed nobody waits for that,
// also while another server works on the row.
func TestNoWaitForWhatIsHandedOut(t *testing.T) {
	// The contact is there after a second, and the row is read at most 1.5 s later.
	for insecure, want := range map[bool]time.Duration{true: 2500 * time.Millisecond, false: 10 * time.Second} {
		t.Run(fmt.Sprint("insecure: ", insecure), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := newReconciler(t)
				r.InsecureStalePermissions = insecure
				store, person := contacts.NewMemoryStore(), contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1")
				other, err := contacts.Read(t.Context(), store, person)
				var owner int64
				if err == nil {
					owner, err = r.Claim(t.Context(), other, desire("Ann"))
				}
				if err != nil || owner == 0 {
					t.Fatal(owner, err)
				}
				reading, err := contacts.Read(t.Context(), store, person)
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					time.Sleep(time.Second) // it has found the contact, and changes it
					_ = other.Change(context.Background(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
						return row.Bind(owner, "33333333-3333-4333-8333-333333333333", contacts.Stamp{}, now)
					})
				}()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				began := time.Now()
				err = r.Settle(ctx, reading, NoChange)
				if took := time.Since(began); took > want || insecure != (err == nil) {
					t.Errorf("%v after %v, want it within %v", err, took, want)
				}
			})
		})
	}
}
