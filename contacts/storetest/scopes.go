package storetest

import (
	"slices"

	"github.com/maicontact/maicontact/contacts"
)

func scopeCases() []check {
	return []check{
		{"never meet", func(f *fixture) {
			var places []*fixture
			inboxes := []string{f.scope.InboxID, string(newID())}
			for _, namespace := range []string{f.scope.Namespace, f.scope.Namespace + "-b", f.scope.Namespace + "-B", f.scope.Namespace + " "} {
				id := newID() // of a contact in each inbox
				for _, inbox := range inboxes {
					place := f.in(namespace, inbox)
					place.check()
					visitor, member := place.visitor("same"), place.member("same")
					visitor.Trust, visitor.Generation, visitor.ContactID, visitor.Expires = int64(len(places)+1), len(places)+1, id, visitor.Created
					member.Due, member.Revision = member.Created, int64(len(places))
					place.put(visitor)
					place.put(member)
					places = append(places, place)
				}
			}
			for _, place := range places {
				place.check()
			}
			for _, row := range places[0].model.all(func(contacts.Row) bool { return true }) {
				places[0].delete(row)
			}
			for _, place := range places {
				place.check()
			}
		}},
		{"a contact is one person's in all namespaces of an inbox", func(f *fixture) {
			other := f.in(f.scope.Namespace+"-b", f.scope.InboxID)
			owner := other.put(other.full("member-1"))
			row := f.full("member-1")
			row.ContactID = owner.ContactID
			_, err := f.store.Put(f.ctx(), row, contacts.Guard{})
			f.failed(row, err, contacts.ErrContactTaken)
			f.missing(row.Person)
			other.check()
		}},
		{"the namespaces of an inbox", func(f *fixture) {
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
		}},
	}
}
