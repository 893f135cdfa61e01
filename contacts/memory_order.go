package contacts

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// personOrder lists the persons of one scope by kind and id. It sorts when it
// is asked, not when a person is added, and may name some who are deleted.
type personOrder struct {
	sorted []Person
	fresh  []Person // added since
}

// compareInScope orders by the bytes of kind and id.
func compareInScope(a, b Person) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

// add takes in a person. When more than half of those listed are deleted, which
// it sees from how many there are, it drops those of whom has reports false.
func (o *personOrder) add(p Person, count int, has func(Person) bool) {
	if len(o.sorted)+len(o.fresh) > 2*count+64 {
		gone := func(p Person) bool { return !has(p) }
		o.sort()
		o.sorted = slices.DeleteFunc(o.sorted, gone)
	}
	o.fresh = append(o.fresh, p)
}

func (o *personOrder) sort() {
	if len(o.fresh) == 0 {
		return
	}
	slices.SortFunc(o.fresh, compareInScope)
	merged := make([]Person, 0, len(o.sorted)+len(o.fresh))
	a, b := o.sorted, o.fresh
	for len(a) > 0 && len(b) > 0 {
		if compareInScope(a[0], b[0]) <= 0 {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	// Who was deleted and added again is there twice.
	o.sorted, o.fresh = slices.Compact(merged), nil
}

// after yields those who come after p, in order.
func (o *personOrder) after(p Person) iter.Seq[Person] {
	o.sort()
	i, found := slices.BinarySearchFunc(o.sorted, p, compareInScope)
	if found {
		i++
	}
	return slices.Values(o.sorted[i:])
}
