package contacts_test

import (
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
		distrusted(r)
	}
}

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
}

func TestRestore(t *testing.T) {
	t.Parallel()
	restore := func(r contacts.Row) (contacts.Row, error) { return r.Restore(now) }
	checkTransitions(t, []transition{
		{"a complete tombstone", with(plain(), lives(contacts.Erased)), restore, change(func(r *contacts.Row) {
			r.Life = contacts.Live
			r.Generation++
		}), nil},
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
