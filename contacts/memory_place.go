package contacts

import "time"

// place is what a [MemoryStore] knows of one scope beside the rows themselves,
// so that nothing has to look at all of them. It does not lock.
type place struct {
	members  int
	visitors int
	due      timeQueue
	quiet    timeQueue // by when the row may go
	stamps   stampList
	order    personOrder
}

func newPlace() *place {
	return &place{due: newTimeQueue(), quiet: newTimeQueue(), stamps: newStampList()}
}

// add takes in a person who had no row.
func (at *place) add(p Person, has func(Person) bool) {
	*at.kind(p)++
	at.order.add(p, at.members+at.visitors, has)
}

// remove takes out a person who has no row any more. The order finds out by
// itself.
func (at *place) remove(p Person) {
	*at.kind(p)--
	at.due.set(p, time.Time{})
	at.quiet.set(p, time.Time{})
	at.stamps.remove(p)
}

func (at *place) kind(p Person) *int {
	if p.IsVisitor() {
		return &at.visitors
	}
	return &at.members
}

// index takes in the times of a row.
func (at *place) index(r Row) {
	at.due.set(r.Person, r.Due)
	at.quiet.set(r.Person, r.quietAt())
}

// quietAt is from when on IsQuiet is true of the row as it is; zero: never.
func (r Row) quietAt() time.Time {
	switch {
	case r.Expires.IsZero() || !r.Due.IsZero():
		return time.Time{}
	case r.DoubtUntil.After(r.Expires):
		return r.DoubtUntil
	}
	return r.Expires
}

func (at *place) count(now time.Time) Counts {
	counts := Counts{Members: at.members, Visitors: at.visitors, Unsettled: at.due.len(), Overdue: at.due.before(now)}
	if counts.Overdue > 0 {
		counts.Oldest = at.due.heap[0].at
	}
	return counts
}
