package maicontact_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The state of a middleware and its backlog, before it runs, while MaiAgent is
// down, and once it is back.
func TestOperatorTellsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Limits = maicontact.Limits{Calls: 6, CallsPerSecond: -1}
			c.Timing.Budget = -1
		})
		want := func(when string, stats operate.Stats, backlog operate.Backlog) {
			t.Helper()
			got := s.mc.Operator().Stats()
			if !got.FeedAt.IsZero() {
				if lag := time.Since(got.FeedAt); lag > 2*time.Second {
					t.Errorf("%s the feed is %v old", when, lag)
				}
				got.FeedAt = stats.FeedAt
			} else if !stats.FeedAt.IsZero() {
				t.Errorf("%s there is no feed", when)
			}
			if got != stats {
				t.Errorf("%s the state is %+v, want %+v", when, got, stats)
			}
			if got, err := s.mc.Operator().Backlog(t.Context()); err != nil || got != backlog {
				t.Errorf("%s the backlog is %+v, %v, want %+v", when, got, err, backlog)
			}
		}
		quiet := operate.Stats{Breaker: operate.BreakerClosed, MostCalls: 6, CallsPerSecond: -1, MostFlights: 4096}
		want("at first", quiet, operate.Backlog{})

		s.member("u-alice", alice)
		hang := s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang, Operation: webchattest.CreateContact})
		b := s.browser()
		b.login("u-alice")
		b.ask()
		synctest.Wait()
		busy := quiet
		busy.Calls, busy.Flights = 1, 1
		want("during a call", busy, operate.Backlog{Members: 1, Waiting: 1})
		hang()
		time.Sleep(time.Minute)

		down := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		stop := s.run()
		time.Sleep(5 * time.Minute)
		for s.mc.Operator().Stats().Breaker != operate.BreakerOpen {
			time.Sleep(time.Second)
		}
		running := quiet
		running.Running, running.FeedAt, running.Breaker = true, time.Now(), operate.BreakerOpen
		backlog, err := s.mc.Operator().Backlog(t.Context())
		if err != nil || backlog.Oldest > time.Minute {
			t.Errorf("the oldest has waited for %v, %v", backlog.Oldest, err)
		}
		want("in an outage", running, operate.Backlog{Members: 1, Waiting: 1, Overdue: backlog.Overdue, Oldest: backlog.Oldest})

		down()
		time.Sleep(5 * time.Minute)
		running.Breaker = operate.BreakerClosed
		want("after it", running, operate.Backlog{Members: 1})
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// What the Operator of a middleware changes holds in this process at once, with
// no feed.
func TestOperatorSharesTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		o := s.mc.Operator()
		person, err := o.Member("u-alice")
		if err != nil {
			t.Fatal(err)
		}
		status, err := o.Suspend(t.Context(), person)
		if err != nil || status.State != contacts.StateSuspended {
			t.Errorf("%+v, %v", status, err)
		}
		if a := b.ask(); a.Contact != "" || a.Reason != string(maicontact.Suspended) {
			t.Errorf("a suspended member gets %q", a.Reason)
		}
		if _, err := o.Restore(t.Context(), person); !errors.Is(err, contacts.ErrNotErased) {
			t.Errorf("restoring who is not erased: %v", err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
