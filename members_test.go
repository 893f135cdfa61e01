package maicontact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// duplicate makes a contact at the simulation, past the library.
func duplicate(t *testing.T, s *site, source string) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{
		"name": "Copy", "sourceId": source, "inboxes": []any{map[string]any{"id": webchattest.DefaultInboxID}},
	})
	r := httptest.NewRequest("POST", "http://localhost/api/contacts/", bytes.NewReader(body))
	r.Header.Set("Authorization", "Api-Key "+webchattest.DefaultAPIKey)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.sim.ServeHTTP(w, r)
	if w.Code != 201 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
}

// replyChanger answers creations with a contact id of its own choice.
type replyChanger struct {
	next http.RoundTripper
	id   string
}

func (c *replyChanger) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil || c.id == "" || r.Method != "POST" {
		return response, err
	}
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return nil, err
	}
	reply["id"] = c.id
	body, _ := json.Marshal(reply)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return response, nil
}

// A change that MaiAgent does not take now waits in the store until it does;
// of several, the newest wins, and an old one never comes after it.
func TestPendingChangesAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.HTML, Operation: webchattest.ReplaceContact})
		for i := range 5 {
			changed := alice
			changed.Name = fmt.Sprint("Alice ", i)
			s.member("u-alice", changed)
			if b.contact() != id {
				t.Fatal("a name waits; the chat need not")
			}
			synctest.Wait()
		}
		if n := s.unsettled(); n != 1 {
			t.Errorf("%d rows wait, want 1", n)
		}
		stop := s.run()
		time.Sleep(time.Minute)
		remove()
		time.Sleep(5 * time.Minute)
		if got := s.upstream(id).Name; got != "Alice 4" {
			t.Errorf("MaiAgent has %q", got)
		}
		// Once for the change, once more because those that failed may still
		// have landed after it.
		s.sim.ResetRequests()
		time.Sleep(time.Hour)
		if n := len(s.sim.Requests()); n != 0 {
			t.Errorf("%d calls with nothing to do", n)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if row := s.row(alicePerson); row.State() != contacts.StateSettled || row.Waiting != nil {
			t.Errorf("the row is %s", row.State())
		}
	})
}

// A profile that MaiAgent refuses without saying why is sent again, slowly; it
// blocks nobody else, and another profile goes out at once.
func TestRefusedProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		stop := s.run()
		s.member("u-alice", webchat.Profile{Name: "Alice"})
		s.member("u-bob", bob)
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: 400, Operation: webchattest.CreateContact})
		a, b := s.browser(), s.browser()
		a.login("u-alice")
		b.login("u-bob")
		if got := a.ask(); got.Reason != "rejected" {
			t.Fatalf("answer %+v", got)
		}
		posts := s.sim.Count(webchattest.CreateContact)
		time.Sleep(10 * time.Minute)
		if got := a.ask(); got.Reason != "rejected" {
			t.Errorf("answer %+v", got)
		}
		if n := s.sim.Count(webchattest.CreateContact) - posts; n == 0 || n > 6 {
			t.Errorf("%d more POSTs of a refused profile in 10 minutes, want a few", n)
		}
		s.sim.ClearFaults()
		b.contact()
		s.member("u-alice", alice)
		a.contact()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestUpdateMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		if err := s.mc.UpdateMember(t.Context(), s.member("u-alice", alice)); err != nil {
			t.Fatal(err)
		}
		if n := len(s.sim.Requests()); n != 0 {
			t.Errorf("%d calls for a member who never asked for the chat", n)
		}
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		changed := alice
		changed.Name = "Alice Wu"
		newest := s.member("u-alice", changed)
		if err := s.mc.UpdateMember(t.Context(), newest); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := s.upstream(id).Name; got != "Alice Wu" {
			t.Errorf("MaiAgent has %q", got)
		}
		old := maicontact.Member{ID: "u-alice", Profile: alice, Revision: newest.Revision - 1}
		if err := s.mc.UpdateMember(t.Context(), old); !errors.Is(err, maicontact.ErrOlderRevision) {
			t.Errorf("an older revision: %v", err)
		}
		synctest.Wait()
		if got := s.upstream(id).Name; got != "Alice Wu" {
			t.Errorf("an older profile won: %q", got)
		}
		if err := s.mc.UpdateMember(t.Context(), maicontact.Member{}); err == nil {
			t.Error("a member without an ID was taken")
		}
	})
}

// Run waits for what is under way, as long as it may, and says what is left.
func TestDrain(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		left  bool
	}{"ends in time": {5 * time.Second, false}, "takes too long": {15 * time.Second, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.API.Timeout = time.Minute })
				s.member("u-alice", alice)
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: test.takes, Operation: webchattest.CreateContact})
				stop := s.run()
				b := s.browser()
				b.login("u-alice")
				b.ask()
				start := time.Now()
				err := stop()
				if (err != nil) != test.left || err != nil && !strings.Contains(err.Error(), "1 flights") {
					t.Errorf("error %v", err)
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %v", took)
				}
				if a := s.browser().ask(); a.Reason != "unavailable" {
					t.Errorf("work was taken after the end: %+v", a)
				}
				time.Sleep(time.Minute)
				stop = s.run() // the next start finds it
				time.Sleep(time.Minute)
				b.contact()
				if n := len(s.sim.Contacts()); n != 1 {
					t.Errorf("%d contacts", n)
				}
				stop()
			})
		})
	}
}

// A wrong address answers 404 to everything; nobody is made anew for that.
func TestWrongAddressHealsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.HTML, Status: 404})
		changed := alice
		changed.Name = "Alice Wu"
		s.member("u-alice", changed)
		if b.contact() != id {
			t.Fatal("another contact")
		}
		synctest.Wait()
		remove()
		stop := s.run()
		time.Sleep(3 * time.Minute)
		if b.contact() != id || s.upstream(id).Name != "Alice Wu" {
			t.Error("the contact was given up")
		}
		stop()
	})
}

// An erasure that MaiAgent does not take now is finished later.
func TestErasureIsFinishedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		remove := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Operation: webchattest.DeleteContact})
		done, err := s.mc.Erase(t.Context(), "u-alice")
		if err != nil || done {
			t.Fatalf("erase: %+v, %v", done, err)
		}
		if err := s.mc.Restore(t.Context(), "u-alice"); err == nil {
			t.Error("restored before the deletion was complete")
		}
		remove()
		stop := s.run()
		time.Sleep(3 * time.Minute)
		stop()
		if n := len(s.sim.Contacts()); n != 0 {
			t.Errorf("%d contacts are left", n)
		}
		if err := s.mc.Restore(t.Context(), "u-alice"); err != nil {
			t.Error(err)
		}
	})
}

// A table that has lived without revisions takes them up: the first one is newer
// than none, narrower access is sent, and from then on an older one is an error.
func TestRevisionsAreTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		defer s.run()()
		member := maicontact.Member{ID: "u-alice", Profile: alice}
		s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return &member, nil })
		b := s.browser()
		id := b.contact()
		member.Revision, member.Profile.QueryMetadata = 5, metadata(t, "basic")
		if b.contact() != id || !holds(t, s, id, member.Profile.QueryMetadata) {
			t.Fatal("the first revision is not taken up")
		}
		older := maicontact.Member{ID: "u-alice", Profile: alice, Revision: 4}
		if err := s.mc.UpdateMember(t.Context(), older); !errors.Is(err, maicontact.ErrOlderRevision) {
			t.Errorf("an older revision: %v", err)
		}
		// A session that remembers the older one is not answered with its access.
		member = older
		if a := b.ask(); a.Contact != "" || a.Reason != "permission pending" {
			t.Errorf("a request of an older revision is told %+v", a)
		}
		if !holds(t, s, id, metadata(t, "basic")) {
			t.Error("an older revision undoes a revocation")
		}
	})
}

// slowFirstPut keeps the first Put of a row waiting.
type slowFirstPut struct {
	contacts.Store
	wait time.Duration
	once sync.Once
}

func (s *slowFirstPut) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	if !r.IsStored() {
		s.once.Do(func() { time.Sleep(s.wait) })
	}
	return s.Store.Put(ctx, r, g)
}

// A change that comes while the member's first row is on its way to the store, by
// another server, is not lost.
func TestUpdateBesideAFirstAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Store = &slowFirstPut{Store: c.Store, wait: 3 * time.Second}
		})
		defer s.run()()
		before := s.member("u-alice", alice)
		less := alice
		less.QueryMetadata = metadata(t, "basic")
		after := s.member("u-alice", less)
		s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return &before, nil }) // read a moment ago
		go s.browser().ask()
		time.Sleep(time.Second)
		if err := s.mc.UpdateMember(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		live := s.sim.Contacts()
		if len(live) != 1 || !holds(t, s, live[0].ID, less.QueryMetadata) {
			t.Errorf("%d contacts, and not with the newest permissions", len(live))
		}
	})
}

// Who comes with an older revision is told so, also when the change was joined with
// a newer one.
func TestOlderRevisionThatWasJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		member := s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		var group sync.WaitGroup
		var unsaid atomic.Int64
		for i := range 100 {
			group.Go(func() {
				changed := member
				changed.Revision = 5 + int64(i%2)*4
				err := s.mc.UpdateMember(t.Context(), changed)
				switch {
				case err == nil && changed.Revision == 5:
					unsaid.Add(1)
				case err != nil && !errors.Is(err, maicontact.ErrOlderRevision):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := unsaid.Load(); n > 2 { // the first may
			t.Errorf("%d of 50 older ones were answered nil", n)
		}
	})
}

func TestOwner(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	long := strings.Repeat("x", 200)
	for _, who := range []string{"u alice/1", "", long} {
		s.member(who, alice)
		b := s.browser()
		if who != "" {
			s.identifyBy(func(*http.Request) (*maicontact.Member, error) { m := s.member(who, alice); return &m, nil })
		} else {
			s.identifyBy(nil)
		}
		id := webchat.ContactID(b.contact())
		got, err := s.mc.Owner(t.Context(), id)
		if (err != nil) != (who == long) || err == nil && got != who {
			t.Errorf("the contact of %q is that of %q, %v", who, got, err)
		}
		elsewhere := config
		elsewhere.Namespace = "another"
		mc, err := maicontact.New(elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mc.Owner(t.Context(), id); !errors.Is(err, maicontact.ErrNotFound) {
			t.Errorf("under another namespace: %v", err)
		}
	}
	if _, err := s.mc.Owner(t.Context(), "0b5e7a52-6c1d-4b39-9d0f-3a7f5e0c9a11"); !errors.Is(err, maicontact.ErrNotFound) {
		t.Errorf("nobody's contact: %v", err)
	}
}
