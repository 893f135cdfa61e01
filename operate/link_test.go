package operate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A server died between the creation of a member's contact and the note of it, and
// the doubt about that is over: the row does not tell. Another contact is not
// linked then, and is as soon as the first is known not to be there.
func TestLinkBesideAContactThatWasNotRecorded(t *testing.T) {
	t.Parallel()
	store := &disturbed{Store: contacts.NewMemoryStore()}
	operator, client, sim := newOperator(t, store)
	person := shop.Member("1")
	now := time.Now()
	row := contacts.New(person, now)
	profile := webchat.Profile{Name: "Ann"}
	row, err := row.SetDesired(contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = store.Put(t.Context(), row, contacts.Guard{}); err != nil {
		t.Fatal(err)
	}
	legacy, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: "legacy-1"})
	if err != nil {
		t.Fatal(err)
	}
	var made webchat.Contact
	// It is made between the look and the Put.
	store.before = func() {
		store.before = nil
		found, _, err := store.Get(t.Context(), person)
		if err == nil {
			_, err = store.Put(t.Context(), found, contacts.Guard{})
		}
		if err == nil {
			made, err = client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: identity.SourceID(person, 1), Profile: profile})
		}
		if err != nil {
			t.Error(err)
		}
	}
	if changed, err := operator.Link(t.Context(), "1", legacy.ID, operate.LinkOptions{}); changed || !errors.Is(err, contacts.ErrUnderWay) {
		t.Errorf("beside one that was just made: linked %v, %v", changed, err)
	}
	for _, options := range []operate.LinkOptions{{DryRun: true}, {}, {NoVerify: true}} {
		if changed, err := operator.Link(t.Context(), "1", legacy.ID, options); changed || !errors.Is(err, contacts.ErrUnderWay) {
			t.Errorf("%+v: linked %v, %v", options, changed, err)
		}
	}
	sim.Delete(made.ID.Reveal())
	if changed, err := operator.Link(t.Context(), "1", legacy.ID, operate.LinkOptions{}); !changed || err != nil {
		t.Errorf("once it is gone: linked %v, %v", changed, err)
	}
	if found, _, err := store.Get(t.Context(), person); err != nil || found.ContactID != legacy.ID {
		t.Errorf("the row has another contact, %v", err)
	}
}

// disturbed is a store in which something happens before a Put.
type disturbed struct {
	contacts.Store
	before func()
}

func (s *disturbed) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	if s.before != nil {
		s.before()
	}
	return s.Store.Put(ctx, r, g)
}
