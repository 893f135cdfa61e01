package reconcile

import (
	"context"
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

// slowStore is a store whose next Put takes so long.
type slowStore struct {
	contacts.Store
	takes time.Duration
}

func (s *slowStore) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	takes := s.takes
	s.takes = 0
	time.Sleep(takes)
	return s.Store.Put(ctx, r, g)
}

// leased fails the test for a call that is under way when the lease of its row is
// over, and counts those that ended without a reply.
type leased struct {
	t        *testing.T
	store    contacts.Store
	person   contacts.Person
	next     http.RoundTripper
	unending int
}

func (l *leased) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := l.next.RoundTrip(r)
	row, now, get := l.store.Get(l.t.Context(), l.person)
	if get != nil || !now.Before(row.LeaseUntil) {
		l.t.Errorf("%s: the call ends at %v, and the lease at %v (%v)", r.Method, now, row.LeaseUntil, get)
	}
	if err != nil {
		l.unending++
	}
	return reply, err
}

// desire has a row want a profile of that name.
func desire(name string) contacts.Transition {
	profile := webchat.Profile{Name: name}
	desired := contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}
	return func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.SetDesired(desired, now) }
}

// A call that MaiAgent does not answer ends before the lease of its row, however
// long it took to store the claim: whoever takes over then may write.
func TestCallsEndBeforeTheLease(t *testing.T) {
	erase := func(row contacts.Row, now time.Time) (contacts.Row, error) { return row.Erase(now), nil }
	for _, test := range []struct {
		name, operation string
		known           bool // there is a contact
		work            func(r *Reconciler, ctx context.Context, reading *contacts.Reading, first contacts.Transition) error
		first           contacts.Transition
	}{
		{"make", webchattest.CreateContact, false, (*Reconciler).Make, desire("Ann")},
		{"look", webchattest.ListContacts, false, (*Reconciler).Settle, desire("Ann")},
		{"create", webchattest.CreateContact, false, (*Reconciler).Settle, desire("Ann")},
		{"read", webchattest.GetContact, true, (*Reconciler).Settle, desire("Bob")},
		{"replace", webchattest.ReplaceContact, true, (*Reconciler).Settle, desire("Bob")},
		{"delete", webchattest.DeleteContact, true, (*Reconciler).Settle, erase},
	} {
		for _, takes := range []time.Duration{0, DefaultLease - 5*time.Second} {
			if takes > 0 && test.name == "make" {
				continue // its time begins before the claim is stored, and is over by then
			}
			t.Run(fmt.Sprint(test.name, ", claimed within ", takes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim, err := webchattest.New(webchattest.Options{})
					if err != nil {
						t.Fatal(err)
					}
					defer sim.Close()
					store := &slowStore{Store: contacts.NewMemoryStore()}
					person := contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1")
					calls := &leased{t: t, store: store, person: person, next: webchattest.InProcess(sim)}
					api, err := webchat.NewClient(webchat.Config{
						BaseURL: "http://127.0.0.1", APIKey: webchattest.DefaultAPIKey, HTTPClient: &http.Client{Transport: calls},
						Timeout: time.Hour, MaxAttempts: 1, // no other bound
					})
					if err != nil {
						t.Fatal(err)
					}
					r := New(Options{
						API:    upstream.New(api, upstream.Options{Calls: 4, PerSecond: -1}),
						Timing: Timing{Lease: DefaultLease, WriteDoubt: DefaultWriteDoubt, SearchLag: DefaultSearchLag},
						Logger: slog.New(slog.DiscardHandler),
					})
					reading, err := contacts.Read(t.Context(), store, person)
					if err == nil && test.known {
						err = r.Settle(t.Context(), reading, desire("Ann"))
					}
					if err != nil || reading.Row.IsSettled() != test.known {
						t.Fatalf("settled: %v, %v", reading.Row.IsSettled(), err)
					}
					store.takes = takes
					sim.Inject(webchattest.Fault{Kind: webchattest.Hang, Operation: test.operation})
					if err := test.work(r, t.Context(), reading, test.first); err != nil {
						t.Error(err)
					}
					if calls.unending != 1 {
						t.Errorf("%d calls got no reply, want 1", calls.unending)
					}
				})
			})
		}
	}
}
