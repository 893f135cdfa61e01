package scaletest

import (
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// cost is what one request costs elsewhere.
type cost struct {
	Lists, Creates, Gets, Replaces int // at MaiAgent
	Reads, Changes                 int // in the store
}

// What each kind of request costs MaiAgent and the store.
func TestCost(t *testing.T) {
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	store := &counting{Store: maicontact.NewMemoryStore()}
	var member *maicontact.Member
	c := config(sim)
	c.Store = store
	c.Identify = func(*http.Request) (*maicontact.Member, error) { return member, nil }

	here := newProcess(t, c)
	here.run(t)
	elsewhere := func() process { return newProcess(t, c) } // it has not learned yet what changes

	var visitor, alice []*http.Cookie
	for _, step := range []struct {
		name string
		do   func()
		want cost
	}{
		{"page without the chat", func() { here.visit(t, "plain", nil) }, cost{}},
		{"new visitor", func() { visitor = here.visit(t, "", nil) }, cost{Creates: 1, Reads: 1, Changes: 2}},
		{"visitor again", func() { here.visit(t, "", visitor) }, cost{}},
		{"visitor on another server", func() { elsewhere().visit(t, "", visitor) }, cost{Reads: 1}},
		{"new member", func() { member = memberOf(1, 1); alice = here.visit(t, "", nil) },
			cost{Lists: 1, Creates: 1, Reads: 1, Changes: 3}},
		{"member again, checked lately", func() { here.visit(t, "", alice) }, cost{}},
		{"member on another server, checked lately", func() { elsewhere().visit(t, "", alice) }, cost{Reads: 1}},
		{"member in another browser", func() { elsewhere().visit(t, "", nil) }, cost{Reads: 1}},
		{"changed profile", func() {
			member = memberOf(1, 2)
			member.Profile.Name = "Alice Lin"
			here.visit(t, "", alice)
			waitUntil(t, func() bool { return sim.Count(webchattest.ReplaceContact) == 1 })
			waitUntil(t, func() bool {
				row, _, err := store.Store.Get(t.Context(), person(1))
				return err == nil && row.Due.IsZero()
			})
		}, cost{Gets: 1, Replaces: 1, Reads: 1, Changes: 3}},
	} {
		sim.ResetRequests()
		store.reads.Store(0)
		store.changes.Store(0)
		step.do()
		got := cost{
			Lists: sim.Count(webchattest.ListContacts), Creates: sim.Count(webchattest.CreateContact),
			Gets: sim.Count(webchattest.GetContact), Replaces: sim.Count(webchattest.ReplaceContact),
			Reads: int(store.reads.Load()), Changes: int(store.changes.Load()),
		}
		t.Logf("%-42s %+v", step.name, got)
		if got != step.want || got.Lists+got.Creates+got.Gets+got.Replaces != sim.Count("") {
			t.Errorf("%s costs %+v and %d calls, want %+v", step.name, got, sim.Count(""), step.want)
		}
	}
}

func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 10 s")
		}
	}
}

// Bytes of our cookie, as it is on each request of a browser.
func TestCookie(t *testing.T) {
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	for _, test := range []struct {
		name   string
		member *maicontact.Member
		store  sessions.Store
		atMost int
	}{
		{"visitor, signed", nil, sessions.NewCookieStore(signingKey), 500},
		{"visitor, signed and encrypted", nil, sessions.NewCookieStore(signingKey, encryptionKey), 530},
		{"member, signed", memberOf(1, 1760000000000000), sessions.NewCookieStore(signingKey), 580},
		{"member, signed and encrypted", memberOf(1, 1760000000000000), sessions.NewCookieStore(signingKey, encryptionKey), 610},
	} {
		c := config(sim)
		c.Store, c.Sessions = maicontact.NewMemoryStore(), test.store
		c.Identify = func(*http.Request) (*maicontact.Member, error) { return test.member, nil }
		cookies := newProcess(t, c).visit(t, "", nil)
		if len(cookies) != 1 {
			t.Fatalf("%s: %d cookies", test.name, len(cookies))
		}
		bytes := len(cookies[0].Name) + len("=") + len(cookies[0].Value)
		t.Logf("%-30s %d bytes, Set-Cookie %d", test.name, bytes, len("Set-Cookie: ")+len(cookies[0].Raw))
		if bytes > test.atMost {
			t.Errorf("the cookie of a %s has %d bytes, want at most %d", test.name, bytes, test.atMost)
		}
	}
}
