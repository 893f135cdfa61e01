package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// all reads all rows of the scope, page by page.
func (f *fixture) all(limit int) []contacts.Row {
	f.Helper()
	var all []contacts.Row
	for after := (contacts.Person{}); ; {
		page, err := f.store.Rows(f.ctx(), f.scope, after, limit)
		if err != nil || len(page) > limit {
			f.Fatalf("Rows gives %d rows with limit %d, %v", len(page), limit, err)
		}
		last := after
		for _, row := range page {
			if compare(row.Person, last) <= 0 {
				f.Fatalf("Rows gives %v after %v", row.Person, last)
			}
			last = row.Person
		}
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
		after = last
	}
}

// lists checks that these are all rows of the scope.
func (f *fixture) lists(got []contacts.Row, want ...contacts.Row) {
	f.Helper()
	slices.SortFunc(want, func(a, b contacts.Row) int { return compare(a.Person, b.Person) })
	if len(got) != len(want) {
		f.Fatalf("there are %d rows, want %d", len(got), len(want))
	}
	for i := range want {
		f.equal(got[i], want[i])
	}
}

func rowsCases() []check {
	return []check{
		{"none", func(f *fixture) { f.lists(f.all(3)) }},
		{"by kind and id", func(f *fixture) {
			var want []contacts.Row
			for _, id := range []string{"b", "B", "ab", "a", "~", "-", "_", "", "0", "a-", "a.b", "z", "Z", "é", "aé", " ", "a "} {
				want = append(want, f.put(f.visitor(id)), f.put(f.full(id)))
			}
			for _, limit := range []int{1, 2, 7, len(want), 1000} {
				f.lists(f.all(limit), want...)
			}
		}},
		{"after one who is not there", func(f *fixture) {
			a, c, visitor := f.put(f.member("a")), f.put(f.member("c")), f.put(f.visitor("a"))
			for _, step := range []struct {
				after contacts.Person
				want  []contacts.Row
			}{
				{contacts.Person{}, []contacts.Row{a, c, visitor}},
				{f.scope.Member(""), []contacts.Row{a, c, visitor}},
				{f.scope.Member("a"), []contacts.Row{c, visitor}},
				{f.scope.Member("b"), []contacts.Row{c, visitor}},
				{f.scope.Member("d"), []contacts.Row{visitor}},
				{f.scope.Visitor(""), []contacts.Row{visitor}},
				{f.scope.Visitor("a"), nil},
			} {
				got, err := f.store.Rows(f.ctx(), f.scope, step.after, 10)
				if err != nil {
					f.Fatal(err)
				}
				f.lists(got, step.want...)
			}
		}},
		{"no limit to speak of", func(f *fixture) {
			f.put(f.member("a"))
			for _, limit := range []int{-1, 0} {
				if got, err := f.store.Rows(f.ctx(), f.scope, contacts.Person{}, limit); len(got) != 0 || err != nil {
					f.Errorf("limit %d gives %d rows, %v", limit, len(got), err)
				}
			}
		}},
		{"between changes", func(f *fixture) {
			rows := map[string]contacts.Row{}
			for i := range 150 {
				id := fmt.Sprintf("%03d", i*37%150)
				rows[id] = f.put(f.member(id))
				if i%3 == 1 { // and one goes
					gone := fmt.Sprintf("%03d", (i-1)*37%150)
					f.remove(rows[gone])
					delete(rows, gone)
				}
				if i%5 == 2 { // and one comes back
					back := fmt.Sprintf("%03d", (i-2)*37%150)
					if _, there := rows[back]; !there {
						rows[back] = f.put(f.member(back))
					}
				}
				if i%29 == 0 {
					var want []contacts.Row
					for _, row := range rows {
						want = append(want, row)
					}
					f.lists(f.all(20), want...)
				}
			}
		}},
		{"the profile is the store's own", func(f *fixture) {
			row := f.put(f.full("1"))
			kept := *row.Waiting
			row.Waiting = &kept
			f.all(10)[0].Waiting.Name = "changed by who got it from Rows"
			f.stored(row)
			got, err := f.store.ByContact(f.ctx(), row.InboxID, row.ContactID)
			if err != nil {
				f.Fatal(err)
			}
			got.Waiting.Name = "changed by who got it from ByContact"
			f.stored(row)
		}},
	}
}

func namespaceCases() []check {
	return []check{{"of an inbox", func(f *fixture) {
		names := func() []string {
			f.Helper()
			got, err := f.store.Namespaces(f.ctx(), f.scope.InboxID)
			if err != nil {
				f.Fatal(err)
			}
			return got
		}
		if got := names(); len(got) != 0 {
			f.Fatalf("an inbox without rows has %q", got)
		}
		base := f.scope.Namespace
		for _, namespace := range []string{base + "-b", base + "-B", base, base + "-a"} {
			place := f.in(namespace, f.scope.InboxID)
			place.put(place.visitor("one"))
			place.put(place.member("two"))
			elsewhere := f.in(namespace+"-z", string(newID()))
			elsewhere.put(elsewhere.member("one"))
		}
		if got, want := names(), []string{base, base + "-B", base + "-a", base + "-b"}; !slices.Equal(got, want) {
			f.Errorf("namespaces %q, want %q", got, want)
		}
	}}}
}

func scopeCases() []check {
	return []check{{"never meet", func(f *fixture) {
		var places []*fixture
		var rows []contacts.Row
		for _, namespace := range []string{f.scope.Namespace, f.scope.Namespace + "-b", f.scope.Namespace + "-B", f.scope.Namespace + " "} {
			for _, inbox := range []string{f.scope.InboxID, string(newID())} {
				place := f.in(namespace, inbox)
				place.missing(place.scope.Member("same"))
				place.missing(place.scope.Visitor("same"))
				row := place.visitor("same")
				row.Trust, row.Generation, row.ContactID = int64(len(rows)+1), len(rows)+1, newID()
				row.Expires = row.Created
				row = place.put(row)
				member := place.member("same")
				member.Due, member.Revision = row.Created, int64(len(rows))
				places, rows = append(places, place), append(rows, row, place.put(member))
			}
		}
		for i, place := range places {
			visitor, member := rows[2*i], rows[2*i+1]
			place.stored(visitor)
			place.stored(member)
			place.dues(member.Person)
			place.expireds(visitor.Person)
			place.changes(time.Unix(0, 0), changeOf(visitor))
			place.lists(place.all(10), visitor, member)
			place.counts(contacts.Counts{Members: 1, Visitors: 1, Unsettled: 1, Overdue: 1, Oldest: member.Due})
		}
		places[0].remove(rows[0])
		places[0].remove(rows[1])
		for i, place := range places[1:] {
			place.lists(place.all(10), rows[2*i+2], rows[2*i+3])
		}
	}}}
}
