package probe_test

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/probe"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func run(t *testing.T, options webchattest.Options) (probe.Answers, *webchattest.Server, error) {
	t.Helper()
	sim := webchattest.NewServer(options)
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	// Somebody who is none of the probe's business.
	if _, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: "bystander", Profile: webchat.Profile{Name: "Ann"}}); err != nil && options.Switches.RefuseFields == nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	answers, err := probe.Run(t.Context(), probe.Options{API: client, InboxID: webchattest.DefaultInboxID, Wait: 300 * time.Millisecond}, func(a probe.Answer) {
		told[a.Name]++
		if a.About == "" {
			t.Errorf("nobody says what %s is about", a.Name)
		}
	})
	for name := range answers {
		if told[name] != 1 {
			t.Errorf("%s was told %d times", name, told[name])
		}
	}
	return answers, sim, err
}

// Each switch of the simulation is found, alone, and nothing else with it; and a
// simulation that behaves by the answers gives the same answers.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]webchattest.Switches{
		"none":             {},
		"putKeepsOmitted":  {PutKeepsOmitted: true},
		"refusePut":        {RefusePut: true},
		"refuseNull":       {RefuseNull: []string{"email", "queryMetadata"}},
		"refuseFields":     {RefuseFields: []string{"phoneNumber"}},
		"ignoreNullAccess": {IgnoreNullAccess: true},
		"ignoreAccess":     {IgnoreAccess: true},
		"addsKeys":         {AddsKeys: true},
		"bareReplies":      {BareReplies: true},
		"snakeReplies":     {SnakeReplies: true},
		"hideAccess":       {HideAccess: true},
		"oldAccessInReply": {OldAccessInReply: true},
		"undashedIds":      {UndashedIDs: true},
		"foldCase":         {FoldCase: true},
		"wordSearch":       {WordSearch: true},
		"offsetPages":      {OffsetPages: true},
		"refusePageSize":   {RefusePageSize: true},
		"deletedButListed": {DeletedButListed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers, sim, err := run(t, webchattest.Options{Switches: switches})
			if err != nil {
				t.Fatal(err)
			}
			if got := webchattest.SwitchesOf(answers); !reflect.DeepEqual(got, switches) {
				t.Errorf("found %+v, want %+v", got, switches)
			}
			if answers["cleanedUp"] != probe.Yes {
				t.Error("it is not shown to have cleaned up")
			}
			for _, c := range sim.Contacts() {
				if strings.HasPrefix(strings.ToLower(c.SourceID), probe.Prefix) {
					t.Error("a scratch contact is left")
				}
			}
			if n := len(sim.Contacts()); n != 1 {
				t.Errorf("%d contacts are left", n)
			}
			again, _, err := run(t, webchattest.Options{Switches: webchattest.SwitchesOf(answers)})
			if err != nil || len(again.Changes(answers)) != 0 {
				t.Errorf("a simulation that behaves so gives %v, %v", again.Changes(answers), err)
			}
		})
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]webchattest.Options{
		"400": {}, "409": {ConflictStatus: 409}, "500": {ConflictStatus: 500}, "201": {AllowDuplicateSourceIDs: true},
	} {
		answers, sim, err := run(t, options)
		if err != nil || answers["taken"] != want || answers["cleanedUp"] != probe.Yes || len(sim.Contacts()) != 1 {
			t.Errorf("%s: taken is %q, %d contacts are left, %v", want, answers["taken"], len(sim.Contacts()), err)
		}
	}
}

// Without a MaiAgent that answers there are no answers, and nothing is left.
func TestProbeFails(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	options := probe.Options{API: client, InboxID: webchattest.DefaultInboxID, Wait: time.Millisecond}
	none := func(probe.Answer) {}
	sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact, Times: 1})
	if _, err := probe.Run(t.Context(), options, none); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("it ends with %v", err)
	}
	if n := len(sim.Contacts()); n != 0 {
		t.Errorf("%d contacts are left", n)
	}
	for _, kind := range []webchattest.Kind{webchattest.Truncated, webchattest.CommitThenCut} { // the contact is there, and was not told
		sim.Inject(webchattest.Fault{Kind: kind, Operation: webchattest.CreateContact, Times: 1})
		if _, err := probe.Run(t.Context(), options, none); err == nil {
			t.Errorf("%s: it goes on without its contact", kind)
		}
		if n := len(sim.Contacts()); n != 0 {
			t.Errorf("%s: %d contacts are left", kind, n)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := probe.Run(stopped, options, none); err == nil {
		t.Error("it goes on after its context")
	}
	options.InboxID = "99999999-9999-4999-8999-999999999999"
	if _, err := probe.Run(t.Context(), options, none); err == nil || !strings.Contains(err.Error(), "does not let a contact be made") {
		t.Errorf("it ends with %v", err)
	}
	if _, err := probe.Run(t.Context(), probe.Options{}, none); err == nil {
		t.Error("it runs without a client")
	}
}

// What a run that was killed has left goes with the next.
func TestSweep(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	for _, sourceID := range []string{probe.Prefix + "old-One", "x" + probe.Prefix + "old"} {
		if _, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: sourceID}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := probe.Run(t.Context(), probe.Options{API: client, InboxID: webchattest.DefaultInboxID, Wait: time.Second}, func(probe.Answer) {}); err != nil {
		t.Fatal(err)
	}
	if left := sim.Contacts(); len(left) != 1 || left[0].SourceID != "x"+probe.Prefix+"old" {
		t.Errorf("%d contacts are left", len(left))
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	before := probe.Answers{"foldCase": "no", "taken": "400", "patch": "unknown", "searchLag": "0", "gone": "x"}
	now := probe.Answers{"foldCase": "yes", "taken": "400", "patch": "yes", "searchLag": "5"}
	if got := now.Changes(before); len(got) != 1 || got[0] != (probe.Change{Name: "foldCase", Before: "no", Now: "yes"}) {
		t.Errorf("the changes are %v", got)
	}
	var file bytes.Buffer
	if err := now.Write(&file); err != nil {
		t.Fatal(err)
	}
	if read, err := probe.ReadAnswers(&file); err != nil || !reflect.DeepEqual(read, now) {
		t.Errorf("what was written reads %v, %v", read, err)
	}
	if _, err := probe.ReadAnswers(strings.NewReader("[]")); err == nil {
		t.Error("no answers are read")
	}
}
