package contacts_test

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

type do = func(contacts.Row) (contacts.Row, error)

func TestClaim(t *testing.T) {
	t.Parallel()
	claim := func(owner int64, lease time.Duration) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.Claim(owner, lease, now) }
	}
	takes := func(lease time.Duration) edit {
		return func(r *contacts.Row) {
			r.Owner, r.LeaseUntil, r.Due = owner, now.Add(lease), now.Add(lease)
		}
	}
	certain := func(r *contacts.Row) { r.DoubtUntil, r.DoubtOther, r.Confirmed.Profile = time.Time{}, false, "" }
	dueAt := func(at time.Time) edit { return func(r *contacts.Row) { r.Due = at } }
	checkTransitions(t, []transition{
		{"due", waiting(), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"due this moment", with(waiting(), dueAt(now)), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"due in a moment", with(waiting(), dueAt(now.Add(1))), claim(owner, time.Minute), nil, contacts.ErrNotDue},
		{"nothing to do", settled(), claim(owner, time.Minute), nil, contacts.ErrNotDue},
		{"held", with(waiting(), claimed), claim(stranger, time.Minute), nil, contacts.ErrNotDue},
		{"held by the same", with(waiting(), claimed), claim(owner, time.Minute), nil, contacts.ErrNotDue},
		{"held, although it is due", with(waiting(), claimed, dueAt(ago)), claim(stranger, time.Minute), nil, contacts.ErrNotDue},
		{"taken over when the lease has run out", with(waiting(), ranOut, func(r *contacts.Row) { r.Owner = stranger }), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"a tombstone", with(settled(), condemned(contacts.Erasing)), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"no owner", waiting(), claim(0, time.Minute), nil, contacts.ErrNotDue},
		{"no lease", waiting(), claim(owner, 0), change(takes(time.Millisecond)), nil},
		{"a negative lease", waiting(), claim(owner, -time.Hour), change(takes(time.Millisecond)), nil},
		{"what is confirmed stays so", behind(bob), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"in doubt", with(behind(bob), doubt, other), claim(owner, time.Minute), change(takes(time.Minute)), nil},
		{"the doubt is over", with(behind(ann), doubtOver), claim(owner, time.Minute), change(takes(time.Minute), certain), nil},
		// An older write may have landed with another access: what was confirmed
		// before that is not known any more.
		{"the doubt about the access is over", with(behind(ann), doubtOver, other), claim(owner, time.Minute), change(takes(time.Minute), certain, func(r *contacts.Row) {
			r.Confirmed.Access = ""
		}), nil},
	})
}

func TestBeginWrite(t *testing.T) {
	t.Parallel()
	begin := func(owner int64) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.BeginWrite(owner, 10*time.Minute, now) }
	}
	until := func(at time.Time) edit { return func(r *contacts.Row) { r.DoubtUntil = at } }
	own := until(soon.Add(10 * time.Minute))
	checkTransitions(t, []transition{
		{"no contact", with(waiting(), claimed), begin(owner), change(own), nil},
		{"another name", with(behind(bob), claimed), begin(owner), change(own, func(r *contacts.Row) { r.Confirmed.Profile = "" }), nil},
		{"another access", with(behind(vip), claimed), begin(owner), change(own, func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} }), nil},
		{"suspended", with(behind(bob), claimed, lives(contacts.Suspended)), begin(owner), change(own, func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} }), nil},
		{"once more", with(behind(ann), claimed), begin(owner), change(own, func(r *contacts.Row) { r.Confirmed.Profile = "" }), nil},
		{"a longer doubt", with(waiting(), claimed, doubt, other), begin(owner), change(), nil},
		{"a shorter doubt", with(waiting(), claimed, until(soon)), begin(owner), change(own), nil},
		{"again", with(waiting(), claimed, own), begin(owner), change(), nil},
		{"the lease has run out", with(waiting(), ranOut), begin(owner), nil, contacts.ErrFenced},
		{"another has taken over", with(waiting(), claimed), begin(stranger), nil, contacts.ErrFenced},
		{"no claim", waiting(), begin(0), nil, contacts.ErrFenced},
		{"erasing", with(behind(bob), claimed, lives(contacts.Erasing)), begin(owner), nil, contacts.ErrFenced},
		{"reissuing", with(behind(bob), claimed, lives(contacts.Reissuing)), begin(owner), nil, contacts.ErrFenced},
		{"retired", with(behind(bob), claimed, lives(contacts.Retired)), begin(owner), nil, contacts.ErrFenced},
	})
}

func TestBeginDelete(t *testing.T) {
	t.Parallel()
	begin := func(owner int64) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.BeginDelete(owner, now) }
	}
	erasing, reissuing := with(settled(), condemned(contacts.Erasing)), with(settled(), condemned(contacts.Reissuing))
	checkTransitions(t, []transition{
		{"erasing", with(erasing, claimed), begin(owner), change(), nil},
		{"reissuing", with(reissuing, claimed), begin(owner), change(), nil},
		{"the lease has run out", with(erasing, ranOut), begin(owner), nil, contacts.ErrFenced},
		{"another has taken over", with(erasing, claimed), begin(stranger), nil, contacts.ErrFenced},
		{"no claim", erasing, begin(0), nil, contacts.ErrFenced},
		{"live", with(behind(bob), claimed), begin(owner), nil, contacts.ErrFenced},
		{"complete, and looked at again", with(plain(), claimed, lives(contacts.Erased)), begin(owner), change(), nil},
		{"suspended", with(settled(), claimed, lives(contacts.Suspended)), begin(owner), nil, contacts.ErrFenced},
	})
}

func TestNotWritten(t *testing.T) {
	t.Parallel()
	not := func(owner int64, before time.Time) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.NotWritten(owner, before, now) }
	}
	begun := with(behind(vip), claimed, doubt, other, func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} })
	checkTransitions(t, []transition{
		{"nothing else in doubt", begun, not(owner, time.Time{}), change(func(r *contacts.Row) { r.DoubtUntil, r.DoubtOther = time.Time{}, false }), nil},
		{"an older write in doubt", begun, not(owner, soon), change(func(r *contacts.Row) { r.DoubtUntil = soon }), nil},
		{"an older write that may have landed since", begun, not(owner, ago), change(func(r *contacts.Row) { r.DoubtUntil = ago }), nil},
		{"another has taken over", begun, not(stranger, time.Time{}), nil, contacts.ErrFenced},
		{"no claim", with(begun, released), not(0, time.Time{}), nil, contacts.ErrFenced},
	})
}

func TestNextGeneration(t *testing.T) {
	t.Parallel()
	next := func(owner int64) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.NextGeneration(owner, now) }
	}
	generation := func(r *contacts.Row) {
		r.ContactID, r.Confirmed, r.Generation = "", contacts.Stamp{}, r.Generation+1
	}
	checkTransitions(t, []transition{
		{"of a contact that was deleted", with(behind(bob), claimed), next(owner), change(generation, distrusted), nil},
		{"of one that nobody knew", with(waiting(), claimed, troubled), next(owner), change(generation), nil},
		{"of a suspended one", with(behind(bob), claimed, lives(contacts.Suspended)), next(owner), change(generation, distrusted), nil},
		{"in doubt", with(waiting(), claimed, doubt), next(owner), nil, contacts.ErrFenced},
		{"a claim that began in doubt", with(waiting(), claimed, doubtOver), next(owner), nil, contacts.ErrFenced},
		{"the lease has run out", with(waiting(), ranOut), next(owner), nil, contacts.ErrFenced},
		{"another has taken over", with(waiting(), claimed), next(stranger), nil, contacts.ErrFenced},
		{"no claim", waiting(), next(0), nil, contacts.ErrFenced},
		{"erasing", with(settled(), claimed, lives(contacts.Erasing)), next(owner), nil, contacts.ErrFenced},
	})
}
