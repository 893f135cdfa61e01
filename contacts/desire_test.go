package contacts_test

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func TestSetDesired(t *testing.T) {
	t.Parallel()
	set := func(d contacts.Desired) func(contacts.Row) (contacts.Row, error) {
		return func(r contacts.Row) (contacts.Row, error) { return r.SetDesired(d, now) }
	}
	revised := func(d contacts.Desired, revision int64) contacts.Desired {
		d.Revision = revision
		return d
	}
	// replaced is d waiting to be sent instead of what was there.
	replaced := func(d contacts.Desired) edit {
		return func(r *contacts.Row) {
			r.Desired, r.Waiting, r.Revision, r.Since = d.Stamp, &d.Profile, max(d.Revision, r.Revision), now
			r.Due, r.Failures, r.Reason = now, 0, ""
		}
	}
	dueAt := func(at time.Time) edit { return func(r *contacts.Row) { r.Due = at } }
	later := dueAt(late)
	doubtful := with(settled(), doubt, wants(ann), later) // confirmed, and to be sent once more
	checkTransitions(t, []transition{
		{"the first", plain(), set(ann), change(replaced(ann)), nil},
		{"the first, without a revision", plain(), set(revised(ann, 0)), change(replaced(revised(ann, 0))), nil},
		{"the same", waiting(), set(ann), nil, nil},
		{"the same, without a revision", waiting(), set(revised(ann, 0)), nil, nil},
		{"the same, settled", settled(), set(ann), nil, nil},
		{"the same, after a failure", with(waiting(), troubled, later), set(ann), nil, nil},
		{"the same, to be sent once more", doubtful, set(ann), nil, nil},
		{"the same, newer", with(waiting(), troubled, later), set(revised(ann, 12)), change(func(r *contacts.Row) { r.Revision = 12 }), nil},
		{"the same, settled and newer", settled(), set(revised(ann, 12)), change(func(r *contacts.Row) { r.Revision = 12 }), nil},
		{"the same, whose profile the row has not", with(settled(), func(r *contacts.Row) { r.Confirmed.Profile = "" }), set(ann), change(func(r *contacts.Row) {
			r.Waiting, r.Due = &ann.Profile, now
		}), nil},
		{"the same, for the next generation", with(settled(), func(r *contacts.Row) { r.ContactID, r.Confirmed = "", contacts.Stamp{} }), set(ann), change(func(r *contacts.Row) {
			r.Waiting, r.Due = &ann.Profile, now
		}), nil},
		{"older", waiting(), set(revised(bob, 9)), nil, contacts.ErrOlderRevision},
		{"older and the same", waiting(), set(revised(ann, 9)), nil, contacts.ErrOlderRevision},
		{"another of the same revision", waiting(), set(revised(bob, 10)), change(replaced(revised(bob, 10))), nil},
		{"another without a revision", waiting(), set(revised(bob, 0)), change(replaced(revised(bob, 0))), nil},
		{"another", with(waiting(), troubled, later), set(bob), change(replaced(bob)), nil},
		{"another, while it is claimed", with(waiting(), claimed), set(bob), change(replaced(bob), dueAt(soon)), nil},
		{"another, when the lease has run out", with(waiting(), ranOut), set(bob), change(replaced(bob)), nil},
		{"another name", settled(), set(bob), change(replaced(bob)), nil},
		{"another name, in doubt", with(behind(ann), doubt), set(bob), change(replaced(bob)), nil},
		{"another access", settled(), set(vip), change(replaced(vip), distrusted), nil},
		{"no access", settled(), set(none), change(replaced(none), distrusted), nil},
		{"another access, in doubt", with(behind(ann), doubt), set(vip), change(replaced(vip), distrusted, other), nil},
		{"another access, and the doubt is over", with(behind(ann), doubtOver), set(vip), change(replaced(vip), distrusted), nil},
		{"another access, and the doubt about it is over", with(behind(ann), doubtOver, other), set(vip), change(replaced(vip), distrusted), nil},
		{"what is confirmed, while suspended", with(behind(bob), lives(contacts.Suspended)), set(revised(ann, 12)), change(replaced(revised(ann, 12)), dueAt(ago)), nil},
		{"another access, no contact", with(waiting(), doubt), set(vip), change(replaced(vip), distrusted, other), nil},
		{"the first, in doubt", with(plain(), doubt), set(ann), change(replaced(ann), other), nil},
		{"trust above the clock", with(settled(), func(r *contacts.Row) { r.Trust = 1 << 60 }), set(vip), change(replaced(vip), func(r *contacts.Row) { r.Trust = 1<<60 + 1 }), nil},
		{"what is confirmed", behind(bob), set(revised(ann, 12)), change(replaced(revised(ann, 12)), done), nil},
		{"what is confirmed, while it is claimed", with(behind(bob), claimed), set(revised(ann, 12)), change(replaced(revised(ann, 12)), done), nil},
		{"what is confirmed, access too", behind(vip), set(revised(ann, 12)), change(replaced(revised(ann, 12)), done, distrusted), nil},
		{"what is confirmed, in doubt", with(behind(bob), doubt), set(revised(ann, 12)), change(replaced(revised(ann, 12))), nil},
		{"what is confirmed, and the doubt is over", with(behind(bob), doubtOver), set(revised(ann, 12)), change(replaced(revised(ann, 12))), nil},
		{"what is confirmed, in doubt, other access", with(behind(vip), doubt), set(revised(ann, 12)), change(replaced(revised(ann, 12)), distrusted, other), nil},
		{"of an erasing person", with(plain(), lives(contacts.Erasing)), set(ann), nil, contacts.ErrErased},
		{"of an erased person", with(plain(), lives(contacts.Erased)), set(ann), nil, contacts.ErrErased},
		{"while it is reissued", with(plain(), lives(contacts.Reissuing)), set(ann), nil, contacts.ErrReissuing},
		{"of a retired visitor", with(plain(), lives(contacts.Retired)), set(ann), nil, contacts.ErrRetired},
	})
}

func TestSetDesiredNeedsBothFingerprints(t *testing.T) {
	t.Parallel()
	for _, stamp := range []contacts.Stamp{{}, {Profile: "p"}, {Access: "a"}} {
		got, err := settled().SetDesired(contacts.Desired{Stamp: stamp, Revision: 99}, now)
		if err == nil {
			t.Errorf("no error for %+v", stamp)
		}
		checkRow(t, got, settled())
	}
}

// What the caller does to the profile afterwards is not the row's.
func TestSetDesiredKeepsAProfileOfItsOwn(t *testing.T) {
	t.Parallel()
	d := ann
	row, err := plain().SetDesired(d, now)
	if d.Profile.Name = "changed"; err != nil || row.Waiting.Name != "Ann" {
		t.Errorf("the profile waiting has changed: %v", err)
	}
}

func TestDistrustAgain(t *testing.T) {
	t.Parallel()
	checkRow(t, settled().DistrustAgain(now), with(settled(), distrusted))
	twice := settled().DistrustAgain(now).DistrustAgain(now)
	checkRow(t, twice, with(settled(), distrusted, func(r *contacts.Row) { r.Trust++ }))
}
