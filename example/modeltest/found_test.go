package modeltest

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Runs in which something did not hold once.

// A creation worked, its reply was lost, and the contact was deleted at
// MaiAgent before it was found again. It holds its source id for ever.
func TestHeldSourceID(t *testing.T) {
	lost := step{Kind: inject, Fault: webchattest.Fault{Kind: webchattest.CommitThenCut, Operation: webchattest.CreateContact, Times: 1}}
	first := step{Kind: ask, Browse: 0, Replica: 0, For: 100 * ms}
	gone := step{Kind: upstream, Member: 0}
	down := step{Kind: inject, Fault: webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListContacts}}
	for _, test := range []struct {
		name string
		plan plan
	}{
		{"answered with 400", plan{Conflict: 400, Revisions: true, Steps: []step{lost, first, gone}}},
		{"answered with 500", plan{Conflict: 500, Revisions: true, Steps: []step{lost, first, gone}}},
		{"after many other failures", plan{Conflict: 400, Revisions: true, Steps: []step{
			lost, first, gone, down, {Kind: pass, For: 61 * second}, {Kind: pass, For: 61 * second}, {Kind: clearFaults},
		}}},
	} {
		t.Run(test.name, func(t *testing.T) { holds(t, test.plan) })
	}
}

// MaiAgent does not keep source ids unique, and a creation whose sender gave
// up lands late.
func TestLateCreation(t *testing.T) {
	slow := func(operation string, fault webchattest.Fault) step {
		fault.Operation, fault.Times = operation, 1
		return step{Kind: inject, Fault: fault}
	}
	waits := step{Kind: ask, Browse: 0, Replica: 0, For: 30 * second}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"after the flight", []step{
			slow(webchattest.ListContacts, webchattest.Fault{Kind: webchattest.Hang}),
			slow(webchattest.ListContacts, webchattest.Fault{Kind: webchattest.Slow, Delay: 9 * second}),
			slow(webchattest.CreateContact, webchattest.Fault{Kind: webchattest.Slow, Delay: 8 * second}),
			waits,
		}},
		{"after the client's timeout", []step{
			slow(webchattest.CreateContact, webchattest.Fault{Kind: webchattest.Slow, Delay: 45 * second}),
			waits,
		}},
		{"after a crash", []step{
			slow(webchattest.CreateContact, webchattest.Fault{Kind: webchattest.Slow, Delay: 45 * second}),
			{Kind: crash, Replica: 0, N: 8, For: second},
			waits,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			holds(t, plan{Duplicates: true, Conflict: 400, Lag: 2 * second, Revisions: true, Steps: test.steps})
		})
	}
}

// A 404 to the first PUT after the creation says nothing while the search lags
// behind.
func TestNotFoundTooEarly(t *testing.T) {
	unknown := func(operation string) step {
		return step{Kind: inject, Fault: webchattest.Fault{Kind: webchattest.Refuse, Status: 404, Operation: operation, Times: 1}}
	}
	holds(t, plan{Conflict: 400, Lag: 2 * second, Revisions: true, Steps: []step{
		{Kind: ask, Browse: 0, Replica: 0, For: second},
		unknown(webchattest.ReplaceContact), unknown(webchattest.GetContact),
		{Kind: profile, Member: 0, Told: true, Replica: 0, For: 30 * second},
	}})
}

// A replacement whose sender gave up lands late. What MaiAgent answers to the
// next one must not make it forgotten.
func TestLateReplacement(t *testing.T) {
	late := webchattest.Fault{Kind: webchattest.Slow, Delay: 45 * second}
	for _, test := range []struct {
		name   string
		faults []webchattest.Fault
	}{
		{"no reply", []webchattest.Fault{late}},
		{"no reply, then refused", []webchattest.Fault{late, {Kind: webchattest.Refuse, Status: 400}}},
		{"no reply, then failed inside", []webchattest.Fault{late, {Kind: webchattest.Refuse, Status: 500}}},
		{"no reply, then down", []webchattest.Fault{late, {Kind: webchattest.Refuse, Status: 503}}},
		{"no reply, then throttled", []webchattest.Fault{late, {Kind: webchattest.TooMany}}},
		{"no reply, then cut", []webchattest.Fault{late, {Kind: webchattest.CommitThenCut}}},
		{"no reply, then accepted, then refused", []webchattest.Fault{
			late, {Kind: webchattest.Slow}, {Kind: webchattest.Refuse, Status: 400},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			steps := []step{{Kind: ask, Browse: 0, Replica: 0, For: second}}
			for _, fault := range test.faults {
				fault.Operation, fault.Times = webchattest.ReplaceContact, 1
				steps = append(steps, step{Kind: inject, Fault: fault})
			}
			// The first is given up after 10 s, and the others are played to
			// what is sent after it, before it lands.
			steps = append(steps,
				step{Kind: profile, Member: 0, Told: true, Replica: 0, For: second}, step{Kind: pass, For: 25 * second},
				step{Kind: profile, Member: 0, Told: true, Replica: 1, For: second},
			)
			holds(t, plan{Conflict: 400, Revisions: true, Steps: steps})
		})
	}
}

// Nor must the contact be handed out with the permissions of the late one.
func TestLatePermissions(t *testing.T) {
	for _, delay := range []time.Duration{12 * second, 25 * second, 45 * second} {
		change := func() step { return step{Kind: access, Member: 0, Told: true, Replica: 1, For: 100 * ms} }
		holds(t, plan{Conflict: 400, Revisions: true, Steps: overtaken(0, delay, change)})
	}
}

// A request that waits for another's claim must not tell again what it has told:
// something newer may have come meanwhile.
func TestToldOnce(t *testing.T) {
	holds(t, plan{Conflict: 400, InOrder: true, Steps: []step{
		{Kind: ask, Browse: 0, Replica: 0, For: second},
		{Kind: inject, Fault: webchattest.Fault{Kind: webchattest.Hang, Operation: webchattest.ReplaceContact, Times: 1}},
		{Kind: access, Member: 0, Told: true, Replica: 1, For: 100 * ms}, // holds the claim
		{Kind: profile, Member: 0},
		{Kind: ask, Browse: 0, Replica: 0, For: 100 * ms}, // waits for it
		{Kind: profile, Member: 0, Told: true, Replica: 2, For: 30 * second},
	}})
}

func holds(t *testing.T, p plan) {
	t.Helper()
	if rule, details := run(t, p, control{}, memory); rule != "" {
		t.Errorf("did not hold: %s\n%s%s", rule, p, details)
	}
}

// Somebody is erased while a worker waits for an answer that does not come. Until
// its time is over the worker then goes on looking for the contact.
func TestErasedBesideAHangingCall(t *testing.T) {
	hangs := webchattest.Fault{Kind: webchattest.Slow, Operation: webchattest.GetContact, Rate: 0.5, Delay: 25 * second}
	holds(t, plan{Duplicates: true, Conflict: 400, Lag: 2 * second, Revisions: true, Steps: []step{
		{Kind: inject, Fault: hangs},
		{Kind: profile, Member: 1, Told: true, Replica: 2, For: 100 * ms},
		{Kind: ask, Browse: 0, Replica: 0, For: 100 * ms},
		{Kind: login, Browse: 0, Member: 1, Replica: 0},
		{Kind: ask, Browse: 0, Replica: 0, For: 100 * ms},
		{Kind: back, Member: 1, Told: true, Replica: 1},
		{Kind: access, Member: 0, Told: true, Replica: 1, For: 3 * second},
		{Kind: erase, Member: 0, Replica: 2, For: 30 * second},
	}})
}
