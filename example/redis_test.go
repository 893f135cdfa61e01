package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/example/internal/redistest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// newSiteOnRedis starts a shop whose sessions are on a Redis.
func newSiteOnRedis(t *testing.T, kept *redistest.Server, settings ...string) *site {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
	t.Cleanup(sim.Close)
	return newSiteOn(t, sim, "sqlite:"+t.TempDir()+"/shop.db", append(settings, "REDIS_URL", kept.URL())...)
}

// The central journeys, with the sessions of the shop and of the chat on Redis.
func TestOnRedis(t *testing.T) {
	t.Parallel()
	kept := redistest.Start(t)
	for name, play := range map[string]func(*testing.T, *site){
		"visitor": playVisitor, "sign-up": playSignUp, "another device": playAnotherDevice,
		"logout": playLogout, "another person": playAnotherPerson,
	} {
		t.Run(name, func(t *testing.T) { play(t, newSiteOnRedis(t, kept)) })
	}
	t.Run("two shops", func(t *testing.T) {
		sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
		t.Cleanup(sim.Close)
		address := postgrestest.URL(t)
		shop := func() *site { return newSiteOn(t, sim, address, "REDIS_URL", kept.URL()) }
		playReplicas(t, shop(), shop())
	})
}

// A visitor opens the chat; nothing is kept of one who does not.
func TestOpeningOnRedis(t *testing.T) {
	t.Parallel()
	kept := redistest.Start(t)
	s := newSiteOnRedis(t, kept, "CHAT_VISITORS", "on-open")
	b := s.browser()
	if got := b.script(); got.reason != "not opened" {
		t.Errorf("the script says %q", got.reason)
	}
	if keys := kept.Keys(); len(keys) != 0 {
		t.Errorf("%d sessions of somebody who has opened nothing", len(keys))
	}
	opened := func(path string) reply {
		return b.do(http.MethodPost, path, nil, "Sec-Fetch-Site", "same-origin", "Origin", s.url)
	}
	first := opened("/webchat.js")
	if first.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("opening: %d", first.StatusCode)
	}
	var answer struct{ Config struct{ ContactID string } }
	if err := json.Unmarshal([]byte(opened("/webchat.js"+first.Header.Get("Location")).body), &answer); err != nil {
		t.Fatal(err)
	}
	if id := b.contactID(); id != answer.Config.ContactID || s.contact(id).Name != "Anonymous" {
		t.Error("the next page has another contact than the one that was opened")
	}
}

// A session has ended on Redis, too, once its person logs out or another logs in:
// a copy of the cookie is worth nothing any more.
func TestCopiedCookieAfterLogout(t *testing.T) {
	t.Parallel()
	kept := redistest.Start(t)
	s := newSiteOnRedis(t, kept)
	for name, leave := range map[string]func(*browser){
		"logout":             func(b *browser) { b.submit("/logout") },
		"login over a login": func(b *browser) { b.signUp("eva@example.com", "Eva") },
	} {
		ana, thief := s.browser(), s.browser()
		ana.signUp(strings.ReplaceAll(name, " ", "-")+"@example.com", "Ana")
		member := ana.contactID()
		thief.client.Jar.SetCookies(ana.address(), ana.client.Jar.Cookies(ana.address()))
		if thief.contactID() != member {
			t.Fatal("the copy was not good before")
		}
		leave(ana)
		if thief.contactID() == member {
			t.Errorf("%s: the copied cookie is still good", name)
		}
	}
}

// While Redis is down, or hangs, nobody is known: a member is no visitor, nobody
// gets another's contact, and no cookie is touched. Then everything is as before.
func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*redistest.Server) (back func()){
		"down":  func(r *redistest.Server) func() { r.Kill(); return r.Restart },
		"hangs": func(r *redistest.Server) func() { r.Hang(); return r.Resume },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := redistest.Start(t)
			s := newSiteOnRedis(t, kept)
			member, visitor := s.browser(), s.browser()
			member.signUp("ana@example.com", "Ana")
			members, visitors := member.contactID(), visitor.contactID()
			back := away(kept)
			creates := s.sim.Count(webchattest.CreateContact)
			for who, b := range map[string]*browser{"member": member, "visitor": visitor, "somebody new": s.browser()} {
				began := time.Now()
				r := b.do(http.MethodGet, "/webchat.js", nil, "Sec-Fetch-Site", "same-origin")
				if r.StatusCode != http.StatusOK || r.Header["Set-Cookie"] != nil || configLine.MatchString(r.body) ||
					!strings.Contains(r.body, "no chat: unavailable") {
					t.Errorf("%s: %d, cookies %q, reason %q", who, r.StatusCode, r.Header["Set-Cookie"], reasonLine.FindString(r.body))
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("%s: the script took %v", who, took)
				}
			}
			if page := member.get("/"); page.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("the member's page: %d; nobody knows who they are", page.StatusCode)
			}
			if n := s.sim.Count(webchattest.CreateContact); n != creates {
				t.Errorf("%d contacts were made", n-creates)
			}
			back()
			s.eventually("the sessions are back", func() bool { return member.script().contactID() != "" && visitor.script().contactID() != "" })
			if member.contactID() != members || visitor.contactID() != visitors {
				t.Error("somebody has another contact than before")
			}
		})
	}
}
