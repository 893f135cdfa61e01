package maicontact_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var update = flag.Bool("update", false, "write the table of docs/faults.md anew")

const faultsFile = "docs/faults.md"

// person is a column of the table: how somebody comes to ask during a fault.
type person struct {
	name   string
	member string                                  // empty: a visitor
	before func(s *site) *browser                  // until the fault begins
	change func(p webchat.Profile) webchat.Profile // after that
}

// knownHere has asked before. With another browser only the store knows them.
func knownHere(s *site) *browser {
	s.member("somebody", alice)
	b := s.browser()
	b.login("somebody")
	b.contact()
	return b
}

func knownElsewhere(s *site) *browser {
	knownHere(s)
	b := s.browser()
	b.login("somebody")
	return b
}

var persons = []person{
	{name: "new visitor", before: (*site).browser},
	{name: "new member", member: "somebody", before: func(s *site) *browser {
		s.member("somebody", alice)
		b := s.browser()
		b.login("somebody")
		return b
	}},
	{name: "known member", member: "somebody", before: knownHere},
	{name: "the same, other browser", member: "somebody", before: knownElsewhere},
	{name: "name changed", member: "somebody", before: knownHere, change: func(p webchat.Profile) webchat.Profile {
		p.Name = "Alice Wu"
		return p
	}},
	{name: "permissions changed", member: "somebody", before: knownHere, change: func(p webchat.Profile) webchat.Profile {
		metadata, err := webchat.RawQueryMetadata([]byte(`{"level":2}`))
		if err != nil {
			panic(err)
		}
		p.QueryMetadata = metadata
		return p
	}},
}

var everyFault = []webchattest.Fault{
	{Kind: webchattest.Slow, Delay: time.Second}, {Kind: webchattest.Slow, Delay: 30 * time.Second},
	{Kind: webchattest.Refuse}, {Kind: webchattest.Refuse, Status: 500}, {Kind: webchattest.Refuse, Status: 401},
	{Kind: webchattest.Refuse, Status: 400}, {Kind: webchattest.Refuse, Status: 404}, {Kind: webchattest.HTML},
	{Kind: webchattest.TooMany}, {Kind: webchattest.Redirect}, {Kind: webchattest.CutBefore}, {Kind: webchattest.Hang},
	{Kind: webchattest.CommitThenCut}, {Kind: webchattest.CommitThenHTML}, {Kind: webchattest.CommitThenHang},
	{Kind: webchattest.Truncated}, {Kind: webchattest.WrongJSON}, {Kind: webchattest.Endless},
}

// faultyOperations are what a fault may befall, by the names that the log has for
// them.
var faultyOperations = []struct{ name, operation string }{
	{"find_contacts", webchattest.ListContacts}, {"get_contact", webchattest.GetContact},
	{"create_contact", webchattest.CreateContact}, {"replace_contact", webchattest.ReplaceContact},
}

// Every fault, at every operation, for everybody: what they are answered while
// it lasts is the table of the documentation. When it has passed all have the
// chat, each member has one contact, with the newest profile.
func TestFaults(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| call | MaiAgent's answer")
	for _, p := range persons {
		table.WriteString(" | " + p.name)
	}
	table.WriteString(" |\n|---|---" + strings.Repeat("|---", len(persons)) + "|\n")
	for _, one := range faultyOperations {
		var outcomes []string // in the order of the faults
		names := map[string][]string{}
		for i, fault := range everyFault {
			if raced && i%5 != 0 {
				continue
			}
			fault.Operation = one.operation
			cells := ""
			for _, p := range persons {
				cells += " | " + playFault(t, fault, p)
			}
			if names[cells] == nil {
				outcomes = append(outcomes, cells)
			}
			names[cells] = append(names[cells], faultName(fault))
		}
		for _, cells := range outcomes {
			fmt.Fprintf(&table, "| `%s` | %s%s |\n", one.name, strings.Join(names[cells], ", "), cells)
		}
	}
	if raced {
		return // it is not the whole table
	}
	document, err := os.ReadFile(faultsFile)
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(document), "| call | MaiAgent's answer")
	if start < 0 {
		t.Fatalf("%s has no table", faultsFile)
	}
	rest := strings.Index(string(document[start:]), "\n\n")
	written := string(document[start:][:rest+1])
	if written == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what happens (write it anew with -update):\n%s", faultsFile, table.String())
	}
	if err := os.WriteFile(faultsFile, []byte(strings.Replace(string(document), written, table.String(), 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func faultName(f webchattest.Fault) string {
	name := strings.ReplaceAll(string(f.Kind), "_", " ")
	switch {
	case f.Delay > 0:
		return fmt.Sprintf("%s: %v", name, f.Delay)
	case f.Status > 0:
		return fmt.Sprint("status ", f.Status)
	case f.Kind == webchattest.Refuse:
		return "status 503"
	}
	return name
}

// playFault returns what the person is answered while the fault lasts.
func playFault(t *testing.T, fault webchattest.Fault, p person) (during string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		b := p.before(s)
		time.Sleep(time.Second)
		s.sim.Inject(fault)
		want := alice
		if p.change != nil {
			want = p.change(want)
			s.member(p.member, want)
		}
		during = inWords(b.ask())
		time.Sleep(10 * time.Second) // the fault lasts
		b.ask()
		s.sim.ClearFaults()
		for range 100 {
			time.Sleep(3 * time.Second)
			if b.ask().Contact != "" && isSettled(s) {
				break
			}
		}
		id := b.contact()
		if again := b.contact(); again != id {
			t.Errorf("%s at %s, %s: another contact than a moment ago", faultName(fault), fault.Operation, p.name)
		}
		live := s.sim.Contacts()
		if len(live) != 1 || live[0].ID != id {
			t.Errorf("%s at %s, %s: %d live contacts", faultName(fault), fault.Operation, p.name, len(live))
		} else if p.member != "" && (live[0].Name != want.Name || live[0].Email != want.Email || (len(live[0].QueryMetadata) > 4) != !want.QueryMetadata.IsZero()) {
			t.Errorf("%s at %s, %s: MaiAgent has %+v", faultName(fault), fault.Operation, p.name, live[0])
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return during
}

// isSettled reports whether there is nothing to do for anybody.
func isSettled(s *site) bool {
	counts, err := s.store.Count(s.t.Context(), testScope)
	return err == nil && counts.Unsettled == 0
}

func inWords(a answer) string {
	var reason maicontact.Reason
	switch {
	case a.Status != 200:
		return fmt.Sprint("status ", a.Status)
	case a.Contact != "":
		return "chat"
	case errors.As(maicontact.Reason(a.Reason), &reason) && reason.MayPass():
		return "asks again"
	}
	return "no chat"
}

// An erasure that meets a fault is finished when the fault has passed, and
// nobody gets the contact meanwhile.
func TestFaultsOfAnErasure(t *testing.T) {
	t.Parallel()
	for _, fault := range everyFault {
		for _, fault.Operation = range []string{webchattest.ListContacts, webchattest.DeleteContact, webchattest.GetContact} {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				stop := s.run()
				b := knownElsewhere(s)
				s.sim.Inject(fault)
				_, _ = s.mc.Erase(t.Context(), "somebody")
				if a := b.ask(); a.Contact != "" {
					t.Errorf("%s at %s: a contact after Erase", faultName(fault), fault.Operation)
				}
				time.Sleep(10 * time.Second)
				s.sim.ClearFaults()
				time.Sleep(5 * time.Minute)
				if done, err := s.mc.Erase(t.Context(), "somebody"); err != nil || !done || len(s.sim.Contacts()) != 0 {
					t.Errorf("%s at %s: %+v, %v, %d live contacts", faultName(fault), fault.Operation, done, err, len(s.sim.Contacts()))
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
