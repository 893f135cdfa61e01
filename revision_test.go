package maicontact_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func (s *site) memberRev(id string, p webchat.Profile, rev int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[id] = maicontact.Member{ID: id, Profile: p, Revision: rev}
}

// Permissions that changed and changed back are sent, without a revision too.
func TestPermissionsBackAndForthWithoutRevision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		basic, vip := alice, alice
		basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
		b := s.browser()
		b.login("u-alice")
		s.memberRev("u-alice", basic, 0)
		id := b.contact()
		time.Sleep(time.Minute)
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.ReplaceContact, Times: 3})
		s.memberRev("u-alice", vip, 0)
		b.ask()
		s.memberRev("u-alice", basic, 0) // taken back, before any retry
		if a := b.ask(); a.Contact != "" {
			t.Errorf("an id while MaiAgent has confirmed nothing: %+v", a)
		}
		remove()
		time.Sleep(3 * time.Minute)
		if b.contact() != id || string(s.upstream(id).QueryMetadata) != string(basic.QueryMetadata.JSON()) {
			t.Errorf("MaiAgent has %s", s.upstream(id).QueryMetadata)
		}
		stop()
	})
}

// A revision forgotten once harms nobody: the newest still counts.
func TestRevisionForgottenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		basic, vip := alice, alice
		basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
		b := s.browser()
		b.login("u-alice")
		s.memberRev("u-alice", vip, 7)
		id := b.contact()
		c := vip
		c.Name = "Alice Wu"
		if err := s.mc.UpdateMember(t.Context(), maicontact.Member{ID: "u-alice", Profile: c}); err != nil { // Revision forgotten once
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		s.memberRev("u-alice", basic, 9)
		b.ask()
		time.Sleep(10 * time.Minute)
		if a := b.ask(); a.Contact == id && strings.Contains(string(s.upstream(id).QueryMetadata), "vip") {
			t.Error("downgraded 10 minutes ago, and the id is handed out with the old permissions")
		}
		stop()
	})
}

// An older profile that lands late does not stay.
func TestLatePUT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		basic, vip := alice, alice
		basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
		s.member("u-alice", basic)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 30 * time.Second, Operation: webchattest.ReplaceContact, Times: 1})
		s.member("u-alice", vip)
		b.ask()
		time.Sleep(15 * time.Second)
		s.member("u-alice", basic)
		for range 120 { // the older one may land after the newer was confirmed
			time.Sleep(time.Second)
			if a := b.ask(); a.Contact != "" && strings.Contains(string(s.upstream(id).QueryMetadata), "vip") {
				t.Error("handed out while MaiAgent has the older permissions")
			}
		}
		if b.contact() != id {
			t.Error("another contact")
		}
		time.Sleep(10 * time.Minute)
		b.contact()
		if got := string(s.upstream(id).QueryMetadata); strings.Contains(got, "vip") {
			t.Errorf("10 minutes later MaiAgent has the older permissions: %s", got)
		}
		stop()
	})
}
