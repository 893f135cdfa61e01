package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var outages = map[string]webchattest.Fault{
	"refused":   {Kind: webchattest.Refuse},
	"hanging":   {Kind: webchattest.Hang},
	"cut":       {Kind: webchattest.CutBefore},
	"HTML":      {Kind: webchattest.HTML},
	"throttled": {Kind: webchattest.TooMany, RetryAfter: "1"},
}

// A listing that repeats its pages is the error of that listing alone: each page of
// it was answered.
func TestRepeatedPagesAreNoOutage(t *testing.T) {
	b := newBed(t, Options{Calls: 4, PerSecond: -1})
	id := webchat.ContactID("33333333-3333-4333-8333-333333333333")
	b.sim.Inject(webchattest.Fault{
		Kind: webchattest.Refuse, Status: http.StatusOK,
		Body: `{"results":[],"next":"http://127.0.0.1/api/contacts/` + id.Reveal() + `/conversations?page=1"}`,
	})
	for range 2 * failuresOfOutage {
		err := b.Conversations(t.Context(), id, func(json.RawMessage) error { return nil })
		if !errors.Is(err, webchat.ErrBadReply) || !strings.Contains(err.Error(), "pages repeat") {
			t.Fatal(err)
		}
	}
}

// While MaiAgent is down it gets a probe now and then, nobody else waits for it,
// and it goes on by itself when MaiAgent is back.
func TestOutage(t *testing.T) {
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, Options{Calls: 16, PerSecond: -1})
				up := b.sim.Inject(fault)
				for range failuresOfOutage {
					if b.Down() {
						t.Fatal("down too early")
					}
					if err := b.find(t.Context(), MakeMember); err == nil || errors.Is(err, ErrDown) {
						t.Fatal(err)
					}
				}
				if !b.Down() || b.Probing() {
					t.Fatal("not down")
				}
				b.sim.ResetRequests()
				began := time.Now()
				for range 600 {
					if err := b.find(t.Context(), MakeVisitor); err == nil {
						t.Error("an answer in an outage")
					}
					time.Sleep(100 * time.Millisecond)
				}
				if probes, most := len(b.sim.Requests()), int(time.Since(began)/outageTime); probes == 0 || probes > most {
					t.Errorf("%d probes in %v", probes, time.Since(began))
				}
				up()
				time.Sleep(2 * outageTime)
				if b.Down() || !b.Probing() {
					t.Error("not time for a probe")
				}
				if err := b.find(t.Context(), MakeMember); err != nil {
					t.Error(err)
				}
				if b.Down() || b.Probing() {
					t.Error("still down")
				}
				for _, line := range []string{"calls are held back", "MaiAgent answers again"} {
					if n := strings.Count(b.log.String(), line); n != 1 {
						t.Errorf("%d log lines %q, want 1", n, line)
					}
				}
			})
		})
	}
}

// One probe at a time.
func TestOneProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := down(t)
		b.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: time.Second})
		probe := make(chan error)
		go func() { probe <- b.find(t.Context(), Upkeep) }()
		synctest.Wait()
		ran := false
		_, err := b.Create(t.Context(), MakeMember, func(context.Context) (webchat.Draft, error) {
			ran = true
			return webchat.Draft{}, nil
		})
		if !errors.Is(err, ErrDown) || ran {
			t.Errorf("beside the probe: %v, before ran: %t", err, ran)
		}
		if err := <-probe; err != nil || b.Probing() {
			t.Errorf("the probe: %v", err)
		}
	})
}

// down returns a bed whose MaiAgent was down, and is to be probed.
func down(t *testing.T) *bed {
	t.Helper()
	b := newBed(t, Options{Calls: 16, PerSecond: -1})
	up := b.sim.Inject(webchattest.Fault{Kind: webchattest.CutBefore})
	for range failuresOfOutage {
		_ = b.find(t.Context(), MakeMember)
	}
	up()
	time.Sleep(outageTime + time.Millisecond)
	if !b.Probing() {
		t.Fatal("not probing")
	}
	return b
}

// What MaiAgent says of one contact is no outage, and neither is what is refused
// before anything is sent.
func TestNoOutage(t *testing.T) {
	b := newBed(t, Options{Calls: 16, PerSecond: -1})
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.CreateContact})
	for range 4 * failuresOfOutage {
		if _, err := b.Create(t.Context(), MakeMember, drafted("mc1", "A")); !IsRefusal(err) {
			t.Fatal(err)
		}
		if _, err := b.Create(t.Context(), MakeMember, drafted("", "A")); !errors.Is(err, webchat.ErrInvalid) {
			t.Fatal(err)
		}
		if _, err := b.Get(t.Context(), Upkeep, "33333333-3333-4333-8333-333333333333"); !errors.Is(err, webchat.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if b.Down() || b.log.String() != "" {
		t.Error("taken for an outage")
	}
}
