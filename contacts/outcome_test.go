package contacts_test

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// begun is a write under way: of d, to the contact or for one.
func begun(row contacts.Row) contacts.Row {
	row = with(row, claimed)
	row, err := row.BeginWrite(owner, time.Minute, now)
	if err != nil {
		panic(err)
	}
	return row
}

func TestBind(t *testing.T) {
	t.Parallel()
	bind := func(owner int64, id webchat.ContactID, confirmed contacts.Stamp) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.Bind(owner, id, confirmed, now) }
	}
	bound := func(confirmed contacts.Stamp) edit {
		return func(r *contacts.Row) {
			r.ContactID, r.Confirmed, r.Failures, r.Reason, r.Conflicts = "c", confirmed, 0, "", 0
			r.DoubtUntil, r.DoubtOther = time.Time{}, false
		}
	}
	row := with(begun(waiting()), troubled)
	checkTransitions(t, []transition{
		{"just made", row, bind(owner, "c", ann.Stamp), change(bound(ann.Stamp), done), nil},
		{"there already", row, bind(owner, "c", contacts.Stamp{}), change(bound(contacts.Stamp{}), func(r *contacts.Row) { r.DoubtUntil = row.DoubtUntil }), nil},
		{"made with what was desired before", with(row, wants(vip), other), bind(owner, "c", ann.Stamp), change(bound(ann.Stamp)), nil},
		{"suspended", with(row, lives(contacts.Suspended)), bind(owner, "c", ann.Stamp), change(bound(ann.Stamp)), nil},
		{"the lease has run out, and nobody has taken over", with(row, ranOut), bind(owner, "c", ann.Stamp), change(bound(ann.Stamp), done), nil},
		{"again", with(row, bound(contacts.Stamp{})), bind(owner, "c", contacts.Stamp{}), change(), nil},
		{"another contact", with(row, bound(contacts.Stamp{})), bind(owner, "d", ann.Stamp), nil, contacts.ErrFenced},
		{"no contact", row, bind(owner, "", ann.Stamp), nil, contacts.ErrFenced},
		{"another has taken over", row, bind(stranger, "c", ann.Stamp), nil, contacts.ErrFenced},
		{"no claim", with(row, released), bind(0, "c", ann.Stamp), nil, contacts.ErrFenced},
		{"erasing", with(row, lives(contacts.Erasing)), bind(owner, "c", ann.Stamp), nil, contacts.ErrFenced},
		{"reissuing", with(row, lives(contacts.Reissuing)), bind(owner, "c", ann.Stamp), nil, contacts.ErrFenced},
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	confirm := func(owner int64, confirmed contacts.Stamp, before time.Time) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.Confirm(owner, confirmed, before, now) }
	}
	confirmed := func(stamp contacts.Stamp, before time.Time) edit {
		return func(r *contacts.Row) {
			r.Confirmed, r.Failures, r.Reason, r.DoubtUntil = stamp, 0, "", before
			r.DoubtOther = r.DoubtOther && !before.IsZero()
		}
	}
	again := func(at time.Time) edit {
		return func(r *contacts.Row) {
			released(r)
			r.Due = at
		}
	}
	never := time.Time{}
	row := with(begun(behind(vip)), troubled)
	checkTransitions(t, []transition{
		{"what is desired", row, confirm(owner, vip.Stamp, never), change(confirmed(vip.Stamp, never), done), nil},
		{"what was desired before", with(row, wants(bob), other), confirm(owner, vip.Stamp, never), change(confirmed(vip.Stamp, never)), nil},
		{"nothing known", row, confirm(owner, contacts.Stamp{}, never), change(confirmed(contacts.Stamp{}, never)), nil},
		{"while an older write may land", row, confirm(owner, vip.Stamp, late), change(confirmed(vip.Stamp, late), again(late)), nil},
		{"while an older write of other access may land", with(row, other), confirm(owner, vip.Stamp, late), change(confirmed(vip.Stamp, late), again(late)), nil},
		// It may have landed after this one.
		{"an older write could land when this one began", with(row, other), confirm(owner, vip.Stamp, ago), change(confirmed(vip.Stamp, ago), again(ago)), nil},
		{"something else, while an older write may land", with(row, wants(bob), other), confirm(owner, vip.Stamp, late), change(confirmed(vip.Stamp, late)), nil},
		{"the lease has run out, and nobody has taken over", with(row, ranOut), confirm(owner, vip.Stamp, never), change(confirmed(vip.Stamp, never), done), nil},
		{"another has taken over", row, confirm(stranger, vip.Stamp, never), nil, contacts.ErrFenced},
		{"no claim", with(row, released), confirm(0, vip.Stamp, never), nil, contacts.ErrFenced},
		{"no contact", begun(waiting()), confirm(owner, ann.Stamp, never), nil, contacts.ErrFenced},
		{"erasing", with(row, lives(contacts.Erasing)), confirm(owner, vip.Stamp, never), nil, contacts.ErrFenced},
		{"retired", with(row, lives(contacts.Retired)), confirm(owner, vip.Stamp, never), nil, contacts.ErrFenced},
	})
}

func TestPostpone(t *testing.T) {
	t.Parallel()
	postpone := func(owner int64, f contacts.Failure) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.Postpone(owner, f, now) }
	}
	postponed := func(at, doubt time.Time) edit {
		return func(r *contacts.Row) {
			released(r)
			r.Due, r.DoubtUntil, r.DoubtOther = at, doubt, r.DoubtOther && !doubt.IsZero()
			r.Failures, r.Reason, r.Conflicts = r.Failures+1, "status 500", 1
		}
	}
	failure := contacts.Failure{Delay: time.Second, Reason: "status 500", DoubtUntil: late, Conflicts: 1}
	clean, ended, back := failure, failure, failure
	clean.DoubtUntil, ended.DoubtUntil, back.Delay = time.Time{}, ago, -time.Hour
	row := with(begun(behind(vip)), troubled, other)
	then := now.Add(time.Second)
	checkTransitions(t, []transition{
		{"in doubt", row, postpone(owner, failure), change(postponed(then, late)), nil},
		{"clean", row, postpone(owner, clean), change(postponed(then, time.Time{})), nil},
		{"with a doubt that is over", row, postpone(owner, ended), change(postponed(then, ago)), nil},
		{"no delay", row, postpone(owner, back), change(postponed(now, late)), nil},
		{"the lease has run out, and nobody has taken over", with(row, ranOut), postpone(owner, failure), change(postponed(then, late)), nil},
		{"a tombstone", with(settled(), condemned(contacts.Erasing), claimed), postpone(owner, failure), change(postponed(then, late)), nil},
		{"another has taken over", row, postpone(stranger, failure), nil, contacts.ErrFenced},
		{"no claim", with(row, released), postpone(0, failure), nil, contacts.ErrFenced},
	})
}

func TestRelease(t *testing.T) {
	t.Parallel()
	rest := func(owner int64) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.Release(owner, now) }
	}
	rests := func(at time.Time) []edit {
		return change(released, func(r *contacts.Row) { r.Due = at })
	}
	row := with(settled(), claimed)
	checkTransitions(t, []transition{
		{"nothing to do", row, rest(owner), rests(time.Time{}), nil},
		{"in doubt", with(row, doubt, other), rest(owner), rests(late), nil},
		{"something waits", with(behind(bob), claimed), rest(owner), rests(now), nil},
		{"something waits until one is resumed", with(behind(bob), claimed, lives(contacts.Suspended)), rest(owner), rests(time.Time{}), nil},
		{"something waits, in doubt", with(behind(bob), claimed, doubt), rest(owner), rests(late), nil},
		{"an erasure is never forgotten", with(settled(), condemned(contacts.Erasing), claimed), rest(owner), rests(now), nil},
		{"nor is a reissue", with(settled(), condemned(contacts.Reissuing), claimed), rest(owner), rests(now), nil},
		{"another has taken over", row, rest(stranger), nil, contacts.ErrFenced},
		{"no claim", settled(), rest(0), nil, contacts.ErrFenced},
	})
}

func TestConfirmWithout(t *testing.T) {
	t.Parallel()
	const refused = "phone 0a1b 1700000000"
	without := func(owner int64, confirmed contacts.Stamp, before time.Time) do {
		return func(r contacts.Row) (contacts.Row, error) {
			return r.ConfirmWithout(owner, confirmed, refused, before, now)
		}
	}
	confirmed := func(access string, before time.Time) edit {
		return func(r *contacts.Row) {
			r.Confirmed, r.Failures, r.Reason, r.DoubtUntil = contacts.Stamp{Access: access}, 0, "", before
			r.DoubtOther = r.DoubtOther && !before.IsZero()
			r.Refused = refused
		}
	}
	again := func(at time.Time) edit { return func(r *contacts.Row) { released(r); r.Due = at } }
	row := with(begun(behind(vip)), troubled)
	checkTransitions(t, []transition{
		{"it is tried again after a day", row, without(owner, vip.Stamp, time.Time{}),
			change(confirmed(vip.Stamp.Access, time.Time{}), again(now.Add(contacts.RefusedTime))), nil},
		{"an older write may still land", row, without(owner, vip.Stamp, late), change(confirmed(vip.Stamp.Access, late), again(late)), nil},
		{"something else is desired by now", with(row, wants(bob)), without(owner, vip.Stamp, time.Time{}), change(confirmed(vip.Stamp.Access, time.Time{})), nil},
		{"another has taken over", row, without(stranger, vip.Stamp, time.Time{}), nil, contacts.ErrFenced},
		{"suspended", with(row, lives(contacts.Suspended)), without(owner, vip.Stamp, time.Time{}), nil, contacts.ErrFenced},
		{"no contact", begun(waiting()), without(owner, ann.Stamp, time.Time{}), nil, contacts.ErrFenced},
	})
	done, err := row.ConfirmWithout(owner, vip.Stamp, refused, time.Time{}, now)
	if err != nil || !done.Ready() || !done.IsSettled() || done.Waiting == nil {
		t.Errorf("ready %v, settled %v, waits %v: %v", done.Ready(), done.IsSettled(), done.Waiting != nil, err)
	}
}

func TestConfirmSuspended(t *testing.T) {
	t.Parallel()
	confirm := func(owner int64, before time.Time) do {
		return func(r contacts.Row) (contacts.Row, error) { return r.ConfirmSuspended(owner, "nothing", before, now) }
	}
	confirmed := func(before time.Time) edit {
		return func(r *contacts.Row) {
			r.Confirmed, r.Failures, r.Reason, r.DoubtUntil = contacts.Stamp{Access: "nothing"}, 0, "", before
			r.DoubtOther = r.DoubtOther && !before.IsZero()
			released(r)
			r.Due = before
		}
	}
	row := with(begun(with(behind(vip), lives(contacts.Suspended))), troubled)
	checkTransitions(t, []transition{
		{"it rests, and what is desired waits", row, confirm(owner, time.Time{}), change(confirmed(time.Time{})), nil},
		{"an older write may still land", with(row, other), confirm(owner, late), change(confirmed(late)), nil},
		{"another has taken over", row, confirm(stranger, time.Time{}), nil, contacts.ErrFenced},
		{"resumed", with(row, lives(contacts.Live)), confirm(owner, time.Time{}), nil, contacts.ErrFenced},
	})
	done, err := row.ConfirmSuspended(owner, "nothing", time.Time{}, now)
	if err != nil || done.Ready() || done.State() != contacts.StateSuspended {
		t.Errorf("ready %v, %s: %v", done.Ready(), done.State(), err)
	}
}

func TestUnseen(t *testing.T) {
	t.Parallel()
	unseen := func(owner int64) do {
		return func(r contacts.Row) (contacts.Row, error) {
			return r.Unseen(owner, contacts.Failure{Delay: time.Minute, Reason: "not seen"}, now)
		}
	}
	postponed := func(r *contacts.Row) {
		released(r)
		r.Confirmed, r.DoubtUntil, r.DoubtOther = contacts.Stamp{}, time.Time{}, false
		r.Due, r.Reason = now.Add(time.Minute), "not seen"
		r.Failures, r.Conflicts = r.Failures+1, 0
	}
	row := begun(behind(bob)) // whose access is that of before
	checkTransitions(t, []transition{
		{"the id was handed out", row, unseen(owner), change(postponed, distrusted), nil},
		{"it was not", begun(behind(vip)), unseen(owner), change(postponed), nil},
		{"another has taken over", row, unseen(stranger), nil, contacts.ErrFenced},
	})
}

func TestLost(t *testing.T) {
	t.Parallel()
	lost := func(sent contacts.Desired, until time.Time) do {
		return sure(func(r contacts.Row) contacts.Row { return r.Lost(sent, until, now) })
	}
	dueNow := func(r *contacts.Row) { r.Due = now }
	unsure := func(r *contacts.Row) { r.Confirmed.Profile, r.Owner = "", 0 }
	otherAccess := func(r *contacts.Row) { r.DoubtOther, r.Confirmed.Access = true, "" }
	checked := func(r *contacts.Row) { r.Checks = checks }
	erased := with(plain(), lives(contacts.Erased))
	distant := late.Add(time.Hour)
	checkTransitions(t, []transition{
		{"what is desired", settled(), lost(ann, late), change(doubt, unsure, dueNow, func(r *contacts.Row) { r.Waiting = &ann.Profile }), nil},
		{"another name", settled(), lost(bob, late), change(doubt, unsure, dueNow), nil},
		{"another access", settled(), lost(vip, late), change(doubt, unsure, dueNow, otherAccess, distrusted), nil},
		{"something else waits", behind(bob), lost(vip, late), change(doubt, unsure, otherAccess, distrusted), nil},
		{"no contact", waiting(), lost(ann, late), change(doubt, unsure), nil},
		{"there is a doubt about the access", with(behind(ann), doubt, other), lost(ann, late), change(unsure, otherAccess), nil},
		{"there is a longer doubt", with(behind(ann), func(r *contacts.Row) { r.DoubtUntil = distant }), lost(ann, late), change(unsure), nil},
		// Who holds it would end the doubt with a confirmation.
		{"another works on it", begun(behind(bob)), lost(ann, late), change(doubt, unsure), nil},
		{"retired", with(settled(), lives(contacts.Retired)), lost(ann, late), change(doubt), nil},
		{"erased", erased, lost(ann, late), change(doubt, lives(contacts.Erasing), dueNow, checked), nil},
		{"erasing", with(settled(), condemned(contacts.Erasing), claimed), lost(ann, late), change(doubt, checked), nil},
		{"reissuing", with(settled(), condemned(contacts.Reissuing)), lost(ann, late), change(doubt), nil},
	})
	row := settled().Lost(ann, late, now)
	checkRow(t, row.Lost(ann, late, now), row)
}
