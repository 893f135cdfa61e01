package storetest

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// check asks the store everything there is to ask, and compares it with the model.
// No row's time may come meanwhile.
func (f *fixture) check() {
	f.Helper()
	f.missing(f.scope.Member("nobody"))
	for p := range f.model.persons {
		if row, there := f.model.rows[p]; there {
			f.stored(row)
		} else {
			f.missing(p)
		}
	}
	f.nobodyHas(newID())
	for id := range f.model.ids {
		if row, taken := f.model.byContact(id); taken {
			f.has(row)
		} else {
			f.nobodyHas(id)
		}
	}
	f.checkRows()
	now := f.now()
	f.checkDue(now)
	quiet := personsOf(f.model.all(func(r contacts.Row) bool { return r.IsQuiet(now) }))
	for _, limit := range limits() {
		got, err := f.store.Expired(f.ctx(), f.scope, limit)
		among(f, "Expired", got, err, limit, quiet)
	}
	f.changes(time.Unix(0, 0), f.model.changed()...)
	got, err := f.store.Count(f.ctx(), f.scope)
	want := f.model.counts(now)
	if err != nil || !got.Oldest.Equal(want.Oldest) || got.Oldest.IsZero() != want.Oldest.IsZero() {
		f.Fatalf("Count gives %+v, %v; want %+v", got, err, want)
	}
	if got.Oldest = want.Oldest; got != want {
		f.Fatalf("Count gives %+v; want %+v", got, want)
	}
}

// limits are one that holds nothing back, and any other.
func limits() []int { return []int{1 << 30, rand.N(9) - 1} }

// among checks a list that may be in any order: nobody twice, as many as the limit
// allows, and no others than these.
func among[T comparable](f *fixture, what string, got []T, err error, limit int, want []T) {
	f.Helper()
	seen := map[T]bool{}
	for _, one := range got {
		seen[one] = slices.Contains(want, one)
	}
	odd := slices.ContainsFunc(got, func(one T) bool { return !seen[one] })
	if n := min(max(limit, 0), len(want)); err != nil || odd || len(got) != n || len(seen) != n {
		f.Fatalf("%s with limit %d gives %v, %v; want %d of %v", what, limit, got, err, n, want)
	}
}

// stored checks that the store has exactly this row.
func (f *fixture) stored(want contacts.Row) {
	f.Helper()
	got, now, err := f.store.Get(f.ctx(), want.Person)
	if err != nil || now.IsZero() {
		f.Fatalf("Get: the clock is %v, the error %v", now, err)
	}
	f.equal(got, want)
}

// missing checks that the store has no such row.
func (f *fixture) missing(p contacts.Person) {
	f.Helper()
	row, now, err := f.store.Get(f.ctx(), p)
	if !errors.Is(err, contacts.ErrNotFound) || now.IsZero() {
		f.Errorf("Get: the clock is %v, the error %v; want ErrNotFound", now, err)
	}
	f.equal(row, contacts.Row{})
}

// has checks that the contact of the row is found by its id.
func (f *fixture) has(want contacts.Row) {
	f.Helper()
	got, err := f.store.ByContact(f.ctx(), f.scope.InboxID, want.ContactID)
	if err != nil {
		f.Fatalf("ByContact: %v", err)
	}
	f.equal(got, want)
}

// nobodyHas checks that the contact is nobody's.
func (f *fixture) nobodyHas(id webchat.ContactID) {
	f.Helper()
	got, err := f.store.ByContact(f.ctx(), f.scope.InboxID, id)
	f.equal(got, contacts.Row{})
	f.failed(contacts.Row{ContactID: id}, err, contacts.ErrNotFound)
}

// checkRows reads all rows page by page, and then a page after anybody.
func (f *fixture) checkRows() {
	f.Helper()
	all := f.model.all(func(contacts.Row) bool { return true })
	size := 1 + rand.N(7+len(all)/3)
	var got []contacts.Row
	for after, more := (contacts.Person{}), true; more; {
		page := f.page(after, size, all)
		if more = len(page) == size; more {
			after = page[size-1].Person
		}
		got = append(got, page...)
	}
	if len(got) != len(all) {
		f.Fatalf("there are %d rows, want %d", len(got), len(all))
	}
	if anybody := slices.Collect(maps.Keys(f.model.persons)); len(anybody) > 0 {
		f.page(pick(anybody), rand.N(9)-1, all)
	}
}

// page reads one page, and compares it with what comes after that person.
func (f *fixture) page(after contacts.Person, limit int, all []contacts.Row) []contacts.Row {
	f.Helper()
	got, err := f.store.Rows(f.ctx(), f.scope, after, limit)
	want := slices.DeleteFunc(slices.Clone(all), func(r contacts.Row) bool { return compare(r.Person, after) <= 0 })
	want = want[:min(max(limit, 0), len(want))]
	if err != nil || len(got) != len(want) {
		f.Fatalf("Rows after %v with limit %d gives %d rows, %v; want %d", after, limit, len(got), err, len(want))
	}
	for i := range want {
		f.equal(got[i], want[i])
	}
	return got
}

// checkDue checks who is due, and that nobody comes before one who is due longer.
func (f *fixture) checkDue(now time.Time) {
	f.Helper()
	want := f.model.due(now)
	for _, limit := range limits() {
		got, err := f.store.Due(f.ctx(), f.scope, limit)
		among(f, "Due", got, err, limit, personsOf(want))
		for i, p := range got {
			if due := f.model.rows[p].Due; !due.Equal(want[i].Due) {
				f.Fatalf("Due gives as number %d one who is due at %v, want %v", i, due, want[i].Due)
			}
		}
	}
}

// changes checks what has changed since.
func (f *fixture) changes(since time.Time, want ...contacts.Change) {
	f.Helper()
	for _, limit := range limits() {
		before := f.now()
		got, err := f.store.Changed(f.ctx(), f.scope, since, limit)
		among(f, "Changed", got.List, err, limit, want)
		if after := f.now(); got.More != (max(limit, 0) < len(want)) || got.Now.Before(before) || got.Now.After(after) {
			f.Fatalf("Changed with limit %d says more: %v, of %d, and has the clock %v between %v and %v", limit, got.More, len(want), got.Now, before, after)
		}
	}
}
