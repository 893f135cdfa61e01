package maicontact_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var outages = map[string]webchattest.Fault{
	"refused":   {Kind: webchattest.Refuse},
	"hanging":   {Kind: webchattest.Hang},
	"cut":       {Kind: webchattest.CutBefore},
	"HTML":      {Kind: webchattest.HTML},
	"throttled": {Kind: webchattest.TooMany, RetryAfter: "1"},
}

// While MaiAgent is down, people cost few calls and wait for nothing; who is
// known keeps the chat; and it goes on by itself when MaiAgent is back.
func TestOutage(t *testing.T) {
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.VisitorBurst = -1 })
				stop := s.run()
				s.member("known", alice)
				known := s.browser()
				known.login("known")
				id := known.contact()
				visitor := s.browser()
				greeted := visitor.contact()

				up := s.sim.Inject(fault)
				began, before := time.Now(), len(s.sim.Requests())
				var longest time.Duration
				for i := range 100 {
					start := time.Now()
					if a := s.browser().ask(); a.Contact != "" {
						t.Error("a contact in an outage")
					}
					new := s.browser()
					new.login(fmt.Sprint("u-", i))
					s.member(fmt.Sprint("u-", i), alice)
					if a := new.ask(); a.Contact != "" {
						t.Error("a contact in an outage")
					}
					if i >= 20 {
						longest = max(longest, time.Since(start))
					}
					if got := known.contact(); got != id {
						t.Errorf("the known member got %q", got)
					}
					if got := visitor.contact(); got != greeted {
						t.Errorf("the known visitor got %q", got)
					}
					other := s.browser() // answered by the store
					other.login("known")
					if got := other.contact(); got != id {
						t.Errorf("the known member got %q elsewhere", got)
					}
					time.Sleep(time.Second)
				}
				// The first few with what the client repeats, and a probe now and then.
				calls, rounds := len(s.sim.Requests())-before, int(time.Since(began)/(5*time.Second))
				if most := 60 + 4*rounds; calls > most {
					t.Errorf("%d calls in %v, want at most %d", calls, time.Since(began), most)
				}
				// A probe is waited for no longer than any answer.
				if longest > 2*maicontact.DefaultBudget {
					t.Errorf("after the beginning two people still waited %v", longest)
				}
				up()
				time.Sleep(2 * time.Minute)
				for i := range 100 {
					b := s.browser()
					b.login(fmt.Sprint("u-", i))
					b.contact()
				}
				s.browser().contact()
				for _, line := range []string{"calls are held back", "MaiAgent answers again"} {
					if n := strings.Count(s.log.String(), line); n != 1 {
						t.Errorf("%d log lines %q, want 1", n, line)
					}
				}
				stop()
			})
		})
	}
}

// What MaiAgent says of one contact is no outage.
func TestNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.CreateContact})
		for i := range 20 {
			s.member(fmt.Sprint("u-", i), alice)
			b := s.browser()
			b.login(fmt.Sprint("u-", i))
			b.ask()
		}
		s.sim.ClearFaults()
		time.Sleep(time.Second) // for the rate of calls
		s.browser().contact()
		if strings.Contains(s.log.String(), "held back") {
			t.Error("taken for an outage")
		}
		stop()
	})
}

// A slow MaiAgent and a crowd of visitors: the visitors are turned away at
// once, and a member still gets their turn.
func TestVisitorsAreTurnedAwayFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.MaxCalls, c.VisitorBurst, c.VisitorRate = 8, -1, -1
		})
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 500 * time.Millisecond})
		s.member("u-alice", alice)
		var group sync.WaitGroup
		var mu sync.Mutex
		greeted := 0
		for range 100 {
			group.Go(func() {
				a := s.browser().ask()
				mu.Lock()
				defer mu.Unlock()
				if a.Contact != "" {
					greeted++
				} else if a.Reason != string(maicontact.Unavailable) {
					t.Errorf("a visitor got %q", a.Reason)
				}
			})
		}
		synctest.Wait()
		b := s.browser()
		b.login("u-alice")
		start := time.Now()
		b.contact()
		if took := time.Since(start); took > 1100*time.Millisecond { // look, then create
			t.Errorf("the member waited %v", took)
		}
		group.Wait()
		if greeted != 6 {
			t.Errorf("%d visitors had a turn, want 6", greeted)
		}
	})
}
