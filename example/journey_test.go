package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// These tests walk the rows of what happens when.

// Nothing: a page view, a bot, a probe, HEAD or a prefetch makes no contact
// and sets no cookie.
func TestLookingMakesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, look := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"page", "GET", "/", nil, 200},
		{"page with HEAD", "HEAD", "/", nil, 200},
		{"probe", "GET", "/healthz", nil, 200},
		{"unknown page", "GET", "/wp-login.php", nil, 404},
		{"style sheet", "GET", "/assets/shop.css", nil, 200},
		{"script with HEAD", "HEAD", "/webchat.js", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"script for a prefetch", "GET", "/webchat.js", []string{"Sec-Fetch-Site", "same-origin", "Sec-Purpose", "prefetch"}, 200},
		{"script for a bot", "GET", "/webchat.js", []string{"Sec-Fetch-Site", "same-origin", "User-Agent", "examplebot/1.0"}, 200},
		{"script for another site", "GET", "/webchat.js", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"script opened as a page", "GET", "/webchat.js", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 403},
	} {
		t.Run(look.name, func(t *testing.T) {
			r := s.browser().do(look.method, look.path, nil, look.header...)
			if r.StatusCode != look.status || r.Header["Set-Cookie"] != nil || configLine.MatchString(r.body) {
				t.Errorf("got %d, Set-Cookie %q", r.StatusCode, r.Header["Set-Cookie"])
			}
		})
	}
	if n := s.sim.Count(""); n != 0 {
		t.Errorf("MaiAgent was called %d times", n)
	}
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	got := b.script()
	contact := s.contact(got.contactID())
	want := map[string]any{
		"webChatId": webchattest.DefaultWebChatID, "baseUrl": s.sim.ChatURL() + "/web-chats",
		"contactId": contact.ID, "primaryColor": "#2f6b52",
	}
	if !maps.Equal(got.config, want) {
		t.Errorf("the configuration is %v, not %v", got.config, want)
	}
	if contact.Name != "Anonymous" || contact.Email != "" || contact.Phone != "" || contact.QueryMetadata != nil ||
		!strings.HasPrefix(contact.SourceID, "example-shop:visitor:") {
		t.Errorf("the visitor's contact is %+v", contact)
	}
	for range 3 {
		if again := b.contactID(); again != contact.ID {
			t.Error("the visitor has another contact on the next page")
		}
	}
	if other := s.browser().contactID(); other == contact.ID {
		t.Error("two visitors have one contact")
	}
	s.restart()
	if again := b.contactID(); again != contact.ID {
		t.Error("the visitor has another contact after a restart")
	}
	if n := s.sim.Count(webchattest.CreateContact); n != 2 {
		t.Errorf("MaiAgent was asked for %d contacts, not 2", n)
	}
}

func TestVisitorSignsUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	visitor := b.contactID()
	b.signUp("ana@example.com", "Ana Santos")
	if names := b.cookies(); len(names) != 1 || names[0] != "shop" {
		t.Errorf("after the sign-up the browser has the cookies %q; the visitor key must be forgotten", names)
	}
	member := s.contact(b.contactID())
	if member.ID == visitor {
		t.Fatal("the member has the visitor's contact")
	}
	if member.Name != "Ana Santos" || member.Email != "ana@example.com" || member.Phone != "+351 912 000 111" {
		t.Errorf("the member's contact is %+v", member)
	}
	checkPlan(t, member, basicPlan)
	if c := s.contact(visitor); c.Name != "Anonymous" || c.Deleted {
		t.Errorf("the visitor's contact was touched: %+v", c)
	}
	if !regexp.MustCompile(`^example-shop:member:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b`).MatchString(member.SourceID) {
		t.Errorf("the source id %q is not made of a random UUID", member.SourceID)
	}
}

// checkPlan compares what a contact may be told of with its plan.
func checkPlan(t *testing.T, c webchattest.Contact, plan string) {
	t.Helper()
	m, err := permissionsOf(plan).QueryMetadata()
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(m.JSON(), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(c.QueryMetadata, &got); err != nil {
		t.Fatalf("query metadata %q: %v", c.QueryMetadata, err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("the contact may be told of %s; plan %s is %s", a, plan, b)
	}
}

func TestMemberOnAnotherDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	phone, laptop := s.browser(), s.browser()
	phone.signUp("ana@example.com", "Ana")
	member := phone.contactID()
	visitor := laptop.contactID()
	laptop.logIn(" ANA@example.com ")
	if got := laptop.contactID(); got != member || got == visitor {
		t.Error("the member has another contact on another device")
	}
	s.restart()
	if phone.contactID() != member || laptop.contactID() != member {
		t.Error("the member has another contact after a restart")
	}
	if n := s.sim.Count(webchattest.CreateContact); n != 2 {
		t.Errorf("MaiAgent was asked for %d contacts, not 2", n)
	}
}

// Two shops on one PostgreSQL database, with a balancer before them that sends
// each request to the other one.
func TestReplicas(t *testing.T) {
	t.Parallel()
	sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
	t.Cleanup(sim.Close)
	address := postgrestest.URL(t)
	one, two := newSiteOn(t, sim, address), newSiteOn(t, sim, address)
	b := one.browser()
	elsewhere := func() *browser { return &browser{two, b.client} }

	visitor := b.contactID()
	if elsewhere().contactID() != visitor {
		t.Error("the visitor has another contact at the other shop")
	}
	b.signUp("ana@example.com", "Ana")
	member := elsewhere().contactID()
	if member == visitor || b.contactID() != member {
		t.Error("the member has another contact at the other shop")
	}
	elsewhere().submit("/plan", "plan", "vip")
	if b.contactID() != member {
		t.Error("the member has another contact after the change")
	}
	checkPlan(t, one.contact(member), vipPlan)
	elsewhere().submit("/logout")
	if got := b.contactID(); got == member || got == visitor {
		t.Error("after the logout the browser has a former contact")
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	first := b.contactID()
	b.signUp("ana@example.com", "Ana")
	member := b.contactID()
	b.submit("/logout")
	if names := b.cookies(); len(names) != 0 {
		t.Errorf("after the logout the browser has the cookies %q", names)
	}
	second := b.contactID()
	if second == member || second == first {
		t.Error("after the logout the browser has a former contact")
	}
	if c := s.contact(second); c.Name != "Anonymous" {
		t.Errorf("after the logout the contact is %+v", c)
	}
	// Logging in and out again, with no ask for the chat in between.
	b.logIn("ana@example.com")
	b.submit("/logout")
	if third := b.contactID(); third == second || third == member {
		t.Error("after a login and a logout the browser has a former contact")
	}
	b.logIn("ana@example.com")
	if b.contactID() != member {
		t.Error("the member has another contact after logging in again")
	}
}

// keepChat returns what puts the chat's cookie back as it is now, as a reply
// that never arrived or an old one that arrives late does.
func (b *browser) keepChat() (restore func()) {
	address := b.address()
	var kept []*http.Cookie
	for _, c := range b.client.Jar.Cookies(address) {
		if c.Name != loginCookie {
			kept = append(kept, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/"})
		}
	}
	if len(kept) != 1 {
		b.site.t.Fatalf("the browser has %d cookies of the chat", len(kept))
	}
	return func() { b.client.Jar.SetCookies(address, kept) }
}

func TestAnotherPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ana, ben := s.browser(), s.browser()
	ana.signUp("ana@example.com", "Ana")
	ben.signUp("ben@example.com", "Ben")
	anas, bens := ana.contactID(), ben.contactID()
	bensAgain := func(b *browser) bool { return b.contactID() == bens }
	for name, change := range map[string]func(b *browser) bool{
		"login over a login": func(b *browser) bool { b.logIn("ben@example.com"); return bensAgain(b) },
		"logout, then login": func(b *browser) bool {
			b.submit("/logout")
			b.logIn("ben@example.com")
			return bensAgain(b)
		},
		"login with a lost cookie write": func(b *browser) bool {
			restore := b.keepChat()
			b.logIn("ben@example.com")
			restore()
			return bensAgain(b)
		},
		"logout with an old reply that comes late": func(b *browser) bool {
			restore := b.keepChat()
			b.submit("/logout")
			restore()
			return s.contact(b.contactID()).Name == "Anonymous"
		},
		"sign-up over a login": func(b *browser) bool {
			b.signUp("eva@example.com", "Eva")
			c := s.contact(b.contactID())
			return c.Name == "Eva" && c.Email == "eva@example.com"
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := s.browser()
			b.logIn("ana@example.com")
			if b.contactID() != anas {
				t.Fatal("Ana does not have her contact")
			}
			if !change(b) {
				t.Error("the browser does not have the contact of who is there now")
			}
		})
	}
}

func TestProfileChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	b.submit("/profile", "name", "Ana María 李")
	s.eventually("MaiAgent knows the new name", func() bool { return s.contact(id).Name == "Ana María 李" })
	b.submit("/profile", "email", "ana.maria@example.com", "phone", "")
	s.eventually("MaiAgent knows the new email", func() bool { return s.contact(id).Email == "ana.maria@example.com" })
	if b.contactID() != id {
		t.Error("the member has another contact after the change")
	}
	c := s.contact(id)
	if c.Name != "Ana María 李" || c.Phone != "" || !strings.HasPrefix(c.SourceID, "example-shop:member:") {
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
	if took := time.Since(start); page.StatusCode != http.StatusOK || took > maicontact.DefaultBudget {
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
