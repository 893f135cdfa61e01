package contacts_test

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

func TestUnconfirm(t *testing.T) {
	t.Parallel()
	unconfirm := func(r contacts.Row) (contacts.Row, error) { return r.Unconfirm(now) }
	unknown := func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} }
	due := func(r *contacts.Row) { r.Due = now }
	checkTransitions(t, []transition{
		{"a settled one", settled(), unconfirm, change(unknown, distrusted), nil},
		{"one of which a part is refused", refused(), unconfirm, change(unknown, distrusted, due), nil},
		{"one that is worked on", with(refused(), claimed), unconfirm, change(unknown, distrusted), nil},
		{"one that is not handed out", behind(vip), unconfirm, change(unknown), nil},
		{"again", with(settled(), unknown), unconfirm, nil, nil},
		{"without contact", waiting(), unconfirm, nil, contacts.ErrFenced},
		{"a suspended one", with(settled(), lives(contacts.Suspended)), unconfirm, nil, contacts.ErrFenced},
		{"an erased one", with(plain(), lives(contacts.Erased)), unconfirm, nil, contacts.ErrErased},
		{"one being reissued", with(settled(), lives(contacts.Reissuing)), unconfirm, nil, contacts.ErrReissuing},
		{"a retired visitor", with(settled(), lives(contacts.Retired)), unconfirm, nil, contacts.ErrRetired},
	})
	row, err := settled().Unconfirm(now)
	if err == nil {
		row, err = row.SetDesired(ann, now)
	}
	if err != nil || row.Waiting == nil || !row.Due.Equal(now) || row.Ready() {
		t.Errorf("the same again waits %v, due %s, %v", row.Waiting != nil, row.Due, err)
	}
}

// refused is handed out, and MaiAgent does not take a part of it before tomorrow.
func refused() contacts.Row {
	return with(behind(ann), func(r *contacts.Row) { r.Refused, r.Due = "phone", now.Add(contacts.RefusedTime) })
}

// What was told of a higher trust was true once; the table has lost it.
func TestOutrun(t *testing.T) {
	t.Parallel()
	outrun := func(trust int64) func(contacts.Row) (contacts.Row, error) {
		return func(r contacts.Row) (contacts.Row, error) { return r.Outrun(trust, now), nil }
	}
	above := settled().Trust + 1
	far := now.Add(time.Hour).UnixMicro() // of a clock that was ahead
	unknown := func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} }
	due := func(r *contacts.Row) { r.Due = now }
	checkTransitions(t, []transition{
		{"its own trust", settled(), outrun(settled().Trust), nil, nil},
		{"a lower one", settled(), outrun(settled().Trust - 1), nil, nil},
		{"a higher one", settled(), outrun(above), change(unknown, distrusted), nil},
		{"a higher one, and a part is refused", refused(), outrun(above), change(unknown, distrusted, due), nil},
		{"a higher one, while it is worked on", with(refused(), claimed), outrun(above), change(unknown, distrusted), nil},
		{"one of the future", settled(), outrun(far), change(unknown, distrusted, func(r *contacts.Row) { r.Trust = far + 1 }), nil},
		{"a suspended one", with(settled(), lives(contacts.Suspended)), outrun(above), change(unknown, distrusted, due), nil},
		{"a suspended one, in doubt", with(settled(), lives(contacts.Suspended), doubt, func(r *contacts.Row) { r.Due = late }), outrun(above), change(unknown, distrusted), nil},
		{"an erased one", with(plain(), lives(contacts.Erased)), outrun(far), nil, nil},
		{"a retired visitor", with(settled(), lives(contacts.Retired)), outrun(far), nil, nil},
	})
}

func TestEraseAgain(t *testing.T) {
	t.Parallel()
	again := func(r contacts.Row) (contacts.Row, error) { return r.EraseAgain(now) }
	checkTransitions(t, []transition{
		{"a complete tombstone", with(plain(), lives(contacts.Erased)), again, change(lives(contacts.Erasing), func(r *contacts.Row) { r.Due = now }), nil},
		{"one under way", with(plain(), lives(contacts.Erasing)), again, nil, contacts.ErrNotErased},
		{"a settled one", settled(), again, nil, contacts.ErrNotErased},
	})
}
