package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The rows of what happens when something changes or fails.

func TestProfileChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	former := s.contact(id)
	b.submit("/profile", "name", "Ana María 李")
	s.eventually("MaiAgent knows the new name", func() bool { return s.contact(id).Name == "Ana María 李" })
	b.submit("/profile", "email", "ana.maria@example.com", "phone", "")
	s.eventually("MaiAgent knows the new email", func() bool { return s.contact(id).Email == "ana.maria@example.com" })
	if b.contactID() != id {
		t.Error("the member has another contact after the change")
	}
	c := s.contact(id)
	if c.Name != "Ana María 李" || c.Phone != "" || c.SourceID != former.SourceID {
		t.Errorf("the contact is %+v", c)
	}
	checkPlan(t, c, basicPlan)
	for _, r := range s.sim.Requests() {
		if r.Operation != webchattest.ReplaceContact {
			continue
		}
		var sent map[string]any
		if err := json.Unmarshal(r.Body, &sent); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"name", "email", "phoneNumber", "sourceId", "queryMetadata", "inboxes"} {
			if _, ok := sent[field]; !ok {
				t.Errorf("the change was sent without %s", field)
			}
		}
	}
}

func TestPlanChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact})
	b.submit("/plan", "plan", "vip")
	// The first asks may end with the budget, while MaiAgent is being told.
	s.eventually("the script says what it waits for", func() bool {
		got := b.script()
		if got.config != nil {
			t.Fatal("the contact was handed out before MaiAgent has confirmed the plan")
		}
		return got.reason == string(maicontact.PermissionPending)
	})
	if page := b.get("/"); !strings.Contains(page.body, "Waiting for MaiAgent to confirm your plan") {
		t.Error("the page does not say that the plan waits")
	}
	checkPlan(t, s.contact(id), basicPlan)
	s.sim.ClearFaults()
	var got script
	s.eventually("the member has the chat again", func() bool { got = b.script(); return got.config != nil })
	if got.contactID() != id || got.config["primaryColor"] != "#8a5a1f" {
		t.Errorf("the configuration is %v", got.config)
	}
	checkPlan(t, s.contact(id), vipPlan)
}

// MaiAgent refuses a profile: the script and the page say so, until there is
// another profile, of which nothing is known yet.
func TestProfileRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: http.StatusBadRequest, Operation: webchattest.CreateContact})
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	s.eventually("the script says that it was refused", func() bool { return b.script().reason == string(maicontact.Rejected) })
	const refused = "MaiAgent refused what it was told"
	if page := b.get("/"); !strings.Contains(page.body, refused) {
		t.Error("the page does not say that the profile was refused")
	}
	s.sim.ClearFaults()
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	s.eventually("MaiAgent is down", func() bool {
		s.browser().script()
		return strings.Contains(s.stderr.String(), "calls are held back until it does")
	})
	b.submit("/profile", "name", "Ana Maria")
	if got := b.script(); got.config != nil || got.reason == string(maicontact.Rejected) {
		t.Errorf("after a change the script is %+v", got)
	}
	if page := b.get("/"); strings.Contains(page.body, refused) {
		t.Error("the page says that a profile was refused which nobody was told of")
	}
	s.sim.ClearFaults()
	var id string
	s.eventually("the member has a contact", func() bool { id = b.script().contactID(); return id != "" })
	if s.contact(id).Name != "Ana Maria" {
		t.Error("the contact has the profile of before")
	}
}

func TestDeletedAtMaiAgent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	former := s.contact(b.contactID())
	if !s.sim.Delete(former.ID) {
		t.Fatal("not deleted")
	}
	b.submit("/profile", "name", "Ana Maria")
	var id string
	s.eventually("the contact is made anew", func() bool { id = b.script().contactID(); return id != "" && id != former.ID })
	if c := s.contact(id); c.SourceID == former.SourceID || c.Email != "ana@example.com" || c.Name != "Ana Maria" || c.Deleted {
		t.Errorf("the new contact is %+v", c)
	}
	live := 0
	for _, c := range s.sim.Contacts() {
		if c.Email == "ana@example.com" {
			live++
		}
	}
	if live != 1 {
		t.Errorf("the member has %d contacts", live)
	}
}

// MaiAgent hangs: the page is served as fast as ever, and the script is a
// valid one that asks again later.
func TestMaiAgentHangs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	start := time.Now()
	page := b.get("/")
	if took := time.Since(start); page.StatusCode != http.StatusOK || took > 2*time.Second {
		t.Errorf("the page took %v and is %d", took, page.StatusCode)
	}
	if !strings.Contains(page.body, "Ana</bdi>") || !strings.Contains(page.body, "(not waited for)") {
		t.Error("the page does not show the member, or that it did not wait")
	}
	if got := b.script(); got.config != nil || got.reason != string(maicontact.Budget) {
		t.Errorf("the member's script is %+v", got)
	}
	if got := s.browser().script(); got.config != nil || got.reason != string(maicontact.Budget) {
		t.Errorf("the visitor's script is %+v", got)
	}
	s.sim.ClearFaults()
	s.sim.Simulation.Close() // lets go of what hangs
	var id string
	s.eventually("the member has a contact", func() bool { id = b.script().contactID(); return id != "" })
	if s.contact(id).Name != "Ana" {
		t.Error("the member talks as somebody else")
	}
}

// A write whose reply is lost must not become a second contact.
func TestReplyLost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sim.Inject(webchattest.Fault{Kind: webchattest.CommitThenCut, Operation: webchattest.CreateContact, Times: 1})
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	s.eventually("the member has a contact", func() bool { return b.script().contactID() != "" })
	if all := s.sim.All(); len(all) != 1 {
		t.Errorf("MaiAgent has %d contacts", len(all))
	}
}

// A change that MaiAgent has not taken yet outlives the process.
func TestChangeOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact})
	b.submit("/profile", "name", "Ana Maria")
	s.restart()
	if s.contact(id).Name != "Ana" {
		t.Fatal("the change was not refused")
	}
	s.sim.ClearFaults()
	s.eventually("MaiAgent knows the new name, with nobody asking", func() bool { return s.contact(id).Name == "Ana Maria" })
}

// The page's own use of gorilla sessions runs beside the middleware's.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	errs := make(chan error, 20)
	for i := range cap(errs) {
		path := []string{"/", "/webchat.js"}[i%2]
		go func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
			if err == nil {
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				var response *http.Response
				if response, err = b.client.Do(r); err == nil {
					err = response.Body.Close()
				}
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := s.sim.Count(webchattest.CreateContact); n != 1 {
		t.Errorf("MaiAgent was asked for %d contacts", n)
	}
}
