package storetest

import (
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// model is the contract of a store over again, as plainly as it can be written,
// for one goroutine and one scope. It knows no clock: what has to do with time
// it is told.
type model struct {
	rows    map[contacts.Person]contacts.Row
	stamped map[contacts.Person]bool
}

func newModel() *model {
	return &model{map[contacts.Person]contacts.Row{}, map[contacts.Person]bool{}}
}

// refusals are the errors of which a Put must give one; none: it is taken.
func (m *model) refusals(r contacts.Row, late bool) []error {
	var errs []error
	if m.rows[r.Person].Version != r.Version {
		errs = append(errs, contacts.ErrConflict)
	}
	if late {
		errs = append(errs, contacts.ErrLate)
	}
	if owner, taken := m.byContact(r.ContactID); taken && owner.Person != r.Person {
		errs = append(errs, contacts.ErrContactTaken)
	}
	return errs
}

// put takes the row, with the version that the store gave it.
func (m *model) put(r contacts.Row, version int64) {
	if m.rows[r.Person].Trust != r.Trust {
		m.stamped[r.Person] = true
	}
	r = r.Rounded()
	r.Version = version
	m.rows[r.Person] = r
}

func (m *model) delete(r contacts.Row) error {
	old, known := m.rows[r.Person]
	if !known || old.Version != r.Version {
		return contacts.ErrConflict
	}
	delete(m.rows, r.Person)
	delete(m.stamped, r.Person)
	return nil
}

func (m *model) byContact(id webchat.ContactID) (contacts.Row, bool) {
	for _, row := range m.rows {
		if id != "" && row.ContactID == id {
			return row, true
		}
	}
	return contacts.Row{}, false
}

// due lists the rows that are due, the longest due first.
func (m *model) due(now time.Time) []contacts.Row {
	return m.sorted(
		func(r contacts.Row) bool { return !r.Due.IsZero() && !r.Due.After(now) },
		func(a, b contacts.Row) int { return a.Due.Compare(b.Due) })
}

// all lists all rows in the order of Rows.
func (m *model) all() []contacts.Row {
	return m.sorted(
		func(contacts.Row) bool { return true },
		func(a, b contacts.Row) int { return compare(a.Person, b.Person) })
}

func (m *model) sorted(is func(contacts.Row) bool, order func(a, b contacts.Row) int) []contacts.Row {
	var rows []contacts.Row
	for _, row := range m.rows {
		if is(row) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, order)
	return rows
}

func (m *model) expired(now time.Time) []contacts.Person {
	var persons []contacts.Person
	for p, row := range m.rows {
		if row.IsQuiet(now) {
			persons = append(persons, p)
		}
	}
	return persons
}

func (m *model) changed() []contacts.Change {
	var changes []contacts.Change
	for p := range m.stamped {
		changes = append(changes, changeOf(m.rows[p]))
	}
	return changes
}

func (m *model) counts(now time.Time) contacts.Counts {
	var counts contacts.Counts
	for _, row := range m.rows {
		if row.IsVisitor() {
			counts.Visitors++
		} else {
			counts.Members++
		}
		if !row.Due.IsZero() {
			counts.Unsettled++
		}
	}
	if due := m.due(now); len(due) > 0 {
		counts.Overdue, counts.Oldest = len(due), due[0].Due
	}
	return counts
}
