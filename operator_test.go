package maicontact_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
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
		quiet := operate.Stats{Breaker: operate.BreakerClosed, MaxCalls: 6, CallsPerSecond: -1, MaxFlights: 4096}
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

// The log of calls knows whose they are, and holds nothing of them.
func TestCallLogOfASite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := operate.NewCallLog(0)
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			c.API.OnCall = calls.Add
			o.APIKey, c.API.APIKey = "canary-api-key", "canary-api-key"
		})
		stop := s.run()
		s.member("canary-user", webchat.Profile{Name: "Canary Name", Email: "canary-mail@example.org", Phone: "+886999888777"})
		member, visitor := s.browser(), s.browser()
		visitor.contact()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ReplaceContact})
		member.login("canary-user")
		member.contact()
		s.member("canary-user", webchat.Profile{Name: "Canary Name", Phone: "+886999888778"})
		member.ask()
		time.Sleep(time.Minute)
		if _, err := s.mc.Erase(t.Context(), "canary-user"); err != nil {
			t.Error(err)
		}
		person, err := s.mc.Operator().Member("canary-user")
		if err != nil {
			t.Fatal(err)
		}
		operations := map[string]int{}
		for _, c := range calls.Of(person) {
			operations[c.Operation+" "+string(c.Outcome)]++
		}
		for _, want := range []string{"find_contacts ok", "create_contact ok", "replace_contact refused", "delete_contact ok"} {
			if operations[want] == 0 {
				t.Errorf("no %s in %v", want, operations)
			}
		}
		all := calls.Last()
		mine := calls.Of(person)
		if len(mine) >= len(all) {
			t.Error("the visitor's calls are the member's")
		}
		text := fmt.Sprintf("%v %+v %#v %v %+v", all, all, all, calls.Counts(), calls)
		canaries := []string{"canary", "Canary", "99988877", person.ID}
		for _, c := range s.sim.All() {
			canaries = append(canaries, c.ID, c.SourceID)
		}
		if len(canaries) < 6 {
			t.Error("there are no contacts")
		}
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("the log of calls holds %q", canary)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// The row of each person says which call was the last, how it ended and when.
func TestLastCall(t *testing.T) {
	for name, test := range map[string]struct {
		fault  *webchattest.Fault
		first  time.Duration // the fault is there at the first ask, and Run has so long
		change bool          // of the profile, after the first ask
		then   func(*site) error
		want   string
	}{
		"made":        {want: "create_contact ok"},
		"changed":     {change: true, want: "replace_contact ok"},
		"refused":     {fault: &webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.ReplaceContact}, change: true, want: "replace_contact refused"},
		"no key":      {fault: &webchattest.Fault{Kind: webchattest.Refuse, Status: 401}, change: true, want: "get_contact denied"},
		"failed":      {fault: &webchattest.Fault{Kind: webchattest.Refuse, Status: 500, Operation: webchattest.GetContact}, change: true, want: "get_contact failed"},
		"unclear":     {fault: &webchattest.Fault{Kind: webchattest.CutBefore, Operation: webchattest.ReplaceContact}, change: true, want: "replace_contact unclear"},
		"erased":      {then: func(s *site) error { _, err := s.mc.Erase(s.t.Context(), "u-alice"); return err }, want: "delete_contact ok"},
		"reissued":    {then: func(s *site) error { _, err := s.mc.Reissue(s.t.Context(), "u-alice"); return err }, want: "delete_contact ok"},
		"suspended":   {then: func(s *site) error { return s.mc.Suspend(s.t.Context(), "u-alice") }, want: "replace_contact ok"},
		"in doubt":    {fault: &webchattest.Fault{Kind: webchattest.CutBefore, Operation: webchattest.CreateContact, Times: 1}, first: 20 * time.Second, want: "create_contact unclear"},
		"found again": {fault: &webchattest.Fault{Kind: webchattest.CommitThenCut, Operation: webchattest.CreateContact, Times: 1}, first: 5 * time.Minute, want: "replace_contact ok"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.MaxAttempts = 1 })
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				if test.first > 0 {
					s.sim.Inject(*test.fault)
					stop := s.run()
					b.ask()
					time.Sleep(test.first)
					if err := stop(); err != nil {
						t.Error(err)
					}
				} else {
					b.contact()
				}
				if test.fault != nil && test.first == 0 {
					s.sim.Inject(*test.fault)
				}
				time.Sleep(time.Minute)
				if test.change {
					changed := alice
					changed.Phone = "+886912000111"
					s.member("u-alice", changed)
					b.ask()
				}
				if test.then != nil {
					if err := test.then(s); err != nil {
						t.Error(err)
					}
				}
				synctest.Wait()
				time.Sleep(10 * time.Second)
				person, err := s.mc.Operator().Member("u-alice")
				if err != nil {
					t.Fatal(err)
				}
				status, err := s.mc.Operator().Show(t.Context(), person)
				if err != nil || status.LastCall == nil {
					t.Fatalf("%+v, %v", status, err)
				}
				if got := status.LastCall.Operation + " " + status.LastCall.Outcome; got != test.want {
					t.Errorf("the last call is %s, want %s", got, test.want)
				}
				if (test.change || test.then != nil) && time.Since(status.LastCall.At) > 30*time.Second {
					t.Errorf("the last call was %v ago", time.Since(status.LastCall.At))
				}
			})
		})
	}
}

// Where there was nothing to delete the row says that it was looked for.
func TestLastCallOfAnErasureOfNobody(t *testing.T) {
	s := newSite(t, nil)
	person, err := s.mc.Operator().Member("u-nobody")
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.mc.Operator().Erase(t.Context(), person)
	if err != nil || status.LastCall == nil || status.LastCall.Operation != "find_contacts" || status.LastCall.Outcome != "ok" {
		t.Errorf("%+v, %v", status.LastCall, err)
	}
}
