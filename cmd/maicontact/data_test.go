package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// export runs the command, whose output is personal data.
func (b *bed) export(status int, args ...string) (operate.Export, string) {
	b.Helper()
	b.personal = true
	defer func() { b.personal = false }()
	o := b.run(append([]string{"export"}, args...)...).exits(status)
	var e operate.Export
	if status == exitDone {
		if err := json.Unmarshal([]byte(o.stdout), &e); err != nil {
			b.Fatalf("it is no JSON document: %v", err)
		}
	}
	return e, o.stdout
}

func TestExport(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	id := b.ids["7"].Reveal()
	for n := range 3 {
		b.sim.AddConversation(id, json.RawMessage(fmt.Sprintf(`{"id":"%d","title":"Hello","contact":{"id":%q},"other":%q}`, n, id, strings.ToUpper(id))))
	}
	b.ids["a former one"] = b.contact(identity.SourceID(b.scope.Member("7"), 2), webchat.Profile{Name: "Former"})
	e, text := b.export(exitDone, "7")
	if e.MemberID != "7" || e.Person != "member" || e.Table == nil || e.Table.State != contacts.StateSettled || len(e.Contacts) != 2 {
		t.Fatalf("it tells %s", text)
	}
	own := e.Contacts[0]
	if own.Profile.Name != "Name 7" || own.Profile.Email != canaryEmail || own.Profile.Phone != canaryPhone || own.Profile.QueryMetadata.IsZero() || len(own.Conversations) != 3 || !strings.Contains(string(own.Conversations[0]), "Hello") || e.Contacts[1].Profile.Name != "Former" {
		t.Errorf("it tells %s", text)
	}
	if strings.Contains(strings.ToLower(text), id) || !strings.Contains(text, "[contact id]") {
		t.Error("the contact id is in it")
	}
	if _, line := b.export(exitDone, "7", "--json"); strings.Count(line, "\n") != 1 {
		t.Error("--json takes more than one line")
	}
	b.export(exitFindings, "nobody")

	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ListConversations, Status: 403})
	if _, text := b.export(exitFindings, "7"); !strings.Contains(text, "conversationsMissing") {
		t.Errorf("it does not tell what is missing: %s", text)
	}
}

// What waits to be sent is personal data, too.
func TestExportOfWhatWaits(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	profile := profileOf("7")
	waits, err := contacts.New(b.scope.Member("7"), time.Now()).SetDesired(contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}, time.Now())
	if err == nil {
		_, err = b.store.Put(t.Context(), waits, contacts.Guard{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if e, text := b.export(exitDone, "7"); e.Waiting == nil || *e.Waiting != profile || len(e.Contacts) != 0 {
		t.Errorf("it tells %s", text)
	}
}

// visitor makes a visitor who was seen some time ago.
func (b *bed) visitor(key string, ago time.Duration, edits ...func(*contacts.Row)) contacts.Person {
	b.Helper()
	p := b.scope.Visitor(key)
	b.person(p, key, webchat.Profile{})
	at, err := contacts.Read(b.Context(), b.store, p)
	if err == nil {
		err = at.Change(b.Context(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
			row.Updated = now.Add(-ago)
			row.Expires = row.Updated.Add(31 * 24 * time.Hour)
			for _, edit := range edits {
				edit(&row)
			}
			return row, nil
		})
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

const day = 24 * time.Hour

func (b *bed) manyVisitors() {
	b.Helper()
	b.member("7")
	b.visitor("today", time.Hour)
	b.visitor("old", 10*day)
	b.visitor("older", 20*day)
	b.visitor("renewed", 20*day, func(r *contacts.Row) { r.Expires = r.Expires.Add(19 * day) })
	b.visitor("busy", 20*day, func(r *contacts.Row) { r.Due = r.Updated })
	b.visitor("logged-in", 20*day, func(r *contacts.Row) { r.Life = contacts.Retired })
	b.visitor("erased", 20*day, func(r *contacts.Row) { r.Life, r.ContactID = contacts.Erased, "" })
}

func (b *bed) keys() string {
	var all []string
	for _, row := range b.table() {
		all = append(all, row.ID)
	}
	return strings.Join(all, " ")
}

func TestPrune(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.manyVisitors()
	before, contactsBefore := b.table(), len(b.sim.Contacts())
	b.run("prune", "--unseen", "168h", "--dry-run").exits(exitFindings).says("7 visitors, 4 not seen for so long; nothing was changed")
	b.run("prune", "--unseen", "168h", "--delete", "--dry-run").exits(exitFindings)
	for i, row := range b.table() {
		if row != before[i] {
			t.Errorf("a dry run changes %s", row.ID)
		}
	}
	got := b.run("prune", "--unseen", "168h", "--json").exits(exitFindings).lines()
	if got[0]["rows"] != 2.0 || got[0]["left"] != 2.0 || got[0]["contacts"] != 0.0 {
		t.Errorf("it tells %v", got)
	}
	if keys := b.keys(); keys != "7 busy erased logged-in renewed today" || len(b.sim.Contacts()) != contactsBefore {
		t.Errorf("left are %s, and %d contacts of %d", keys, len(b.sim.Contacts()), contactsBefore)
	}
	b.run("prune").exits(exitUsage)
	b.run("prune", "--unseen", "0s").exits(exitUsage)
}

func TestPruneDeletes(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.manyVisitors()
	b.run("prune", "--unseen", "168h", "--delete", "--rate", "1000").exits(exitFindings).says("0 rows removed, 3 contacts deleted, 1 left")
	for key, deleted := range map[string]bool{"today": false, "old": true, "older": true, "renewed": false, "busy": false, "logged-in": true, "7": false} {
		if c, _ := b.sim.Contact(b.ids[key].Reveal()); c.Deleted != deleted {
			t.Errorf("the contact of %s is deleted: %v", key, c.Deleted)
		}
	}
	for key, state := range map[string]contacts.State{"old": contacts.StateIdle, "logged-in": contacts.StateErased} {
		if row, _, err := b.store.Get(t.Context(), b.scope.Visitor(key)); err != nil || row.State() != state {
			t.Errorf("%s is %s, %v", key, row.State(), err)
		}
	}
	b.run("prune", "--unseen", "168h", "--delete", "--rate", "1000").exits(exitFindings).says("0 contacts deleted, 1 left")
}
