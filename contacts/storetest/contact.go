package storetest

import (
	"strings"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// has checks whose the contact is.
func (f *fixture) has(id webchat.ContactID, want contacts.Row) {
	f.Helper()
	got, err := f.store.ByContact(f.ctx(), f.scope.InboxID, id)
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
	f.failed(contacts.ErrNotFound, err, contacts.Row{ContactID: id})
}

func contactCases() []check {
	none := contacts.Guard{}
	return []check{
		{"found by it", func(f *fixture) {
			row := f.put(f.full("member-1"))
			f.put(f.full("member-2"))
			f.has(row.ContactID, row)
			f.nobodyHas(newID())
			f.nobodyHas("")
			f.nobodyHas(webchat.ContactID(strings.ToUpper(row.ContactID.Reveal())))
			f.nobodyHas(row.ContactID + " ")
			f.in(f.scope.Namespace, string(newID())).nobodyHas(row.ContactID)
		}},
		{"of another person", func(f *fixture) {
			owner := f.put(f.full("owner"))
			for _, id := range []string{"member-new", "member-old"} {
				row := f.member(id)
				if id == "member-old" {
					row = f.put(row)
				}
				next := f.full(id)
				next.Version, next.ContactID = row.Version, owner.ContactID
				f.refuses(contacts.ErrContactTaken, next, none)
				if row.IsStored() {
					f.stored(row)
				} else {
					f.missing(row.Person)
				}
				f.stored(owner)
				f.has(owner.ContactID, owner)
			}
		}},
		{"of a visitor of the same name", func(f *fixture) {
			visitor := f.visitor("same-name")
			visitor.ContactID = newID()
			visitor = f.put(visitor)
			row := f.member("same-name")
			row.ContactID = visitor.ContactID
			f.refuses(contacts.ErrContactTaken, row, none)
			f.stored(visitor)
		}},
		{"of another namespace", func(f *fixture) {
			other := f.in(f.scope.Namespace+"-b", f.scope.InboxID)
			owner := other.put(other.full("member-1"))
			row := f.member("member-1")
			row.ContactID = owner.ContactID
			f.refuses(contacts.ErrContactTaken, row, none)
			f.missing(row.Person)
			other.stored(owner)
		}},
		{"the same id in another inbox", func(f *fixture) {
			other := f.in(f.scope.Namespace, string(newID()))
			owner := other.put(other.full("1"))
			row := f.full("1")
			row.ContactID = owner.ContactID
			row = f.put(row)
			f.has(row.ContactID, row)
			other.has(row.ContactID, owner)
		}},
		{"given up, and taken by another", func(f *fixture) {
			row := f.put(f.full("1"))
			id := row.ContactID
			row.ContactID = ""
			row = f.put(row)
			f.nobodyHas(id)
			next := f.full("2")
			next.ContactID = id
			next = f.put(next)
			f.has(id, next)
			row.ContactID = id
			f.refuses(contacts.ErrContactTaken, row, none)
		}},
		{"another instead", func(f *fixture) {
			row := f.put(f.full("1"))
			old := row.ContactID
			row.ContactID = newID()
			row = f.put(row)
			f.nobodyHas(old)
			f.has(row.ContactID, row)
		}},
		{"none is nobody's", func(f *fixture) {
			for _, id := range []string{"1", "2", "3"} {
				f.put(f.member(id))
			}
			f.nobodyHas("")
		}},
	}
}
