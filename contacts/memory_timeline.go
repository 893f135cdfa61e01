package contacts

import (
	"slices"
	"time"
)

// timeline lists persons by a time, so that those whose time has come are found
// without a look at the others. A change moves the pointers behind it: of 100,000 in
// some 10 µs.
type timeline []*moment

type moment struct {
	at     time.Time
	person Person
}

// move says that the person's time, which was from, is to; zero is none.
func (t *timeline) move(p Person, from, to time.Time) {
	if from.Equal(to) {
		return
	}
	if i, found := t.find(&moment{from, p}); found {
		*t = slices.Delete(*t, i, i+1)
	}
	if !to.IsZero() {
		next := &moment{to, p}
		i, _ := t.find(next)
		*t = slices.Insert(*t, i, next)
	}
}

func (t *timeline) find(m *moment) (int, bool) {
	return slices.BinarySearchFunc(*t, m, func(a, b *moment) int {
		if order := a.at.Compare(b.at); order != 0 {
			return order
		}
		return comparePersons(a.person, b.person)
	})
}

// until returns up to limit persons of a scope whose time has come, the longest ago
// first.
func (t *timeline) until(now time.Time, scope Scope, limit int) (persons []Person) {
	for _, m := range *t {
		if m.at.After(now) || len(persons) >= limit {
			break
		}
		if m.person.Scope() == scope {
			persons = append(persons, m.person)
		}
	}
	return persons
}
