package replicatest

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A thousand first asks of one member at once, at three servers, make one
// contact, even where MaiAgent would make more.
func TestRushOfMember(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) { rushOfMember(t, open(t)) })
	}
}

func rushOfMember(t *testing.T, in database) {
	sim, replicas := threeReplicas(t, in)
	rush(t, sim, replicas, "alice", nil, scope.Member("alice"))
	if n := sim.Count(webchattest.CreateContact); n != 1 {
		t.Errorf("MaiAgent was asked to create %d contacts", n)
	}
}

// So do those of one visitor, who has a cookie and no contact yet.
func TestRushOfVisitor(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) { rushOfVisitor(t, open(t)) })
	}
}

func rushOfVisitor(t *testing.T, in database) {
	sim, replicas := threeReplicas(t, in)
	remove := sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.CreateContact})
	_, cookies, err := replicas[0].ask(t.Context(), "")
	if err != nil || len(cookies) != 1 {
		t.Fatalf("%d cookies: %v", len(cookies), err)
	}
	rows, err := replicas[0].store.Rows(t.Context(), scope, contacts.Person{}, 10)
	if err != nil || len(rows) != 1 || rows[0].ContactID != "" {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	remove()
	sim.ResetRequests()
	rush(t, sim, replicas, "", cookies, rows[0].Person)
	if n := sim.Count(webchattest.CreateContact); n != 1 {
		t.Errorf("MaiAgent was asked to create %d contacts", n)
	}
}

func threeReplicas(t *testing.T, in database) (*webchattest.Server, []*replica) {
	t.Helper()
	sim := webchattest.NewServer(forgetful)
	t.Cleanup(sim.Close)
	return sim, []*replica{newReplica(t, sim, in), newReplica(t, sim, in), newReplica(t, sim, in)}
}

// rush asks until everybody has the contact of the person, who has but one.
func rush(t *testing.T, sim *webchattest.Server, replicas []*replica, member string, cookies []*http.Cookie, person contacts.Person) {
	t.Helper()
	const asks = 1000
	sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 50 * time.Millisecond})
	var mu sync.Mutex
	given := map[string]int{}
	var all sync.WaitGroup
	for i := range asks {
		all.Go(func() {
			for {
				a, _, err := replicas[i%len(replicas)].ask(t.Context(), member, cookies...)
				if err != nil {
					t.Error(err)
					return
				}
				if a.ID != "" {
					mu.Lock()
					given[a.ID]++
					mu.Unlock()
					return
				}
				if member != "" {
					t.Errorf("there is no chat: %s", a.Reason)
					return
				}
				time.Sleep(50 * time.Millisecond) // the row waits after the failure
			}
		})
	}
	all.Wait()
	live := liveOf(sim, person)
	if len(live) != 1 || len(given) != 1 || given[live[0].ID] != asks {
		t.Fatalf("%d contacts were given, %d are there", len(given), len(live))
	}
}
