package contacts

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// order lists all persons by namespace, inbox, kind and id, and some who are deleted.
// It sorts when it is asked, not when a person is added.
type order struct {
	list     []Person
	unsorted bool // somebody was added since it was sorted
}

// add adds a person. count is how many persons there are. When more than half of those
// listed are deleted, add drops those for whom has reports false.
func (o *order) add(p Person, count int, has func(Person) bool) {
	if len(o.list) > 2*count+64 {
		o.list = slices.DeleteFunc(o.list, func(p Person) bool { return !has(p) })
	}
	o.list, o.unsorted = append(o.list, p), true
}

func (o *order) sorted() []Person {
	if o.unsorted {
		slices.SortStableFunc(o.list, comparePersons) // quick where most are in order
		o.list = slices.Compact(o.list)               // who was deleted and added again is there twice
		o.unsorted = false
	}
	return o.list
}

// after returns all persons behind that one, of all scopes.
func (o *order) after(p Person) []Person {
	list := o.sorted()
	i, found := slices.BinarySearchFunc(list, p, comparePersons)
	if found {
		i++
	}
	return list[i:]
}

// comparePersons orders by namespace, inbox, kind and id, each by its bytes.
func comparePersons(a, b Person) int {
	return cmp.Or(
		strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.InboxID, b.InboxID),
		strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID),
	)
}

// nameOf is unambiguous whatever the parts hold.
func nameOf(p Person) string {
	return strconv.Itoa(len(p.Namespace)) + ":" + strconv.Itoa(len(p.InboxID)) + ":" + strconv.Itoa(len(p.Kind)) + ":" +
		p.Namespace + p.InboxID + p.Kind + p.ID
}
