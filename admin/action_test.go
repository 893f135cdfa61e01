package admin

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Each action from its confirmation to what has come of it, in the order of a
// person's life.
func TestActions(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.run()
	first := b.member("ann")
	person := b.find("ann")
	do := func(name, says, notice string, state contacts.State, form url.Values) {
		t.Helper()
		before, told := b.row("ann"), len(b.done)
		page := b.get(person+"/"+name).says(t, 200, "member ann", says, "They are "+string(before.State())+" now")
		if !strings.Contains(page.body, `<form method="post" action="`+person+"/"+name+`"`) {
			t.Errorf("%s: there is no form", name)
		}
		if after := b.row("ann"); after.Version != before.Version || len(b.done) != told {
			t.Errorf("%s: to be asked has changed something", name)
		}
		r := b.send("POST", person+"/"+name, form).says(t, 303)
		if at := r.Header.Get("Location"); !strings.HasSuffix(at, "?done="+name) {
			t.Errorf("%s leads to %s", name, at)
		} else {
			b.get(at).says(t, 200, notice, "State "+string(state))
		}
		if row := b.row("ann"); row.State() != state {
			t.Errorf("%s: %s", name, row.State())
		}
		if len(b.done) != told+1 || b.done[told] != (Action{Name: name, Kind: "member", MemberID: "ann"}) {
			t.Errorf("%s: it was told of %v", name, b.done[told:])
		}
	}
	do("suspend", "They get no chat from now on", "Suspend: done.", contacts.StateSuspended, url.Values{})
	b.get(person).says(t, 200, "Permissions confirmed those of somebody who is suspended")
	do("resume", "They get the chat back", "Resume: done.", contacts.StatePending, url.Values{})
	if b.ask("ann") != first {
		t.Error("who was resumed does not have their contact")
	}
	do("reissue", "For a contact id that has leaked", "Reissue: done.", contacts.StateIdle, url.Values{})
	second := b.ask("ann")
	if second == first || second == "" {
		t.Error("who was reissued does not have a new contact")
	}
	do("erase", "deleted at MaiAgent for good", "Erase: done.", contacts.StateErased, url.Values{})
	if b.ask("ann") != "" {
		t.Error("who was erased has a contact")
	}
	do("restore", "The tombstone is lifted", "Restore: done.", contacts.StateIdle, url.Values{})
	if n := len(b.sim.Contacts()); n != 0 {
		t.Errorf("%d contacts are still there", n)
	}
	api, err := webchat.NewClient(webchat.Config{BaseURL: "http://localhost/api", APIKey: canaryKey, HTTPClient: b.client()})
	if err != nil {
		t.Fatal(err)
	}
	made, err := api.Create(t.Context(), webchat.Draft{InboxID: b.scope.InboxID, SourceID: "crm-7", Profile: webchat.Profile{Name: "Ann"}})
	if err != nil {
		t.Fatal(err)
	}
	stray := made.ID.Reveal()
	do("link", "They get a contact that is at MaiAgent already", "Link: done.", contacts.StatePending, url.Values{"contact": {stray}})
	if got := b.row("ann").ContactID.Reveal(); got != stray {
		t.Error("another contact is linked")
	}
}

// What cannot be done is told on the page that asked, and changes nothing.
func TestRefusedActions(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.member("ann")
	taken := b.member("ben").Reveal()
	b.change("erased", func(r *contacts.Row) { r.Life = contacts.Erased })
	b.change("reissuing", func(r *contacts.Row) { r.Life = contacts.Reissuing })
	b.change("suspended", func(r *contacts.Row) { r.Life = contacts.Suspended })
	for _, test := range []struct {
		who, action, contact string
		status               int
		says                 string
		err                  error
	}{
		{"ann", "restore", "", 409, "They are not erased", contacts.ErrNotErased},
		{"nobody", "restore", "", 409, "The table knows nothing of them.", contacts.ErrNotFound},
		{"nobody", "resume", "", 409, "The table knows nothing of them.", contacts.ErrNotFound},
		{"nobody", "reissue", "", 409, "The table knows nothing of them.", contacts.ErrNotFound},
		{"erased", "suspend", "", 409, "They are erased, or being erased.", contacts.ErrErased},
		{"erased", "resume", "", 409, "They are erased, or being erased.", contacts.ErrErased},
		{"reissuing", "reissue", "", 409, "Their contact is being replaced already.", contacts.ErrReissuing},
		{"suspended", "reissue", "", 409, "They are suspended.", contacts.ErrSuspended},
		{"ann", "link", taken, 409, "They have a contact already.", contacts.ErrLinked},
		{"nobody", "link", taken, 409, "Somebody else has that contact.", contacts.ErrContactTaken},
		{"nobody", "link", "11111111-2222-4333-8444-555555555555", 409, "MaiAgent has no such contact.", nil},
		{"nobody", "link", "canary-typed", 400, "A contact id is a UUID", nil},
	} {
		t.Run(test.who+" "+test.action, func(t *testing.T) {
			b.done = nil
			person := b.find(test.who)
			r := b.send("POST", person+"/"+test.action, url.Values{"contact": {test.contact}}).says(t, test.status, test.says)
			if strings.Contains(r.body, "canary-typed") || test.contact != "" && strings.Contains(r.body, test.contact) {
				t.Error("it repeats what was typed")
			}
			switch {
			case test.status == 400:
				if len(b.done) != 0 {
					t.Errorf("it was told of %v", b.done)
				}
			case len(b.done) != 1 || b.done[0].Err == nil || test.err != nil && !errors.Is(b.done[0].Err, test.err):
				t.Errorf("it was told of %v", b.done)
			}
		})
	}
}

// MaiAgent is down: what is asked for is in the table, and the page says that it
// goes on.
func TestActionsInAnOutage(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	for _, name := range []string{"suspend", "reissue", "erase"} {
		b.member(name)
	}
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	for name, state := range map[string]contacts.State{"suspend": contacts.StateSuspended, "reissue": contacts.StateReissuing, "erase": contacts.StateErasing} {
		r := b.send("POST", b.find(name)+"/"+name, url.Values{}).says(t, 303)
		b.get(r.Header.Get("Location")).says(t, 200, "it is in the table, and not complete at MaiAgent yet", "State "+string(state), "Failures in a row 1")
		if name == "suspend" {
			b.get(b.find(name)).says(t, 200, "Permissions not confirmed those of somebody who is suspended")
		}
	}
	b.get("/admin/waiting").says(t, 200, "suspend suspended", "reissue reissuing", "erase erasing")
}

// MaiAgent hangs: the page comes back in time, and says how far it has come.
func TestActionsWhileMaiAgentHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, name := range []string{"suspend", "reissue", "erase"} {
			b := newBed(t, nil)
			b.member("ann")
			b.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
			begun := time.Now()
			r := b.send("POST", b.find("ann")+"/"+name, url.Values{}).says(t, 303)
			if took := time.Since(begun); took > actionTimeout+6*time.Second {
				t.Errorf("%s took %v", name, took)
			}
			if got := b.get(r.Header.Get("Location")).says(t, 200).text(); !strings.Contains(got, "not complete at MaiAgent yet") && !strings.Contains(got, "It takes longer than usual.") {
				t.Errorf("%s: %s", name, got)
			}
			if len(b.done) != 1 {
				t.Errorf("it was told of %v", b.done)
			}
			b.sim.Close()
			time.Sleep(time.Minute)
		}
	})
}

// What the table does not answer in time is not taken for done.
func TestActionsWhileTheTableHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var store *awayStore
		b := newBed(t, func(_ *Config, site *maicontactConfig) {
			store = &awayStore{Store: site.Store}
			site.Store = store
		})
		b.member("ann")
		person := b.find("ann")
		store.slow.Store(int64(time.Hour))
		r := b.send("POST", person+"/erase", url.Values{}).says(t, 303)
		store.slow.Store(0)
		b.get(r.Header.Get("Location")).says(t, 200, "It takes longer than usual.", "State settled")
		if len(b.done) != 1 || !errors.Is(b.done[0].Err, context.DeadlineExceeded) {
			t.Errorf("it was told of %v", b.done)
		}
	})
}
