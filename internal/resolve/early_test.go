package resolve

import (
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// The newest change of each person is kept until its time, and of so many people.
func TestEarly(t *testing.T) {
	var e early
	now := time.Now()
	p := scope.Member("1")
	for _, revision := range []int64{3, 7, 5} {
		e.add(p, contacts.Desired{Revision: revision}, now.Add(time.Minute))
	}
	if due := e.due(now); len(due) != 0 {
		t.Errorf("%d are due too early", len(due))
	}
	due := e.due(now.Add(time.Minute))
	if len(due) != 1 || due[p].desired.Revision != 7 {
		t.Errorf("due are %d, of revision %d", len(due), due[p].desired.Revision)
	}
	if due := e.due(now.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d are due twice", len(due))
	}
	for i := range mostEarly + 10 {
		e.add(scope.Member(fmt.Sprint("m", i)), contacts.Desired{Revision: 1}, now)
	}
	if n := len(e.due(now)); n != mostEarly {
		t.Errorf("%d are kept", n)
	}
}
