package replicatest

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The wall clock of one of two servers is wrong, or is set while it runs. Nothing
// is handed out that would not be with a right one: neither who is erased or has
// logged in, nor anybody's after the time for which entries are believed.
func TestClock(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, test := range []struct {
		name          string
		before, after time.Duration
	}{
		{"right", 0, 0},
		{"an hour ahead", time.Hour, time.Hour},
		{"an hour behind", -time.Hour, -time.Hour},
		{"set ahead", 0, time.Hour},
		{"set back", 0, -time.Hour},
		{"set right from ahead", time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock(t, program, test.before, test.after)
		})
	}
}

// timing has entries believed for a short time, with and without the store.
var timing = maicontact.Timing{
	Budget: 3 * time.Second, Recheck: 2 * time.Second, StaleIfError: 3 * time.Second,
	SearchLag: 500 * time.Millisecond, WriteDoubt: 1500 * time.Millisecond, Lease: 3 * time.Second,
}

// known is within how long every server knows what happens at another, and some
// time for a slow machine.
const known = 2500 * time.Millisecond

func clock(t *testing.T, program string, before, after time.Duration) {
	sim := webchattest.NewServer(forgetful)
	t.Cleanup(sim.Close)
	database := postgrestest.URL(t)
	right := startServer(t, program, sim, database, timing, 0)
	wrong := startServer(t, program, sim, database, timing, before)
	servers := []*server{right, wrong}

	alice, bob, carol := newPerson("alice"), newPerson("bob"), newPerson("carol")
	guest, other := newPerson(""), newPerson("")
	people := []*person{alice, bob, carol, guest, other}
	given := map[string]*person{}
	note := func(p *person, id string) {
		if owner, taken := given[id]; taken && owner != p {
			t.Errorf("a contact is handed to two people")
		}
		given[id] = p
	}
	for i, p := range people {
		a := p.ask(t, servers[i%2])
		if a.ID == "" {
			t.Fatalf("no contact at first: %s", a.Reason)
		}
		note(p, a.ID)
	}
	everybody := func() {
		t.Helper()
		for range 3 {
			for _, p := range people {
				for _, s := range servers {
					if a := p.ask(t, s); a.ID != "" {
						note(p, a.ID)
					} else if p.member != "" {
						t.Errorf("%s has no contact: %s", p.member, a.Reason)
					}
				}
			}
		}
		for _, p := range people {
			if n := len(liveOf(sim, scope.Member(p.member))); p.member != "" && n != 1 {
				t.Errorf("%s has %d contacts", p.member, n)
			}
		}
	}
	everybody()
	wrong.setClock(t, after)
	everybody()
	clocks := []time.Duration{after, before, after, 0, time.Hour, -time.Hour, after}

	// Somebody logs in at one server, and is erased there.
	left := guest.as(t, "", right)
	id := guest.ask(t, wrong).ID
	visitor := guest.as(t, "dave", right)
	if a := visitor.ask(t, right); a.ID == "" || a.ID == id {
		t.Errorf("after the login there is no contact, or the visitor's: %s", a.Reason)
	}
	right.erase(t, "alice")
	time.Sleep(known)
	for _, by := range clocks {
		wrong.setClock(t, by)
		for _, s := range servers {
			if a := alice.ask(t, s); a.ID != "" || a.Reason != maicontact.Erased {
				t.Errorf("clock %v: alice is erased and gets %q", by, a.Reason)
			}
			if a := left.as(t, "", right).ask(t, s); a.ID != "" && a.ID == id {
				t.Errorf("clock %v: a visitor who has logged in comes back", by)
			}
		}
	}

	// The server with the wrong clock is cut off. What it has seen of bob is
	// believed for a while, and then no more, whatever its clock says.
	wrong.setClock(t, after)
	if a := bob.ask(t, wrong); a.ID == "" {
		t.Errorf("bob has no contact: %s", a.Reason)
	}
	believed := time.Now().Add(timing.Recheck + timing.StaleIfError)
	wrong.cable.set(true)
	right.erase(t, "bob")
	stale := 0
	for i := 0; time.Now().Before(believed.Add(3 * time.Second)); i++ {
		wrong.setClock(t, clocks[i%len(clocks)])
		began := time.Now()
		if a := bob.ask(t, wrong); a.ID != "" {
			stale++
			if began.After(believed) {
				t.Errorf("bob is erased, and believed %v too long", began.Sub(believed))
			}
		}
		if a := left.as(t, "", right).ask(t, wrong); a.ID != "" {
			t.Error("a visitor gets a contact without the store")
		}
	}
	if stale == 0 {
		t.Error("nothing was believed without the store: this shows nothing")
	}
	wrong.cable.set(false)
	eventually(t, "the server with the wrong clock knows that bob is erased", func() bool {
		a := bob.ask(t, wrong)
		if a.ID != "" {
			t.Error("bob is erased and handed out")
		}
		return a.Reason == maicontact.Erased
	})
	if n := len(liveOf(sim, scope.Member("bob"))) + len(liveOf(sim, scope.Member("alice"))); n != 0 {
		t.Errorf("the erased have %d contacts", n)
	}
}
