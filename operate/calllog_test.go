package operate

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
)

// The ring keeps the newest, and whose they are; the counts keep all of the last
// minutes, and no others.
func TestCallLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scope := contacts.Scope{Namespace: "shop", InboxID: "i"}
		ann, ben := scope.Member("ann"), scope.Member("ben")
		l := NewCallLog(3)
		if len(l.Last()) != 0 || len(l.Counts()) != 0 {
			t.Error("it begins with calls")
		}
		add := func(p contacts.Person, operation string, outcome webchat.Outcome, took time.Duration) {
			ctx := context.Background()
			if p != (contacts.Person{}) {
				ctx = identity.WithPerson(ctx, p)
			}
			l.Add(ctx, webchat.Call{Operation: operation, Outcome: outcome, Status: 200, Attempt: 1, Duration: took})
			time.Sleep(5 * time.Minute)
		}
		operations := func(calls []LoggedCall) (names []string) {
			for _, c := range calls {
				names = append(names, c.Operation+" "+string(c.Outcome))
			}
			return names
		}
		add(ann, "get_contact", webchat.OutcomeOK, time.Second)
		add(ben, "create_contact", webchat.OutcomeFailed, time.Second)
		add(contacts.Person{}, "read_inbox", webchat.OutcomeOK, time.Second)
		add(ann, "get_contact", webchat.OutcomeOK, 3*time.Second)
		for i, test := range []struct {
			got  any
			want any
		}{
			{operations(l.Last()), []string{"get_contact ok", "read_inbox ok", "create_contact failed"}},
			{operations(l.Of(ann)), []string{"get_contact ok"}},
			{operations(l.Of(ben)), []string{"create_contact failed"}},
			{operations(l.Of(scope.Visitor("ann"))), []string(nil)},
			{l.Last()[0].Person == l.Of(ann)[0].Person && l.Last()[1].Person == "" && l.Last()[2].Person != l.Last()[0].Person, true},
			{l.Counts(), []CallCount{{"get_contact", webchat.OutcomeOK, 1, 3 * time.Second}, {"read_inbox", webchat.OutcomeOK, 1, time.Second}}},
			{fmt.Sprintf("%v %+v", l, l), "[call log] [call log]"},
		} {
			if !reflect.DeepEqual(test.got, test.want) {
				t.Errorf("%d: %v, want %v", i, test.got, test.want)
			}
		}
		add(ann, "get_contact", webchat.OutcomeOK, 2*time.Second)
		if got, want := l.Counts()[0], (CallCount{"get_contact", webchat.OutcomeOK, 2, 3 * time.Second}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		time.Sleep(time.Hour)
		if got := l.Counts(); len(got) != 0 {
			t.Errorf("after an hour %v", got)
		}
		if a, b := NewCallLog(1).personHash(ann), NewCallLog(1).personHash(ann); a == b {
			t.Error("two logs give one person one number")
		}
	})
}

// Without room for single calls they are counted all the same, from everywhere at
// once.
func TestCallLogWithoutRoom(t *testing.T) {
	l := NewCallLog(-1)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { l.Add(t.Context(), webchat.Call{Operation: "get_contact", Outcome: webchat.OutcomeOK}) })
	}
	group.Wait()
	if got := l.Counts(); len(l.Last()) != 0 || len(got) == 0 || got[0].Calls != 50 {
		t.Errorf("%v, %v", l.Last(), got)
	}
}
