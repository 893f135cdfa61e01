package maicontact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const strangersKey = "not-a-real-key-of-strangers"

// With the key of another organisation everything is empty. No mapping is given
// up for that, and no erasure is complete.
func TestKeyOfAnotherOrganisation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.Switches.OtherKeys = []string{strangersKey}
			config = *c
		})
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		right := config.API.APIKey
		config.API.APIKey = strangersKey
		s.build(config)
		stop := s.run()
		changed := alice
		changed.Name = "Alice Wu"
		s.member("u-alice", changed)
		b.ask()
		time.Sleep(10 * time.Minute)
		if row := s.row(alicePerson); row.ContactID.Reveal() != id || row.Generation != 1 {
			t.Errorf("the mapping was given up: %s, generation %d", row.State(), row.Generation)
		}
		if e, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || e {
			t.Errorf("Erase: %+v %v", e, err)
		}
		time.Sleep(10 * time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateErasing || row.Due.IsZero() {
			t.Errorf("the tombstone is %s", row.State())
		}
		if !strings.Contains(s.log.String(), "setting=InboxID") {
			t.Error("the log does not name what to check")
		}
		_ = stop()
		config.API.APIKey = right
		s.build(config)
		defer s.run()()
		time.Sleep(5 * time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateErased || !s.upstream(id).Deleted {
			t.Errorf("with the right key the row is %s", row.State())
		}
	})
}

// A contact that cannot be read any more, but is still listed, is not deleted.
func TestDeletedButListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(_ *maicontact.Config, o *webchattest.Options) { o.Switches.DeletedButListed = true })
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		if e, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || e {
			t.Errorf("Erase: %+v %v", e, err)
		}
		time.Sleep(10 * time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateErasing || row.Due.IsZero() {
			t.Errorf("the tombstone is %s", row.State())
		}
		s.sim.Switch(func(w *webchattest.Switches) { w.DeletedButListed = false })
		time.Sleep(5 * time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateErased {
			t.Errorf("the tombstone is %s", row.State())
		}
	})
}

// The last contact of an inbox can be erased too: the inbox itself is listed.
func TestEraseTheLastContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		s.sim.Delete(id) // by hand, so that nothing is listed
		if e, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || !e {
			t.Errorf("Erase: %+v %v\n%s", e, err, s.log)
		}
	})
}

// A creation that lands hours late, after an erasure that was complete, is found
// within a day.
func TestErasureIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.LateLanding, Operation: webchattest.CreateContact, Later: 3 * time.Hour, Times: 1})
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.ask()
		if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateErased || row.Due.IsZero() {
			t.Errorf("the tombstone is %s and due %v", row.State(), row.Due)
		}
		looks := 0
		for range 27 {
			_ = stop()
			time.Sleep(time.Hour)
			before := s.sim.Count(webchattest.ListContacts)
			stop = s.run()
			time.Sleep(5 * time.Second)
			if s.sim.Count(webchattest.ListContacts) > before {
				looks++
			}
		}
		_ = stop()
		for _, c := range s.sim.Contacts() {
			if !c.Deleted {
				t.Error("the contact that came late is there after a day")
			}
		}
		if looks < 3 || looks > 6 {
			t.Errorf("it was looked at %d times in a day", looks)
		}
		if row := s.row(alicePerson); row.State() != contacts.StateErased || !row.Due.IsZero() {
			t.Errorf("after a day the tombstone is %s and due %v", row.State(), row.Due)
		}
	})
}

// Nobody is restored while a creation of before may still be found.
func TestRestoreWhileLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.LateLanding, Operation: webchattest.CreateContact, Later: 10 * time.Minute, Times: 1})
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.ask()
		if _, err := s.mc.Erase(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := s.mc.Restore(t.Context(), "u-alice"); !errors.Is(err, maicontact.ErrNotErased) {
			t.Errorf("Restore: %v", err)
		}
		for range 30 { // a day, with Run now and then
			_ = stop()
			time.Sleep(time.Hour)
			stop = s.run()
			time.Sleep(3 * time.Second)
		}
		defer stop()
		if err := s.mc.Restore(t.Context(), "u-alice"); err != nil {
			t.Errorf("Restore after a day: %v", err)
		}
		b.contact()
		if n := len(s.sim.Contacts()); n != 1 {
			t.Errorf("%d contacts", n)
		}
	})
}

// A contact that was moved to another inbox is not moved back. Its access is kept
// in step there, unless the site counts it as deleted.
func TestMovedContact(t *testing.T) {
	const elsewhere = "55555555-5555-4555-8555-555555555555"
	for _, remake := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
				o.OtherInboxIDs = []string{elsewhere}
				c.RemakeMoved = remake
			})
			s.member("u-alice", alice)
			b := s.browser()
			b.login("u-alice")
			id := b.contact()
			if !s.sim.Move(id, elsewhere) {
				t.Fatal("not moved")
			}
			less := alice
			less.QueryMetadata = metadata(t, "basic")
			s.member("u-alice", less)
			got := b.contact()
			if inboxes := s.upstream(id).InboxIDs; len(inboxes) != 1 || inboxes[0] != elsewhere {
				t.Errorf("the contact is in %v", inboxes)
			}
			if remake != (got != id) || !holds(t, s, got, less.QueryMetadata) {
				t.Errorf("counts as deleted %v: another contact %v", remake, got != id)
			}
			if !strings.Contains(s.log.String(), "inbox") {
				t.Error("the log does not say so")
			}
		})
	}
}

// folding is a MaiAgent that writes source ids in its own way, in every reply.
type folding struct {
	next   http.RoundTripper
	honest bool
}

func (f *folding) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.next.RoundTrip(r)
	if err != nil || f.honest || r.Method != http.MethodPost {
		return response, err
	}
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return nil, err
	}
	reply["sourceId"] = "SOMETHING-ELSE"
	body, err := json.Marshal(reply)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, err
}

// A MaiAgent that answers creations with something else, and never shows them,
// makes two contacts for one person in a week and no more, and the log says so.
func TestNeverOverAndOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &folding{}
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.AllowDuplicateSourceIDs, o.SearchLag = true, 1000*time.Hour
			c.API.HTTPClient = &http.Client{Transport: transport}
		})
		transport.next = webchattest.InProcess(s.sim)
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		for range 24 * 7 {
			stop := s.run()
			b.ask()
			time.Sleep(10 * time.Second)
			b.ask()
			_ = stop()
			time.Sleep(time.Hour)
		}
		if n := len(s.sim.Contacts()); n == 0 || n > 2 {
			t.Errorf("%d contacts in a week", n)
		}
		if !strings.Contains(s.log.String(), "no more are made for them") {
			t.Error("the log does not say so")
		}
		// Once it is put right, a reissue frees the member.
		transport.honest = true
		defer s.run()()
		if _, err := s.mc.Reissue(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.contact()
	})
}

// Permissions that were seen before and are shown otherwise later are not handed
// out any more, and the log says how many wait.
func TestAccessThatIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		s.sim.Switch(func(w *webchattest.Switches) { w.IgnoreAccess = true })
		less := alice
		less.QueryMetadata = metadata(t, "basic")
		s.member("u-alice", less)
		for range 5 {
			if a := b.ask(); a.Contact != "" || a.Reason != "permission pending" {
				t.Fatalf("told %+v", a)
			}
			time.Sleep(time.Minute)
		}
		if log := s.log.String(); !strings.Contains(log, "does not show the permissions") || !strings.Contains(log, "people=1") {
			t.Errorf("the log does not say so:\n%s", log)
		}
		s.sim.Switch(func(w *webchattest.Switches) { w.IgnoreAccess = false })
		time.Sleep(time.Hour)
		b.contact()
	})
}
