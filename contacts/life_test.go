package contacts_test

import (
	"slices"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// sure makes a transition without errors look like the others.
func sure(f func(contacts.Row) contacts.Row) func(contacts.Row) (contacts.Row, error) {
	return func(r contacts.Row) (contacts.Row, error) { return f(r), nil }
}

// condemned is what is left of a row whose contact is to be deleted.
func condemned(life contacts.Life) edit {
	return func(r *contacts.Row) {
		*r = contacts.Row{
			Person: r.Person, Version: r.Version, ContactID: r.ContactID, Generation: r.Generation, Created: r.Created,
			DoubtUntil: r.DoubtUntil, LastCall: r.LastCall, Expires: r.Expires, Life: life, Due: now,
		}
		if life == contacts.Erasing && !r.DoubtUntil.IsZero() {
			r.Checks = checks
		}
		distrusted(r)
	}
}

// checks is how often an erasure with a write in doubt is looked at again.
const checks = 5

// reissued is condemned to be made anew: an older revision stays older.
func reissued(r *contacts.Row) {
	revision := r.Revision
	condemned(contacts.Reissuing)(r)
	r.Revision = revision
}

// everything has a contact, trouble, a claim and a doubt.
func everything() contacts.Row {
	return with(behind(vip), claimed, doubt, other, troubled, func(r *contacts.Row) { r.Generation, r.Expires = 4, late })
}

func TestErase(t *testing.T) {
	t.Parallel()
	erase := sure(func(r contacts.Row) contacts.Row { return r.Erase(now) })
	fresh := contacts.New(shop.Member("1"), now)
	checkTransitions(t, []transition{
		{"a person nobody knows", fresh, erase, []edit{condemned(contacts.Erasing)}, nil},
		{"a settled one", settled(), erase, []edit{condemned(contacts.Erasing)}, nil},
		{"one with everything", everything(), erase, []edit{condemned(contacts.Erasing)}, nil},
		{"a retired visitor", with(settled(), lives(contacts.Retired), doubt), erase, []edit{condemned(contacts.Erasing)}, nil},
		{"while it is reissued", with(settled(), lives(contacts.Reissuing), claimed, doubt), erase, []edit{condemned(contacts.Erasing)}, nil},
		{"again", with(settled(), lives(contacts.Erasing), claimed), erase, nil, nil},
		{"a complete tombstone", with(plain(), lives(contacts.Erased)), erase, nil, nil},
	})
}

func TestReissue(t *testing.T) {
	t.Parallel()
	reissue := func(r contacts.Row) (contacts.Row, error) { return r.Reissue(now) }
	checkTransitions(t, []transition{
		{"a settled one", settled(), reissue, []edit{reissued}, nil},
		{"one with everything", everything(), reissue, []edit{reissued}, nil},
		{"again", with(settled(), lives(contacts.Reissuing), claimed), reissue, nil, contacts.ErrReissuing},
		{"erasing", with(settled(), lives(contacts.Erasing)), reissue, nil, contacts.ErrErased},
		{"erased", with(plain(), lives(contacts.Erased)), reissue, nil, contacts.ErrErased},
		{"retired", with(settled(), lives(contacts.Retired)), reissue, nil, contacts.ErrRetired},
		{"suspended", with(settled(), lives(contacts.Suspended)), reissue, nil, contacts.ErrSuspended},
	})
}

func TestDeleted(t *testing.T) {
	t.Parallel()
	deleted := func(owner int64) func(contacts.Row) (contacts.Row, error) {
		return func(r contacts.Row) (contacts.Row, error) { return r.Deleted(owner, now) }
	}
	gone := func(life contacts.Life, generations int) []edit {
		return change(done, func(r *contacts.Row) {
			r.Life, r.ContactID, r.Confirmed, r.Failures, r.Reason = life, "", contacts.Stamp{}, 0, ""
			r.Generation += generations
		})
	}
	erasing := with(settled(), condemned(contacts.Erasing), claimed, troubled)
	reissuing := with(settled(), condemned(contacts.Reissuing), claimed, troubled)
	checkTransitions(t, []transition{
		{"erasing", erasing, deleted(owner), gone(contacts.Erased, 0), nil},
		{"reissuing", reissuing, deleted(owner), gone(contacts.Live, 1), nil},
		{"the lease has run out, and nobody has taken over", with(erasing, ranOut), deleted(owner), gone(contacts.Erased, 0), nil},
		{"another has taken over", erasing, deleted(stranger), nil, contacts.ErrFenced},
		{"no claim", with(erasing, released), deleted(0), nil, contacts.ErrFenced},
		{"a write may still land", with(erasing, doubt), deleted(owner), nil, contacts.ErrFenced},
		{"a write could land when the claim began", with(erasing, doubtOver), deleted(owner), nil, contacts.ErrFenced},
		{"and for the next generation", with(reissuing, doubtOver), deleted(owner), nil, contacts.ErrFenced},
		{"live", with(behind(bob), claimed), deleted(owner), nil, contacts.ErrFenced},
		{"already", with(plain(), lives(contacts.Erased)), deleted(owner), nil, contacts.ErrFenced},
	})
	// What was in doubt is looked for again, later and later, for a day.
	row := with(settled(), condemned(contacts.Erasing), claimed, func(r *contacts.Row) { r.Checks = checks })
	var at []time.Duration
	for range checks + 1 {
		done, err := row.Deleted(owner, now)
		if err != nil || done.Life != contacts.Erased {
			t.Fatalf("%v %v", done.Life, err)
		}
		if done.Due.IsZero() {
			break
		}
		at = append(at, done.Due.Sub(now))
		row = with(done, claimed)
	}
	want := []time.Duration{10 * time.Minute, 50 * time.Minute, 4 * time.Hour, 8 * time.Hour, 11 * time.Hour}
	if !slices.Equal(at, want) {
		t.Errorf("it is looked at after %v, want %v", at, want)
	}
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	suspend := func(passing bool) func(contacts.Row) (contacts.Row, error) {
		return func(r contacts.Row) (contacts.Row, error) { return r.Suspend(passing, now) }
	}
	suspended := func(passing bool) []edit {
		return []edit{func(r *contacts.Row) {
			released(r)
			r.Life, r.Passing, r.Failures, r.Reason, r.Due, r.Since = contacts.Suspended, passing, 0, "", now, now
			r.DoubtOther = r.DoubtOther || !r.DoubtUntil.IsZero()
		}, distrusted}
	}
	passing := func(r *contacts.Row) { r.Passing = true }
	checkTransitions(t, []transition{
		{"a person nobody knows", contacts.New(shop.Member("1"), now), suspend(false), suspended(false), nil},
		{"a settled one", settled(), suspend(false), suspended(false), nil},
		{"because a request says so", settled(), suspend(true), suspended(true), nil},
		{"what waits goes on waiting", behind(bob), suspend(false), suspended(false), nil},
		{"one with everything", everything(), suspend(false), suspended(false), nil},
		{"a write may still land", with(settled(), doubt), suspend(false), suspended(false), nil},
		{"again", with(settled(), lives(contacts.Suspended)), suspend(false), nil, nil},
		{"again, because a request says so", with(settled(), lives(contacts.Suspended)), suspend(true), nil, nil},
		{"because a request says so once more", with(settled(), lives(contacts.Suspended), passing), suspend(true), nil, nil},
		{"for good", with(settled(), lives(contacts.Suspended), passing), suspend(false), change(func(r *contacts.Row) { r.Passing = false }), nil},
		{"erasing", with(settled(), lives(contacts.Erasing)), suspend(false), nil, contacts.ErrErased},
		{"erased", with(plain(), lives(contacts.Erased)), suspend(false), nil, contacts.ErrErased},
		{"reissuing", with(settled(), lives(contacts.Reissuing)), suspend(false), nil, contacts.ErrReissuing},
		{"retired", with(settled(), lives(contacts.Retired)), suspend(false), nil, contacts.ErrRetired},
	})
}

func TestResume(t *testing.T) {
	t.Parallel()
	resume := func(r contacts.Row) (contacts.Row, error) { return r.Resume(now) }
	resumed := func(due time.Time) []edit {
		return []edit{func(r *contacts.Row) {
			released(r)
			r.Life, r.Passing, r.Failures, r.Reason, r.Due, r.Since = contacts.Live, false, 0, "", due, now
			r.DoubtOther = r.DoubtOther || !r.DoubtUntil.IsZero()
		}, distrusted}
	}
	suspended := lives(contacts.Suspended)
	passing := func(r *contacts.Row) { r.Passing = true }
	checkTransitions(t, []transition{
		{"nothing waits", with(settled(), suspended), resume, resumed(time.Time{}), nil},
		{"something waits", with(behind(vip), suspended, passing), resume, resumed(now), nil},
		{"a write may still land", with(settled(), suspended, doubt), resume, resumed(late), nil},
		{"while it is worked on", with(begun(behind(vip)), suspended), resume, append(resumed(late), claimed), nil},
		{"after that who worked on it is gone", with(begun(behind(vip)), suspended, func(r *contacts.Row) { r.LeaseUntil = now }), resume, resumed(now), nil},
		{"who is not suspended", settled(), resume, nil, nil},
		{"erased", with(plain(), lives(contacts.Erased)), resume, nil, contacts.ErrErased},
		{"retired", with(settled(), lives(contacts.Retired)), resume, nil, contacts.ErrRetired},
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	restore := func(r contacts.Row) (contacts.Row, error) { return r.Restore(now) }
	checkTransitions(t, []transition{
		{"a complete tombstone", with(plain(), lives(contacts.Erased)), restore, change(func(r *contacts.Row) {
			r.Life = contacts.Live
			r.Generation++
		}), nil},
		{"one that is to be looked at again", with(plain(), lives(contacts.Erased), func(r *contacts.Row) { r.Checks, r.Due = 1, late }), restore, nil, contacts.ErrNotErased},
		{"one that is not complete", with(settled(), condemned(contacts.Erasing)), restore, nil, contacts.ErrNotErased},
		{"none", settled(), restore, nil, contacts.ErrNotErased},
		{"reissuing", with(settled(), lives(contacts.Reissuing)), restore, nil, contacts.ErrNotErased},
		{"retired", with(settled(), lives(contacts.Retired)), restore, nil, contacts.ErrNotErased},
	})
}

func TestRetire(t *testing.T) {
	t.Parallel()
	retire := sure(func(r contacts.Row) contacts.Row { return r.Retire(late, now) })
	expires := func(at time.Time) edit { return func(r *contacts.Row) { r.Expires = at } }
	retired := func(until time.Time) []edit {
		return []edit{func(r *contacts.Row) {
			doubt := r.DoubtUntil
			done(r)
			r.Life, r.Confirmed, r.Failures, r.Reason, r.DoubtUntil = contacts.Retired, contacts.Stamp{}, 0, "", doubt
		}, distrusted, expires(until)}
	}
	distant := late.Add(time.Hour)
	checkTransitions(t, []transition{
		{"a settled one", settled(), retire, retired(late), nil},
		{"one with everything", everything(), retire, retired(late), nil},
		{"one that stays longer", with(settled(), expires(distant)), retire, retired(distant), nil},
		{"again", with(settled(), lives(contacts.Retired), expires(soon)), retire, []edit{expires(late)}, nil},
		{"again, sooner", with(settled(), lives(contacts.Retired), expires(distant)), retire, nil, nil},
		{"while it is reissued", with(settled(), lives(contacts.Reissuing), claimed, doubt), retire, []edit{condemned(contacts.Erasing), expires(late)}, nil},
		{"erasing", with(settled(), lives(contacts.Erasing), claimed), retire, []edit{expires(late)}, nil},
		{"erased", with(plain(), lives(contacts.Erased)), retire, []edit{expires(late)}, nil},
	})
}

func TestExtend(t *testing.T) {
	t.Parallel()
	checkRow(t, settled().Extend(late), with(settled(), func(r *contacts.Row) { r.Expires = late }))
	longer := with(settled(), func(r *contacts.Row) { r.Expires = late })
	checkRow(t, longer.Extend(soon), longer)
}

func TestIsQuiet(t *testing.T) {
	t.Parallel()
	expired := func(r *contacts.Row) { r.Expires = now }
	for name, c := range map[string]struct {
		row  contacts.Row
		want bool
	}{
		"a member":                {settled(), false},
		"a member after a doubt":  {with(settled(), doubtOver), false},
		"a visitor":               {with(settled(), expired), true},
		"a retired one":           {with(settled(), expired, lives(contacts.Retired)), true},
		"a tombstone":             {with(plain(), expired, lives(contacts.Erased)), true},
		"not expired":             {with(settled(), func(r *contacts.Row) { r.Expires = soon }), false},
		"due":                     {with(waiting(), expired), false},
		"due later":               {with(settled(), expired, func(r *contacts.Row) { r.Due = late }), false},
		"in doubt":                {with(settled(), expired, doubt), false},
		"the doubt is over":       {with(settled(), expired, doubtOver), true},
		"an erasure not complete": {with(settled(), expired, condemned(contacts.Erasing)), false},
	} {
		if got := c.row.IsQuiet(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
