// Package storetest holds the suite that every [maicontact.Store] must pass.
// Call [Run] from a test of your own store:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) maicontact.Store { return newStore(t) })
//	}
//
// It uses real time, with leases of some milliseconds, and takes a few
// seconds. Times are only compared with others of the store, whose clock need
// not be that of the test.
//
// A delay that is negative counts as 0 (Postpone, and again of Confirm), a
// lease shorter than 1 ms as 1 ms. A store may round them up, never down.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

const (
	longLease  = time.Hour
	shortLease = 20 * time.Millisecond
	patience   = 20 * time.Second
)

// Run tests a store. It calls open once; the store may hold rows of others,
// and open registers what is to be closed with t.Cleanup. The tests run in
// parallel on it, in namespaces and inboxes of their own.
func Run(t *testing.T, open func(t *testing.T) maicontact.Store) {
	store := open(t)
	for _, topic := range []struct {
		name  string
		cases []check
	}{
		{"rows", rowCases()},
		{"want", wantCases()},
		{"claim", claimCases()},
		{"attempt", attemptCases()},
		{"bind", bindCases()},
		{"confirm", confirmCases()},
		{"again", againCases()},
		{"failure", failureCases()},
		{"regenerate", regenerateCases()},
		{"fencing", fencingCases()},
		{"erase", eraseCases()},
		{"due", dueCases()},
		{"ids", idCases()},
		{"cancellation", cancellationCases()},
		{"concurrency", concurrencyCases()},
		{"model", modelCases()},
	} {
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range topic.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(newFixture(t, store))
				})
			}
		})
	}
}

type check struct {
	name string
	run  func(*fixture)
}

// fixture is a place of its own in the store under test.
type fixture struct {
	*testing.T
	store            maicontact.Store
	namespace, inbox string
}

func newFixture(t *testing.T, store maicontact.Store) *fixture {
	return &fixture{t, store, "test-" + randomHex(8), string(newID())}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// newID returns a contact id that nobody has.
func newID() webchat.ContactID {
	h := randomHex(16)
	return webchat.ContactID(fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:]))
}

// profile makes one whose access depends on plan alone.
func profile(name, plan string) webchat.Profile {
	metadata, err := webchat.RawQueryMetadata(fmt.Appendf(nil, `{"plan":%q}`, plan))
	if err != nil {
		panic(err) // the arguments are constants of the suite
	}
	return webchat.Profile{Name: name, Email: name + "@example.com", QueryMetadata: metadata}
}

func wanted(p webchat.Profile, revision int64) maicontact.Wanted {
	return maicontact.Wanted{Profile: p, Stamp: maicontact.StampOf(p), Revision: revision}
}

func (f *fixture) key(member string) maicontact.Key {
	return maicontact.NewKey(f.namespace, f.inbox, member)
}

// must is for calls that have to succeed.
func (f *fixture) must(row maicontact.Contact, err error) maicontact.Contact {
	f.Helper()
	if err != nil {
		f.Fatalf("error: %v", err)
	}
	return row
}

// refused is for calls that have to fail and to change nothing.
func (f *fixture) refused(before maicontact.Contact, want, got error) {
	f.Helper()
	if !errors.Is(got, want) {
		f.Errorf("error is %v, want %v", got, want)
	}
	f.stored(before)
}

// stored checks that the row is exactly this one.
func (f *fixture) stored(want maicontact.Contact) {
	f.Helper()
	f.equal(f.must(f.store.Contact(f.ctx(), want.Key)), want)
}

// ctx bounds a test, so that a store that hangs fails instead.
func (f *fixture) ctx() context.Context {
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	f.Cleanup(cancel)
	return ctx
}

// eventually polls until done, which reports false for "not yet".
func (f *fixture) eventually(what string, done func() bool) {
	f.Helper()
	for start := time.Now(); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > patience {
			f.Fatalf("%s has not happened within %v", what, patience)
		}
	}
}
