package contacts_test

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

func TestLink(t *testing.T) {
	t.Parallel()
	to := func(id webchat.ContactID) func(contacts.Row) (contacts.Row, error) {
		return func(r contacts.Row) (contacts.Row, error) { return r.Link(id, now) }
	}
	linked := func(r *contacts.Row) { r.ContactID = "c" }
	due := func(r *contacts.Row) { r.Due = now }
	calm := func(r *contacts.Row) { r.Failures, r.Reason, r.Conflicts, r.Denials = 0, "", 0, 0 }
	checkTransitions(t, []transition{
		{"a person nobody knows", contacts.New(shop.Member("1"), ago), to("c"), change(linked), nil},
		{"of whom nothing is desired", plain(), to("c"), change(linked), nil},
		{"one whose contact is to be made", with(waiting(), troubled), to("c"), change(linked, due, calm), nil},
		{"a worker who has died", with(waiting(), ranOut), to("c"), change(linked, due, released), nil},
		{"a suspended one", with(plain(), lives(contacts.Suspended)), to("c"), change(linked, due), nil},
		{"again", settled(), to("c"), nil, nil},
		{"another", settled(), to("d"), nil, contacts.ErrLinked},
		{"a creation under way", with(waiting(), claimed), to("c"), nil, contacts.ErrUnderWay},
		{"a creation that may land", with(waiting(), doubt), to("c"), nil, contacts.ErrUnderWay},
		{"a creation that may have landed", with(waiting(), doubtOver), to("c"), nil, contacts.ErrUnderWay},
		{"an erased one", with(plain(), lives(contacts.Erased)), to("c"), nil, contacts.ErrErased},
		{"one being erased", with(plain(), lives(contacts.Erasing)), to("c"), nil, contacts.ErrErased},
		{"one being reissued", with(plain(), lives(contacts.Reissuing)), to("c"), nil, contacts.ErrReissuing},
		{"a retired visitor", with(plain(), lives(contacts.Retired)), to("c"), nil, contacts.ErrRetired},
	})
	if _, err := plain().Link("", now); err == nil {
		t.Error("no contact was linked")
	}
}

// A contact that was linked is handed out once what is desired was sent.
func TestLinkIsNotHandedOut(t *testing.T) {
	t.Parallel()
	row, err := plain().Link("c", now)
	if err != nil || row.Ready() || row.State() != contacts.StatePending {
		t.Fatalf("%s, %v", row.State(), err)
	}
	row, err = row.SetDesired(ann, now)
	if err != nil || row.Ready() || !row.Due.Equal(now) {
		t.Fatalf("%s, due %s, %v", row.State(), row.Due, err)
	}
	if row, err = row.Claim(owner, time.Minute, now); err == nil {
		row, err = row.Confirm(owner, ann.Stamp, time.Time{}, now)
	}
	if err != nil || !row.Ready() || row.State() != contacts.StateSettled {
		t.Errorf("%s, %v", row.State(), err)
	}
}
