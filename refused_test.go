package maicontact_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// refusals collects what OnRefused is told.
type refusals struct {
	mu   sync.Mutex
	told []string
}

func (r *refusals) on(_ context.Context, memberID string, fields []webchat.Field) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprint(memberID, " ", fields))
}

func (r *refusals) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// A bad email beside a revocation does not hold the revocation up. The site is
// told once; the email is tried again after a day, and at once when it changes.
func TestRefusedField(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told refusals
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.OnRefused = told.on })
		stop := s.run()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		bad := alice
		bad.Email, bad.QueryMetadata = "not an address", metadata(t, "basic")
		s.member("u-alice", bad)
		if b.contact() != id || !holds(t, s, id, bad.QueryMetadata) {
			t.Error("a bad email holds up a revocation")
		}
		if got, want := told.all(), []string{"u-alice [email]"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		if !strings.Contains(s.log.String(), "does not take a part of a profile") || strings.Contains(s.log.String(), bad.Email) {
			t.Error("the log does not say which field, or says its value")
		}

		// Another change leaves the bad email out at once.
		bad.Name = "Alice Wu"
		s.member("u-alice", bad)
		s.sim.ResetRequests()
		b.contact()
		time.Sleep(3 * time.Second)
		if n := s.sim.Count(webchattest.ReplaceContact); n != 1 || s.upstream(id).Name != "Alice Wu" {
			t.Errorf("a change of the name takes %d writes", n)
		}
		s.sim.ResetRequests()
		_ = stop()
		time.Sleep(23 * time.Hour)
		stop = s.run()
		time.Sleep(time.Minute)
		if n := s.sim.Count(""); n != 0 {
			t.Errorf("%d calls within a day", n)
		}
		_ = stop()
		time.Sleep(2 * time.Hour)
		defer s.run()()
		time.Sleep(time.Minute)
		if n := s.sim.Count(webchattest.ReplaceContact); n != 2 {
			t.Errorf("%d writes after a day, want one that is refused and one without", n)
		}
		bad.Email = "alice@example.org"
		s.member("u-alice", bad)
		b.contact()
		time.Sleep(3 * time.Second)
		if s.upstream(id).Email != bad.Email {
			t.Error("a good email is not sent at once")
		}
		if n := len(told.all()); n != 1 {
			t.Errorf("told %d times", n)
		}
		if row := s.row(alicePerson); row.Refused != "" || row.Waiting != nil {
			t.Errorf("the row says %q is refused", row.Refused)
		}
	})
}

// A refused field does not stand in the way of a new contact either; nor does a
// panic in OnRefused.
func TestRefusedFieldOfANewMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.Switches.RefuseFields = []string{"phoneNumber", "avatar"}
			c.OnRefused = func(context.Context, string, []webchat.Field) { panic("in the application") }
		})
		full := alice
		full.Phone, full.Avatar = "+886 1", "https://example.com/a.png"
		s.member("u-alice", full)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		if c := s.upstream(id); c.Name != alice.Name || c.Email != alice.Email || c.Phone != "" {
			t.Errorf("MaiAgent knows %+v", c)
		}
		reads := len(s.sim.Requests())
		for range 5 {
			b.contact()
		}
		if n := len(s.sim.Requests()) - reads; n != 0 {
			t.Errorf("%d calls for who is known", n)
		}
	})
}

// The site is told its own ID of the member, and none of a visitor.
func TestRefusedFieldOfWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told refusals
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.OnRefused = told.on })
		defer s.run()()
		bad := alice
		bad.Email = "not an address"
		for _, who := range []string{"alice@example.com", strings.Repeat("long", 50)} {
			s.member(who, bad)
			b := s.browser()
			b.login(who)
			b.contact()
		}
		if got, want := told.all(), []string{"alice@example.com [email]", " [email]"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// A MaiAgent that refuses null for an empty text is sent none, from then on.
func TestRefusedNull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told refusals
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.Switches.RefuseNull = []string{"email", "phoneNumber", "avatar"}
			c.OnRefused = told.on
		})
		defer s.run()()
		bare := webchat.Profile{Name: "Alice"}
		for i, who := range []string{"u-alice", "u-bob"} {
			s.member(who, bare)
			b := s.browser()
			b.login(who)
			b.contact()
			renamed := bare
			renamed.Name = "Renamed"
			s.member(who, renamed)
			s.sim.ResetRequests()
			id := b.contact()
			time.Sleep(5 * time.Second)
			writes := s.sim.Count(webchattest.ReplaceContact)
			if s.upstream(id).Name != "Renamed" || i == 1 && writes != 1 {
				t.Errorf("%s: %q after %d writes", who, s.upstream(id).Name, writes)
			}
		}
		if n := len(told.all()); n != 0 {
			t.Errorf("the site is told %d times of what it never had", n)
		}
	})
}

// A wrong inbox is the site's fault: the reason says configuration, the log names
// the setting, and it is tried each minute, so that all is well once it is put
// right.
func TestRefusedInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const wrong = "44444444-4444-4444-8444-444444444444"
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.InboxID = wrong })
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		for range 3 {
			if a := b.ask(); a.Reason != "configuration" {
				t.Fatalf("told %+v\n%s", a, s.log)
			}
			time.Sleep(time.Second)
		}
		if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "setting=InboxID") {
			t.Errorf("the log does not name the setting:\n%s", log)
		}
		posts := s.sim.Count(webchattest.CreateContact)
		time.Sleep(30 * time.Minute)
		if n := s.sim.Count(webchattest.CreateContact) - posts; n < 20 || n > 45 {
			t.Errorf("it is tried %d times in 30 minutes", n)
		}
	})
}

// What all visitors have is the site's to say; a change reaches those who are
// known when they ask next, before the id is handed out.
func TestVisitorsProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Visitors.Profile.QueryMetadata = metadata(t, "public")
			config = *c
		})
		b := s.browser()
		id := b.contact()
		if !holds(t, s, id, metadata(t, "public")) || s.upstream(id).Name != "Anonymous" {
			t.Error("a visitor has another access than the site says")
		}
		config.Visitors.Profile = webchat.Profile{Name: "Guest", QueryMetadata: metadata(t, "less")}
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		s.build(config)
		if got := b.contact(); got != id || !holds(t, s, id, metadata(t, "less")) || s.upstream(id).Name != "Guest" {
			t.Error("a change does not reach a visitor who is known")
		}
		config.Visitors.Profile = webchat.Profile{}
		s.build(config)
		if got := b.contact(); got != id || !holds(t, s, id, webchat.QueryMetadata{}) {
			t.Error("the access of visitors is not taken away")
		}
	})
}
