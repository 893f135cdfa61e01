package maicontact_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// gauge counts the calls under way, and the most there ever were.
type gauge struct {
	next      http.RoundTripper
	now, most atomic.Int64
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	now := g.now.Add(1)
	defer g.now.Add(-1)
	for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
	}
	return g.next.RoundTrip(r)
}

// Hundreds of changes wait and MaiAgent is slow: a new member still gets their
// contact at once, and no more calls are under way than may be.
func TestMakingGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &gauge{}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.MaxCalls = 6
			c.API.HTTPClient = &http.Client{Transport: calls}
		})
		calls.next = inProcess{s.sim}
		stop := s.run()
		const members = 200
		for i := range members {
			b := s.browser()
			id := fmt.Sprint("u-", i)
			s.member(id, alice)
			b.login(id)
			b.contact()
		}
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second, Operation: webchattest.ReplaceContact})
		for i := range members {
			if err := s.mc.UpdateMember(t.Context(), s.member(fmt.Sprint("u-", i), bob)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		s.member("new", alice)
		b := s.browser()
		b.login("new")
		start := time.Now()
		b.contact()
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("a new member waited %v for others' changes", took)
		}
		time.Sleep(10 * time.Minute)
		for _, c := range s.sim.Contacts() {
			if c.Name != bob.Name && c.SourceID != "shop-test:member:new:g1" {
				t.Fatalf("%s was not brought in step", c.SourceID)
			}
		}
		if most := calls.most.Load(); most > 6 {
			t.Errorf("%d calls under way, want at most 6", most)
		}
		stop()
	})
}

// Waiting changes drain at nearly the rate that is allowed, and no faster.
func TestCallRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, members = 20, 400
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.CallRate = rate })
		for i := range members {
			key := maicontact.NewKey("shop-test", webchattest.DefaultInboxID, fmt.Sprint("u-", i))
			profile := webchat.Profile{Name: "A"}
			want := maicontact.Wanted{Profile: profile, Stamp: maicontact.StampOf(profile), Revision: 1}
			if _, err := s.store.Want(t.Context(), key, want); err != nil {
				t.Fatal(err)
			}
		}
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 200 * time.Millisecond})
		stop := s.run()
		time.Sleep(20 * time.Second)
		calls := len(s.sim.Requests())
		if low, high := 20*rate*9/10, 20*rate+maicontact.DefaultMaxCalls; calls < low || calls > high {
			t.Errorf("%d calls in 20 s, want %d to %d", calls, low, high)
		}
		stop()
	})
}

// A caller whose time is over while it waits for a turn leaves no place taken.
func TestTurnsAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.MaxCalls = 1 })
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { s.browser().ask() })
		}
		group.Wait()
		remove()
		time.Sleep(time.Minute)
		s.browser().contact()
	})
}
