package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// No plan takes the permissions away, and another brings them back.
func TestNoPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	for _, plan := range []string{nonePlan, vipPlan, nonePlan, basicPlan} {
		b.submit("/plan", "plan", plan)
		s.eventually("the chat is there again", func() bool { return b.script().contactID() == id })
		checkPlan(t, s.contact(id), plan)
	}
	b.submit("/plan", "plan", nonePlan)
	s.eventually("the chat is there again", func() bool { return b.script().contactID() == id })
	if page := b.get("/"); !strings.Contains(page.body, "whatever MaiAgent says itself") || !strings.Contains(page.body, "<dd>None</dd>") {
		t.Error("the page does not say what MaiAgent holds")
	}
}

// A suspended account has the shop, and no chat; MaiAgent answers it from nothing.
func TestSuspendedAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	b.submit("/status", "status", suspendedStatus)
	if got := b.script(); got.config != nil || got.reason != string(maicontact.Suspended) {
		t.Fatalf("a suspended account is told %+v", got)
	}
	s.eventually("MaiAgent knows", func() bool {
		page := b.get("/")
		return strings.Contains(page.body, "Suspended, and MaiAgent knows") && strings.Contains(page.body, "<dd>nothing</dd>")
	})
	checkAccess(t, s.contact(id), webchat.NoAccess())
	b.submit("/profile", "name", "Ana Maria")
	s.restart()
	if got := b.script(); got.config != nil {
		t.Fatal("a suspended account has the chat after a restart")
	}
	b.submit("/status", "status", activeStatus)
	s.eventually("the chat is there again", func() bool { return b.script().contactID() == id })
	checkPlan(t, s.contact(id), basicPlan)
	s.eventually("MaiAgent knows the new name", func() bool { return s.contact(id).Name == "Ana Maria" })
}

// Suspending an account that never had the chat makes none, and it comes back.
func TestSuspendedBeforeTheChat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	b.submit("/status", "status", suspendedStatus)
	if got := b.script(); got.config != nil {
		t.Fatal("a suspended account has the chat")
	}
	if n := len(s.sim.All()); n != 0 {
		t.Errorf("%d contacts were made", n)
	}
	b.submit("/status", "status", activeStatus)
	s.eventually("the chat is there", func() bool { return b.script().contactID() != "" })
}

// Who is erased is forgotten by the shop and by MaiAgent, and logged out. Signing
// up again makes somebody new.
func TestErasedAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	member := s.row(id).Person
	b.submit("/erase")
	if page := b.get("/"); !strings.Contains(page.body, "You are a visitor") {
		t.Error("the browser is still logged in")
	}
	s.eventually("MaiAgent has forgotten them", func() bool { return s.contact(id).Deleted })
	s.eventually("the tombstone is complete", func() bool { return s.rowOf(member).State() == contacts.StateErased })
	if got := b.post("/login", "email", "ana@example.com", "password", password); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the account can be logged in to: %d", got.StatusCode)
	}
	b.signUp("ana@example.com", "Ana")
	if got := b.contactID(); got == id {
		t.Error("somebody new has the contact of who was erased")
	}
}
