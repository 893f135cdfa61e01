package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// edit changes a contact at MaiAgent, as somebody may in its console.
func (b *bed) edit(id webchat.ContactID, body string) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPatch, b.sim.BaseURL()+"contacts/"+id.Reveal()+"/", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Api-Key "+canaryKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("the change is answered with %s", response.Status)
	}
}

// trouble makes one of everything that an audit can find, and things that it must
// not find.
func (b *bed) trouble() {
	b.Helper()
	for n := range 5 {
		b.member(fmt.Sprint("fine-", n))
	}
	vip := profileOf("rewritten")
	vip.QueryMetadata = mustMetadata(b.T, `{"knowledge_bases":[{"knowledge_base_id":"`+anotherUUID+`"}]}`)
	b.person(b.scope.Member("rewritten"), "rewritten", vip) // MaiAgent writes its keys in camelCase
	b.member("suspended")
	b.run("suspend", "suspended").exits(exitDone)
	b.member("reissued")
	b.run("reissue", "reissued").exits(exitDone)
	b.contact("legacy", profileOf("legacy")) // none of ours

	b.member("gone")
	b.sim.Delete(b.ids["gone"].Reveal())
	b.member("moved")
	b.sim.Move(b.ids["moved"].Reveal(), secondInbox)
	b.member("renamed")
	b.edit(b.ids["renamed"], `{"name":"Somebody else"}`)
	b.member("widened")
	b.edit(b.ids["widened"], `{"queryMetadata":{"plan":"vip"}}`)
	b.member("unnamed")
	b.edit(b.ids["unnamed"], `{"sourceId":"legacy-unnamed"}`)
	b.member("erased")
	b.run("erase", "erased").exits(exitDone)
	b.ids["what remains"] = b.contact(identity.SourceID(b.scope.Member("erased"), 2), profileOf("erased"))
	b.member("twice")
	b.ids["the second"] = b.contact(identity.SourceID(b.scope.Member("twice"), 2), profileOf("twice"))
	b.member("unlinked")
	b.change("unlinked", func(r *contacts.Row) { r.ContactID, r.Confirmed = "", contacts.Stamp{} })
	b.ids["the orphan"] = b.contact(identity.SourceID(contacts.Scope{Namespace: "other", InboxID: b.scope.InboxID}.Member("1"), 1), profileOf("1"))
	b.ids["the visitor"] = b.contact(identity.SourceID(b.scope.Visitor("gone"), 1), webchat.Profile{})
	waits := contacts.New(b.scope.Member("waiting"), time.Now().Add(-time.Hour))
	profile := profileOf("waiting")
	waits, err := waits.SetDesired(contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}, time.Now().Add(-time.Hour))
	if err == nil {
		_, err = b.store.Put(b.Context(), waits, contacts.Guard{})
	}
	if err != nil {
		b.Fatal(err)
	}
}

var troubles = map[string]string{
	"gone": "gone", "moved": "wrong-inbox", "renamed": "differs", "widened": "differs", "unnamed": "unnamed", "erased": "remains",
	"twice": "second", "unlinked": "unlinked", "": "orphan", "waiting": "missing",
}

func (o outcome) findings() map[string]string {
	o.Helper()
	got := map[string]string{}
	for _, line := range o.lines() {
		if kind, ok := line["finding"].(string); ok {
			id, _ := line["id"].(string)
			if got[id] != "" {
				o.Errorf("%q is told twice", id)
			}
			got[id] = kind
		}
	}
	return got
}

func TestAudit(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]webchattest.Switches{"usual": {}, "offsets": {OffsetPages: true}, "small pages": {RefusePageSize: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, webchattest.Options{OtherInboxIDs: []string{secondInbox}, PageSize: 4, Switches: switches})
			b.open()
			b.trouble()
			before := b.table()
			o := b.run("audit", "--json", "--rate", "1000").exits(exitFindings)
			got := o.findings()
			for id, kind := range troubles {
				if got[id] != kind {
					t.Errorf("%q is %q, want %q", id, got[id], kind)
				}
			}
			if len(got) != len(troubles) {
				t.Errorf("it finds %v", got)
			}
			lines := o.lines()
			if last := lines[len(lines)-1]; last["result"] != "done" || last["findings"] != float64(len(troubles)) || last["formerVisitors"] != 1.0 ||
				last["rows"] != float64(len(before)) || last["contacts"] != float64(b.listed()) {
				t.Errorf("the summary is %v of %d rows and %d contacts", last, len(before), b.listed())
			}
			for i, row := range b.table() {
				if row != before[i] && row.Waiting == nil {
					t.Errorf("looking has changed %s", row.ID)
				}
			}
		})
	}
}

// listed counts the contacts that the inbox has.
func (b *bed) listed() (n int) {
	for _, c := range b.sim.Contacts() {
		for _, inbox := range c.InboxIDs {
			if inbox == b.scope.InboxID {
				n++
			}
		}
	}
	return n
}

func TestAuditRepairs(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.trouble()
	b.run("audit", "--repair", "--rate", "1000").exits(exitFindings).says(
		"gone        member gone: ", "the table has [marked; made anew when they ask]", "were sent [marked; sent anew when they ask]", "who was erased (source id ", ") [deleted]", "10 findings, 5 repaired", "orphan      MaiAgent has a contact of this library")
	if c, _ := b.sim.Contact(b.ids["what remains"].Reveal()); !c.Deleted {
		t.Error("what remained of the erased member is still there")
	}
	for _, id := range []string{"gone", "renamed", "widened", "unnamed"} {
		if row := b.row(id); row.Ready() || row.ContactID == "" {
			t.Errorf("%s is %s", id, row.State())
		}
	}
	if c, _ := b.sim.Contact(b.ids["the orphan"].Reveal()); c.Deleted {
		t.Error("somebody else's contact was deleted")
	}
	again := b.run("audit", "--json", "--rate", "1000").exits(exitFindings).findings()
	if len(again) != 5 || again["gone"] != "" || again["erased"] != "" || again["renamed"] != "" {
		t.Errorf("the second audit finds %v", again)
	}
	b.run("audit", "--rate", "1000").says("5 findings, 0 repaired; 1 contacts gone that are made anew when they are asked for")
}

// Of somebody who is suspended a contact that is gone cannot be had made anew.
func TestAuditOfASuspendedMember(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.run("suspend", "7").exits(exitDone)
	b.sim.Delete(b.ids["7"].Reveal())
	for range 2 {
		o := b.run("audit", "--repair").exits(exitFindings).says("gone        member 7: ", "1 findings, 0 repaired")
		if strings.Contains(o.stdout, "[") {
			t.Errorf("it promises a repair: %s", o.stdout)
		}
	}
}

func TestAuditOfAHealthySite(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	for n := range 7 {
		b.member(fmt.Sprint(n))
	}
	b.run("audit").exits(exitDone).says("7 rows and 7 contacts compared: 0 findings")
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 401})
	b.run("audit").exits(exitFailure)
	b.run("audit", "--rate", "-1").exits(exitUsage)
}

// A contact that no row has is told so that it can be found in MaiAgent's console,
// and without its id.
func TestAuditTellsWhichContactItIs(t *testing.T) {
	t.Parallel()
	b := newImportBed(t)
	b.trouble()
	var got map[string]any
	for _, line := range b.run("audit", "--json", "--rate", "1000").exits(exitFindings).lines() {
		for kind, name := range map[string]string{"orphan": "the orphan", "second": "the second", "remains": "what remains"} {
			if line["finding"] != kind {
				continue
			}
			got = line
			c, _ := b.sim.Contact(b.ids[name].Reveal())
			if got["sourceId"] != c.SourceID || got["contactEnd"] != c.ID[32:] || got["created"] == nil {
				t.Errorf("%s is told as %v", kind, got)
			}
		}
		if line["finding"] == "gone" && line["contactEnd"] != nil {
			t.Errorf("a row's finding is told as %v", line)
		}
	}
	if got == nil {
		t.Fatal("nothing of it is found")
	}
	c, _ := b.sim.Contact(b.ids["the orphan"].Reveal())
	b.run("audit", "--rate", "1000").says("(source id " + c.SourceID + ", contact …" + c.ID[32:] + ", created 20")
}
