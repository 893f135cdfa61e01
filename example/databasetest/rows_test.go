package databasetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

const (
	contactID   = webchat.ContactID("5ec2e7a0-0000-4000-8000-000000000001")
	secretName  = "Secret Name"
	secretEmail = "secret@example.com"
)

var scope = contacts.Scope{Namespace: "test", InboxID: "b0b5b0b5-0000-4000-8000-000000000001"}

func newPerson(id string) contacts.Person { return scope.Member(id) }

// idOf makes contact ids that differ.
func idOf(n int) webchat.ContactID {
	return webchat.ContactID(fmt.Sprintf("5ec2e7a0-0000-4000-8000-%012x", n))
}

// waiting stores a row whose profile is to be sent.
func waiting(t testing.TB, store contacts.Store, p contacts.Person) contacts.Row {
	t.Helper()
	_, now, err := store.Get(t.Context(), p)
	if err != nil && err != contacts.ErrNotFound {
		t.Fatal(err)
	}
	return put(t, store, desired(t, contacts.New(p, now), now))
}

func desired(t testing.TB, r contacts.Row, now time.Time) contacts.Row {
	t.Helper()
	profile := webchat.Profile{Name: secretName, Email: secretEmail}
	r, err := r.SetDesired(contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile), Revision: 1}, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// claimed stores a row that somebody works on.
func claimed(t testing.TB, store contacts.Store, p contacts.Person) contacts.Row {
	t.Helper()
	r := waiting(t, store, p)
	r, err := r.Claim(7, time.Hour, r.Updated)
	if err != nil {
		t.Fatal(err)
	}
	return put(t, store, r)
}

// bound stores a row that has a contact, and nothing to do.
func bound(t testing.TB, store contacts.Store, p contacts.Person) contacts.Row {
	t.Helper()
	return put(t, store, bind(t, claimed(t, store, p), contactID))
}

func bind(t testing.TB, r contacts.Row, id webchat.ContactID) contacts.Row {
	t.Helper()
	r, err := r.Bind(r.Owner, id, r.Desired, r.Updated)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t testing.TB, store contacts.Store, r contacts.Row) contacts.Row {
	t.Helper()
	r, err := store.Put(t.Context(), r, contacts.Guard{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// isStored checks that the store has exactly this row.
func isStored(t testing.TB, store contacts.Store, want contacts.Row) {
	t.Helper()
	got, _, err := store.Get(t.Context(), want.Person)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the row is another, or %v", err)
	}
}

// operations are all methods of a store, to see what each says when the
// database fails.
func operations(store contacts.Store, p contacts.Person) map[string]func(context.Context) error {
	drop := func(_ any, err error) error { return err }
	row := contacts.New(p, time.Now())
	row.Waiting = &webchat.Profile{Name: secretName, Email: secretEmail}
	row.ContactID = contactID
	again := row
	again.Version = 1
	return map[string]func(context.Context) error{
		"Get": func(ctx context.Context) error {
			_, _, err := store.Get(ctx, p)
			return err
		},
		"Put": func(ctx context.Context) error {
			stored, _, err := store.Get(ctx, p)
			if err != nil {
				stored = again
			}
			return drop(store.Put(ctx, stored, contacts.Guard{}))
		},
		"Put a new row":  func(ctx context.Context) error { return drop(store.Put(ctx, row, contacts.Guard{})) },
		"Put an old row": func(ctx context.Context) error { return drop(store.Put(ctx, again, contacts.Guard{})) },
		"Delete":         func(ctx context.Context) error { return store.Delete(ctx, again) },
		"Due":            func(ctx context.Context) error { return drop(store.Due(ctx, scope, 10)) },
		"Changed":        func(ctx context.Context) error { return drop(store.Changed(ctx, scope, time.Time{}, 10)) },
		"Expired":        func(ctx context.Context) error { return drop(store.Expired(ctx, scope, 10)) },
		"Rows":           func(ctx context.Context) error { return drop(store.Rows(ctx, scope, contacts.Person{}, 10)) },
		"ByContact":      func(ctx context.Context) error { return drop(store.ByContact(ctx, scope.InboxID, contactID)) },
		"Count":          func(ctx context.Context) error { return drop(store.Count(ctx, scope)) },
	}
}
