// Package storetest holds the suite that every [contacts.Store] must pass. Call
// [Run] from a test of your own store:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) contacts.Store { return newStore(t) })
//	}
//
// It uses real time and takes a few seconds. Times are only compared with others
// of the store, whose clock need not be that of the test.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// patience bounds everything, so that a store that hangs fails instead.
const patience = 20 * time.Second

// Run tests a store. It calls open once; the store may hold rows of others, and
// open registers what is to be closed with t.Cleanup. The tests run in parallel
// on it, in scopes of their own.
func Run(t *testing.T, open func(t *testing.T) contacts.Store) {
	store := open(t)
	for _, topic := range []struct {
		name  string
		cases []check
	}{
		{"get", getCases()},
		{"put", putCases()},
		{"guard", guardCases()},
		{"contact", contactCases()},
		{"delete", deleteCases()},
		{"due", dueCases()},
		{"count", countCases()},
		{"expired", expiredCases()},
		{"trust", trustCases()},
		{"rows", rowsCases()},
		{"scopes", scopeCases()},
		{"namespaces", namespaceCases()},
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

// fixture is a scope of its own in the store under test.
type fixture struct {
	*testing.T
	store contacts.Store
	scope contacts.Scope
}

func newFixture(t *testing.T, store contacts.Store) *fixture {
	return &fixture{t, store, contacts.Scope{Namespace: "test-" + randomHex(8), InboxID: string(newID())}}
}

// in is the fixture with another scope.
func (f *fixture) in(namespace, inboxID string) *fixture {
	return &fixture{f.T, f.store, contacts.Scope{Namespace: namespace, InboxID: inboxID}}
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

// ctx ends after a while, and with the test.
func (f *fixture) ctx() context.Context {
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	f.Cleanup(cancel)
	return ctx
}

// now is the store's clock.
func (f *fixture) now() time.Time {
	f.Helper()
	_, now, err := f.store.Get(f.ctx(), f.scope.Member("nobody"))
	if !errors.Is(err, contacts.ErrNotFound) {
		f.Fatalf("error is %v, want ErrNotFound", err)
	}
	return now
}

// after waits until the store's clock is past t, and returns it.
func (f *fixture) after(t time.Time) time.Time {
	f.Helper()
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		if now := f.now(); now.After(t) {
			return now
		}
		if time.Since(start) > patience {
			f.Fatalf("the store's clock has not passed %v within %v", t, patience)
		}
	}
}

// put puts a row that must be taken, and checks what becomes of it.
func (f *fixture) put(row contacts.Row) contacts.Row {
	f.Helper()
	stored, err := f.store.Put(f.ctx(), row, contacts.Guard{})
	if err != nil {
		f.Fatalf("Put: %v", err)
	}
	f.checkPut(row, stored)
	return stored
}

func (f *fixture) checkPut(row, stored contacts.Row) {
	f.Helper()
	if v := stored.Version; v == 0 || v == row.Version || v == row.Version+1 {
		f.Errorf("the version is %d after %d, and should be random", v, row.Version)
	}
	want := row.Rounded()
	want.Version = stored.Version
	f.equal(stored, want)
	f.stored(stored)
}

// stored checks that the store has exactly this row.
func (f *fixture) stored(want contacts.Row) {
	f.Helper()
	got, now, err := f.store.Get(f.ctx(), want.Person)
	if err != nil || now.IsZero() {
		f.Fatalf("Get: the clock is %v, the error %v", now, err)
	}
	f.equal(got, want)
}

// missing checks that the store has no such row.
func (f *fixture) missing(p contacts.Person) {
	f.Helper()
	row, now, err := f.store.Get(f.ctx(), p)
	if !errors.Is(err, contacts.ErrNotFound) || now.IsZero() {
		f.Errorf("Get: the clock is %v, the error %v; want ErrNotFound", now, err)
	}
	f.equal(row, contacts.Row{})
}

// refuses puts a row that must be refused, and checks what is told with it.
func (f *fixture) refuses(want error, row contacts.Row, g contacts.Guard) {
	f.Helper()
	got, err := f.store.Put(f.ctx(), row, g)
	f.equal(got, contacts.Row{})
	f.failed(want, err, row)
}

// failed checks the kind of an error, and that it holds nothing of the row.
func (f *fixture) failed(want, err error, row contacts.Row) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error is %v, want %v", err, want)
	}
	secrets := []string{row.ContactID.Reveal()}
	if len(row.ID) > 8 { // others occur in other words
		secrets = append(secrets, row.ID)
	}
	if row.Waiting != nil {
		secrets = append(secrets, row.Waiting.Name, row.Waiting.Email)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(err.Error(), secret) {
			f.Errorf("the error tells %q: %v", secret, err)
		}
	}
}
