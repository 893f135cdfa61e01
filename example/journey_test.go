package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The rows of what happens when people come and go.

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
	if n := s.sim.Count("") - s.asked; n != 0 {
		t.Errorf("MaiAgent was called %d times", n)
	}
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	playVisitor(t, newSite(t))
}

func playVisitor(t *testing.T, s *site) {
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
	if contact.Name != "Anonymous" || contact.Email != "" || contact.Phone != "" {
		t.Errorf("the visitor's contact is %+v", contact)
	}
	if allowed, err := visitorPermissions(); err != nil {
		t.Error(err)
	} else {
		checkAccess(t, contact, allowed)
	}
	if row := s.row(contact.ID); !row.IsVisitor() || row.Namespace != "example-shop" {
		t.Errorf("the contact is that of a %s of %s", row.Kind, row.Namespace)
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
	playSignUp(t, newSite(t))
}

func playSignUp(t *testing.T, s *site) {
	b := s.browser()
	visitor := b.contactID()
	b.signUp("ana@example.com", "Ana Santos")
	if names := b.cookies(); !slices.Equal(names, []string{loginCookie, flashCookie}) {
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
	row := s.row(member.ID)
	if row.Kind != contacts.KindMember || row.Namespace != "example-shop" {
		t.Errorf("the contact is that of a %s of %s", row.Kind, row.Namespace)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(row.ID) {
		t.Errorf("the business user ID %q is no random UUID", row.ID)
	}
}

// checkPlan compares what a contact may be told of with its plan.
func checkPlan(t *testing.T, c webchattest.Contact, plan string) {
	t.Helper()
	m, err := permissionsOf(plan)
	if err != nil {
		t.Fatal(err)
	}
	checkAccess(t, c, m)
}

// checkAccess compares what a contact may be told of with what was allowed.
func checkAccess(t *testing.T, c webchattest.Contact, m webchat.QueryMetadata) {
	t.Helper()
	if m.IsZero() {
		if c.QueryMetadata != nil {
			t.Errorf("the contact may be told of %s; nothing was said", c.QueryMetadata)
		}
		return
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
		t.Errorf("the contact may be told of %s; allowed is %s", a, b)
	}
}

func TestMemberOnAnotherDevice(t *testing.T) {
	t.Parallel()
	playAnotherDevice(t, newSite(t))
}

func playAnotherDevice(t *testing.T, s *site) {
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

// Two shops on one database, with a balancer before them that sends each request
// to the other one.
func TestReplicas(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"PostgreSQL": postgrestest.URL, "MariaDB": mariadbtest.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testReplicas(t, address(t))
		})
	}
}

func testReplicas(t *testing.T, address string) {
	sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
	t.Cleanup(sim.Close)
	playReplicas(t, newSiteOn(t, sim, address), newSiteOn(t, sim, address))
}

func playReplicas(t *testing.T, one, two *site) {
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
	playLogout(t, newSite(t))
}

func playLogout(t *testing.T, s *site) {
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
		if c.Name != loginCookie && c.Name != flashCookie {
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
	playAnotherPerson(t, newSite(t))
}

func playAnotherPerson(t *testing.T, s *site) {
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
