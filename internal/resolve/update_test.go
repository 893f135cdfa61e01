package resolve

import (
	"testing"

	"github.com/maicontact/maicontact/contacts"
)

// Of those who come while the store is at work the newest goes next, and all
// wait for that.
func TestUpdatesJoin(t *testing.T) {
	var u updates
	p := scope.Member("1")
	at := func(revision int64) contacts.Desired { return contacts.Desired{Revision: revision} }
	first, work := u.join(p, at(1))
	if !work {
		t.Fatal("nobody does the work")
	}
	if got := u.take(p); got != first || got.desired.Revision != 1 {
		t.Fatal("the first one is not taken")
	}
	var joined []*batch
	for _, revision := range []int64{5, 9, 7} {
		b, work := u.join(p, at(revision))
		if work {
			t.Error("two do the work")
		}
		joined = append(joined, b)
	}
	if _, work := u.join(scope.Member("2"), at(1)); !work {
		t.Error("one person waits for another")
	}
	next := u.take(p)
	if next == nil || next.desired.Revision != 9 || joined[0] != next || joined[2] != next {
		t.Errorf("%v goes next", next)
	}
	if u.take(p) != nil {
		t.Error("something is left")
	}
	if _, work := u.join(p, at(0)); !work {
		t.Error("nobody does the work after all was done")
	}
	// Without a revision the one that comes last counts.
	if got, _ := u.join(p, contacts.Desired{Stamp: contacts.Stamp{Profile: "last"}}); got.desired.Stamp.Profile != "last" {
		t.Error("the one that came first counts")
	}
}
