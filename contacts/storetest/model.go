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
	rows     map[contacts.Person]contacts.Row
	stamped  map[contacts.Person]bool
	versions map[int64]bool // that there ever were

	// Who and what was ever heard of, so that it is asked for when it is gone.
	persons map[contacts.Person]bool
	ids     map[webchat.ContactID]bool
}

func newModel() *model {
	return &model{
		map[contacts.Person]contacts.Row{}, map[contacts.Person]bool{}, map[int64]bool{},
		map[contacts.Person]bool{}, map[webchat.ContactID]bool{"": true},
	}
}

func (m *model) hear(r contacts.Row) { m.persons[r.Person], m.ids[r.ContactID] = true, true }

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

// put takes the row, with the version that the store gave it, and returns it as it
// must be stored.
func (m *model) put(r contacts.Row, version int64) contacts.Row {
	m.hear(r)
	if m.rows[r.Person].Trust != r.Trust {
		m.stamped[r.Person] = true
	}
	r = r.Rounded()
	r.Version, m.versions[version] = version, true
	if r.Waiting != nil { // whoever put it may change theirs
		profile := *r.Waiting
		r.Waiting = &profile
	}
	m.rows[r.Person] = r
	return r
}

func (m *model) delete(r contacts.Row) error {
	m.hear(r)
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

// all lists the rows for which is is true, in the order of Rows.
func (m *model) all(is func(contacts.Row) bool) []contacts.Row {
	var rows []contacts.Row
	for _, row := range m.rows {
		if is(row) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b contacts.Row) int { return compare(a.Person, b.Person) })
	return rows
}

// due lists the rows that are due, the longest due first.
func (m *model) due(now time.Time) []contacts.Row {
	due := m.all(func(r contacts.Row) bool { return !r.Due.IsZero() && !r.Due.After(now) })
	slices.SortFunc(due, func(a, b contacts.Row) int { return a.Due.Compare(b.Due) })
	return due
}

func (m *model) changed() []contacts.Change {
	var changes []contacts.Change
	for p := range m.stamped {
		changes = append(changes, changeOf(m.rows[p]))
	}
	return changes
}

func changeOf(row contacts.Row) contacts.Change {
	return contacts.Change{Person: row.Person, Trust: row.Trust}
}

func (m *model) counts(now time.Time) contacts.Counts {
	isVisitor := func(r contacts.Row) bool { return r.IsVisitor() }
	isOpen := func(r contacts.Row) bool { return !r.Due.IsZero() }
	visitors, due := len(m.all(isVisitor)), m.due(now)
	counts := contacts.Counts{Members: len(m.rows) - visitors, Visitors: visitors, Unsettled: len(m.all(isOpen)), Overdue: len(due)}
	if len(due) > 0 {
		counts.Oldest = due[0].Due
	}
	return counts
}

// personsOf are the persons of rows.
func personsOf(rows []contacts.Row) []contacts.Person {
	var persons []contacts.Person
	for _, row := range rows {
		persons = append(persons, row.Person)
	}
	return persons
}
