package contacts

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// inOrder lists all persons by namespace, inbox, kind and id, and some who are
// deleted. It sorts when it is asked, not when a person is added.
func (s *MemoryStore) inOrder() []Person {
	if s.sorted == nil {
		for _, item := range s.rows.Items() {
			s.sorted = append(s.sorted, item.Object.(memoryRow).Person)
		}
		slices.SortFunc(s.sorted, comparePersons)
	}
	return s.sorted
}

// after yields the rows of a scope that come after that person, in order.
func (s *MemoryStore) after(scope Scope, p Person) iter.Seq[Row] {
	p.Namespace, p.InboxID = scope.Namespace, scope.InboxID
	return func(yield func(Row) bool) {
		all := s.inOrder()
		i, found := slices.BinarySearchFunc(all, p, comparePersons)
		if found {
			i++
		}
		for ; i < len(all) && all[i].Scope() == scope; i++ {
			if row, ok := s.row(all[i]); ok && !yield(row.Row) {
				return
			}
		}
	}
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
