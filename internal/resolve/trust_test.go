package resolve

import (
	"fmt"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
)

var scope = contacts.Scope{Namespace: "shop", InboxID: "inbox"}

// An entry is believed if and only if the last good poll began at most 2 s ago,
// it was checked after the floor, it is within Recheck, and no newer trust is
// known of its person.
func TestBelieves(t *testing.T) {
	person := scope.Member("1")
	owner := identity.Digest(person)
	start := time.Now()
	store := start.Add(time.Hour) // its clock is another
	polled := func(tr *trust, after time.Duration, list ...contacts.Change) {
		tr.applyPoll(start.Add(after), contacts.Changes{Now: store.Add(after), List: list})
	}
	const recheck = 5 * time.Minute
	for name, test := range map[string]struct {
		arrange func(tr *trust)
		trust   int64
		checked time.Duration // after the store's start
		now     time.Duration
		want    bool
		stale   bool // believed while the store is silent
	}{
		"nobody has polled":       {func(*trust) {}, 0, time.Second, time.Second, false, false},
		"checked after the floor": {func(tr *trust) { polled(tr, 0) }, 0, time.Millisecond, time.Second, true, true},
		"checked at the floor":    {func(tr *trust) { polled(tr, 0) }, 0, 0, time.Second, false, false},
		"checked before it":       {func(tr *trust) { polled(tr, 0) }, 0, -time.Second, time.Second, false, false},
		"the poll is 2 s ago":     {func(tr *trust) { polled(tr, 0) }, 0, time.Second, 2 * time.Second, true, true},
		"the poll is longer ago":  {func(tr *trust) { polled(tr, 0) }, 0, time.Second, 2*time.Second + 1, false, true},
		"polled since": {func(tr *trust) { polled(tr, 0); polled(tr, 4*time.Minute) }, 0, time.Second,
			4*time.Minute + time.Second, true, true},
		"checked longer ago than Recheck": {func(tr *trust) { polled(tr, 0); polled(tr, recheck+time.Second) }, 0, time.Second,
			recheck + time.Second, false, true},
		"longer than Recheck and StaleIfError": {func(tr *trust) { polled(tr, 0) }, 0, time.Second, recheck + 11*time.Minute, false, false},
		"checked in the future":                {func(tr *trust) { polled(tr, 0) }, 0, time.Minute, time.Second, false, false},
		"newer trust is known": {func(tr *trust) { polled(tr, 0); polled(tr, time.Second, contacts.Change{Person: person, Trust: 5}) },
			4, 500 * time.Millisecond, time.Second, false, false},
		"that trust": {func(tr *trust) { polled(tr, 0); polled(tr, time.Second, contacts.Change{Person: person, Trust: 5}) },
			5, 500 * time.Millisecond, time.Second, true, true},
		"newer trust of another": {func(tr *trust) {
			polled(tr, 0)
			polled(tr, time.Second, contacts.Change{Person: scope.Member("2"), Trust: 5})
		}, 4, 500 * time.Millisecond, time.Second, true, true},
		"an older one after a newer": {func(tr *trust) {
			polled(tr, 0)
			polled(tr, time.Second, contacts.Change{Person: person, Trust: 5}, contacts.Change{Person: person, Trust: 3})
		}, 4, 500 * time.Millisecond, time.Second, false, false},
		"ended in this process": {func(tr *trust) { polled(tr, 0); tr.end(owner, 9, store.Add(time.Second)) },
			8, 500 * time.Millisecond, time.Second, false, false},
		"too many changes": {func(tr *trust) {
			polled(tr, 0)
			tr.applyPoll(start.Add(time.Second), contacts.Changes{Now: store.Add(time.Second), More: true})
		}, 0, 500 * time.Millisecond, time.Second, false, false},
		"the store's clock jumps ahead": {func(tr *trust) {
			polled(tr, 0)
			tr.applyPoll(start.Add(time.Second), contacts.Changes{Now: store.Add(time.Minute)})
		}, 0, 500 * time.Millisecond, time.Second, false, false},
		"the store's clock goes back": {func(tr *trust) {
			polled(tr, 0)
			tr.applyPoll(start.Add(time.Second), contacts.Changes{Now: store.Add(-time.Minute)})
		}, 0, 500 * time.Millisecond, time.Second, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrust(recheck, 5*time.Minute)
			test.arrange(tr)
			checked, now := store.Add(test.checked), start.Add(test.now)
			if got := tr.believes(owner, test.trust, checked, now); got != test.want {
				t.Errorf("believed: %v, want %v", got, test.want)
			}
			if got := tr.believesStale(owner, test.trust, checked, now); got != test.stale {
				t.Errorf("believed while the store is silent: %v, want %v", got, test.stale)
			}
		})
	}
}

// The wall clock that is set, either way, ends belief until the next poll.
func TestWallClockIsSet(t *testing.T) {
	tr := newTrust(time.Hour, time.Hour)
	begun := time.Now()
	store := begun.Add(3 * time.Hour)
	tr.applyPoll(begun, contacts.Changes{Now: store})
	checked := store.Add(time.Millisecond)
	if !tr.believes("o", 0, checked, begun.Add(time.Second)) {
		t.Fatal("not believed at all")
	}
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		// Without the monotonic reading it is the wall clock alone.
		if tr.believes("o", 0, checked, begun.Round(0).Add(off)) {
			t.Errorf("believed after the clock was set by %v", off)
		}
	}
}

// What has ended is forgotten only when nothing of before can be believed any
// more, and there is a bound to what is kept in mind.
func TestEndedIsBounded(t *testing.T) {
	start := time.Now()
	tr := newTrust(time.Minute, time.Minute)
	tr.applyPoll(start, contacts.Changes{Now: start})
	checked := start.Add(time.Millisecond)
	for i := range maxEnded + 10 {
		tr.end(fmt.Sprint(i), 1, start.Add(time.Second))
	}
	if n := len(tr.ended); n > maxEnded {
		t.Errorf("%d people are kept in mind", n)
	}
	if tr.believes("somebody", 5, checked, start.Add(time.Second)) {
		t.Error("what was checked before the bound was reached is believed")
	}
	for i := 1; i <= 200; i++ {
		at := start.Add(time.Duration(i) * time.Second)
		tr.applyPoll(at, contacts.Changes{Now: at})
	}
	if n := len(tr.ended); n != 0 {
		t.Errorf("%d are kept in mind for ever", n)
	}
}
