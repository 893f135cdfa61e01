package databasetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/doctor"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// What those do who run a site works on each database: import, audit, prune, and
// the doctor's look at the table.
func TestOperate(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store := d.open(t)
		sim := webchattest.NewServer(webchattest.Options{})
		t.Cleanup(sim.Close)
		client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
		if err != nil {
			t.Fatal(err)
		}
		operator, err := operate.New(operate.Options{
			Namespace: "shop", InboxID: webchattest.DefaultInboxID, Store: store, API: client, CallsPerSecond: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		lines := "member_id,contact_id\n"
		const members = 30
		for n := range members {
			made, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: fmt.Sprint("legacy-", n)})
			if err != nil {
				t.Fatal(err)
			}
			lines += fmt.Sprintf("%d,%s\n", n, made.ID.Reveal())
			if n == 0 {
				lines += fmt.Sprintf("thief,%s\n", made.ID.Reveal())
			}
		}
		for _, want := range []operate.ImportCounts{{Read: members + 1, Linked: members, Rejected: 1}, {Read: members + 1, Unchanged: members, Rejected: 1}} {
			from, err := operate.NewReader(strings.NewReader(lines))
			if err != nil {
				t.Fatal(err)
			}
			got, err := operator.Import(t.Context(), from, operate.LinkOptions{}, func(operate.ImportResult) error { return nil })
			if got != want || err != nil {
				t.Errorf("an import gives %+v, %v, want %+v", got, err, want)
			}
		}
		visitor := contacts.New(contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Visitor("key"), time.Now().Add(-time.Hour))
		if _, err := store.Put(t.Context(), visitor, contacts.Guard{}); err != nil {
			t.Fatal(err)
		}
		sim.Delete(sim.Contacts()[0].ID)
		audited, err := operator.Audit(t.Context(), operate.AuditOptions{}, func(f operate.Finding) error {
			if f.Kind != operate.Gone {
				t.Errorf("an audit finds %+v", f)
			}
			return nil
		})
		if audited != (operate.AuditCounts{Rows: members + 1, Contacts: members - 1, Findings: 1}) || err != nil {
			t.Errorf("an audit gives %+v, %v", audited, err)
		}
		pruned, err := operator.Prune(t.Context(), operate.PruneOptions{Unseen: time.Minute, CookieMaxAge: time.Hour})
		if pruned != (operate.PruneCounts{Visitors: 1, Unseen: 1, Rows: 1}) || err != nil {
			t.Errorf("pruning gives %+v, %v", pruned, err)
		}
		site := doctor.Site{
			API: client, InboxID: webchattest.DefaultInboxID, Namespace: "shop",
			Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: sim.ChatURL()},
			Table:  func(context.Context) (contacts.Store, error) { return store, nil },
		}
		passed := 0
		err = doctor.Examine(t.Context(), site, func(r doctor.Result) {
			if passed++; r.State != doctor.Pass {
				t.Errorf("the doctor says %+v", r)
			}
		})
		if passed != len(doctor.Checks()) || err != nil {
			t.Errorf("%d checks pass, %v", passed, err)
		}
	})
}
