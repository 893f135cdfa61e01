// Package storetest holds the suite that every [contacts.Store] must pass. Call
// [Run] from a test of your own store:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) contacts.Store { return newStore(t) })
//	}
//
// It uses real time and takes a few seconds. Times are only compared with others
// of the store, whose clock need not be that of the test.
//
// What a store must do is written down once, as a model: each case changes the
// store and the model alike, and then asks the store everything there is to ask.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
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
		{"put", putCases()},
		{"time", timeCases()},
		{"random", randomCases()},
		{"ids", idCases()},
		{"scopes", scopeCases()},
		{"cancellation", cancellationCases()},
		{"concurrency", concurrencyCases()},
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

// fixture is a scope of its own in the store under test, and what must be in it.
type fixture struct {
	*testing.T
	store contacts.Store
	scope contacts.Scope
	model *model
}

func newFixture(t *testing.T, store contacts.Store) *fixture {
	return (&fixture{T: t, store: store}).in("test-"+randomHex(8), string(newID()))
}

// in is a fixture in another scope.
func (f *fixture) in(namespace, inboxID string) *fixture {
	return &fixture{f.T, f.store, contacts.Scope{Namespace: namespace, InboxID: inboxID}, newModel()}
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
	stored, err := f.tryPut(row, contacts.Guard{})
	if err != nil {
		f.Fatalf("Put: %v", err)
	}
	return stored
}

// tryPut puts a row that may be refused, and checks what is told with it.
func (f *fixture) tryPut(row contacts.Row, g contacts.Guard) (contacts.Row, error) {
	f.Helper()
	stored, err := f.store.Put(f.ctx(), row, g)
	if err != nil {
		f.equal(stored, contacts.Row{})
		return stored, err
	}
	if v := stored.Version; v == 0 || v == row.Version+1 || f.model.versions[v] {
		f.Errorf("the version is %d after %d, and should be random", v, row.Version)
	}
	f.equal(stored, f.model.put(row, stored.Version))
	f.stored(stored)
	return stored, nil
}

// delete deletes a row, if the model says that it can be.
func (f *fixture) delete(row contacts.Row) {
	f.Helper()
	want := f.model.delete(row)
	err := f.store.Delete(f.ctx(), row)
	if want != nil {
		f.failed(row, err, want)
	} else if err != nil {
		f.Fatalf("Delete: %v", err)
	}
}

// failed checks the kind of an error, and that it holds nothing of the row.
func (f *fixture) failed(row contacts.Row, err error, wants ...error) {
	f.Helper()
	if !slices.ContainsFunc(wants, func(want error) bool { return errors.Is(err, want) }) {
		f.Fatalf("error is %v, want %v", err, wants)
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
