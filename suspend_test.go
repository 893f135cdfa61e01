package maicontact_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// holds reports whether MaiAgent would answer the contact from exactly that.
func holds(t *testing.T, s *site, id string, access webchat.QueryMetadata) bool {
	t.Helper()
	raw, ok := s.sim.AccessOf(id)
	if !ok {
		t.Fatal("MaiAgent does not know the contact")
	}
	held := webchat.QueryMetadata{}
	if len(raw) > 0 {
		var err error
		if held, err = webchat.RawQueryMetadata(raw); err != nil {
			t.Fatal(err)
		}
	}
	same, _ := access.SeenIn(held)
	return same
}

func suspended(t *testing.T, s *site, b *browser) {
	t.Helper()
	if a := b.ask(); a.Contact != "" || a.Reason != "suspended" {
		t.Fatalf("a suspended member is told %+v\n%s", a, s.log)
	}
}

// From Suspend on nothing is handed out, here at once and on another server
// within 2 seconds, and the contact answers from nothing. Resume brings back the
// newest profile, before the id is handed out.
func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.Burst = -1; config = *c })
		defer s.run()()
		other := &site{t: t, sim: s.sim, store: s.store, log: s.log}
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		other.build(config)
		defer other.run()()
		time.Sleep(time.Second)
		s.member("u-alice", alice)
		here, there := s.browser(), other.browser()
		here.login("u-alice")
		there.login("u-alice")
		id := here.contact()
		if there.contact() != id {
			t.Fatal("two contacts for one member")
		}
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		suspended(t, s, here)
		time.Sleep(2 * time.Second)
		suspended(t, other, there)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("the contact of a suspended member answers from something")
		}
		if c := s.upstream(id); c.Name != alice.Name || c.Email != alice.Email {
			t.Errorf("MaiAgent knows %q %q of a suspended member", c.Name, c.Email)
		}
		if row := s.row(alicePerson); row.State() != contacts.StateSuspended || !row.Due.IsZero() {
			t.Errorf("the row is %s and due %v", row.State(), row.Due)
		}
		changed := alice
		changed.Name, changed.QueryMetadata = "Alice Wu", metadata(t, "basic")
		if err := s.mc.UpdateMember(t.Context(), s.member("u-alice", changed)); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("a change gives a suspended member access")
		}
		for range 2 {
			if err := s.mc.Resume(t.Context(), "u-alice"); err != nil {
				t.Fatal(err)
			}
		}
		if got := here.contact(); got != id || !holds(t, s, id, changed.QueryMetadata) {
			t.Error("a resumed member is not as before")
		}
		time.Sleep(2 * time.Second)
		if there.contact() != id || s.upstream(id).Name != "Alice Wu" {
			t.Error("a resumed member is not as before elsewhere")
		}
	})
}

// Whoever is suspended can be erased, and one who was erased not suspended.
func TestSuspendAndErase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // MaiAgent is being told
		if deleted, err := s.mc.Erase(t.Context(), "u-alice"); err != nil || !deleted {
			t.Errorf("deleted %t: %v", deleted, err)
		}
		for name, do := range map[string]func() error{
			"Suspend": func() error { return s.mc.Suspend(t.Context(), "u-alice") },
			"Resume":  func() error { return s.mc.Resume(t.Context(), "u-alice") },
		} {
			if err := do(); !errors.Is(err, maicontact.ErrErased) {
				t.Errorf("%s of who is erased: %v", name, err)
			}
		}
		if err := s.mc.Resume(t.Context(), "u-nobody"); !errors.Is(err, maicontact.ErrNotFound) {
			t.Errorf("Resume of nobody: %v", err)
		}
		if s.mc.Suspend(t.Context(), "") == nil || s.mc.Resume(t.Context(), "") == nil {
			t.Error("nobody is suspended without an error")
		}
	})
}

// A table that has forgotten everybody suspends all the same: the contact is
// looked for at MaiAgent. Where there is none, none is made.
func TestSuspendWithoutARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		config.Store = maicontact.NewMemoryStore()
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		s.store = config.Store
		s.build(config)
		defer s.run()()
		for _, who := range []string{"u-alice", "u-bob"} {
			if err := s.mc.Suspend(t.Context(), who); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Second)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("the contact answers from something")
		}
		if n := len(s.sim.Contacts()); n != 1 {
			t.Errorf("%d contacts", n)
		}
		suspended(t, s, b)
	})
}

// Where MaiAgent is down nothing is handed out, nobody waits for it, and it is told
// as soon as it is back.
func TestSuspendWhileMaiAgentIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		restore := s.sim.Inject(webchattest.Fault{Kind: webchattest.HTML})
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		suspended(t, s, b)
		if waited := time.Since(asked); waited != 0 {
			t.Errorf("a suspended member waits %v for MaiAgent", waited)
		}
		time.Sleep(5 * time.Minute)
		suspended(t, s, b)
		restore()
		time.Sleep(3 * time.Minute)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("the contact answers from something")
		}
	})
}

// The site says what a suspended member may be answered from.
func TestSuspendedAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		public := metadata(t, "public")
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.SuspendedAccess = public })
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if !holds(t, s, id, public) {
			t.Error("the contact has other access than the site says")
		}
	})
}

// What Identify says at request time does the same, is written once, and ends
// when Identify says so no more. It does not end what Suspend has begun.
func TestIdentifySuspends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &putCounter{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		defer s.run()()
		time.Sleep(time.Second)
		member := s.member("u-alice", alice)
		var says error
		s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return &member, says })
		b := s.browser()
		id := b.contact()
		says = maicontact.ErrSuspended
		suspended(t, s, b)
		if b.cookie("maicontact") != "" {
			t.Error("the entry was not cleared")
		}
		time.Sleep(3 * time.Second)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("the contact answers from something")
		}
		puts := store.puts.Load()
		for range 20 {
			suspended(t, s, b)
			time.Sleep(time.Second)
		}
		if n := store.puts.Load() - puts; n != 0 {
			t.Errorf("it is written %d times more", n)
		}
		says = nil
		if b.contact() != id || !holds(t, s, id, alice.QueryMetadata) {
			t.Error("the member is not as before")
		}
		says = maicontact.ErrSuspended
		suspended(t, s, b)
		time.Sleep(time.Second)
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		says = nil
		suspended(t, s, b)
		if err := s.mc.Resume(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		b.contact()
		// Without a member there is nobody to suspend.
		s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrSuspended })
		suspended(t, s, s.browser())
	})
}

// A reissue does not lift a suspension.
func TestReissueOfASuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.mc.Reissue(t.Context(), "u-alice"); !errors.Is(err, maicontact.ErrSuspended) {
			t.Errorf("Reissue: %v", err)
		}
		time.Sleep(5 * time.Second)
		suspended(t, s, b)
	})
}

// slowGet delays the next Get, when told to.
type slowGet struct {
	contacts.Store
	on atomic.Bool
}

func (s *slowGet) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	if s.on.CompareAndSwap(true, false) {
		time.Sleep(500 * time.Millisecond)
	}
	return s.Store.Get(ctx, p)
}

// A request that has asked who is there before the suspension does not end it.
func TestOlderRequestBesideASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var config maicontact.Config
		slow := &slowGet{Store: maicontact.NewMemoryStore()}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = slow; config = *c })
		defer s.run()()
		member := s.member("u-alice", alice)
		var off atomic.Bool // the account is suspended
		who := func(*http.Request) (*maicontact.Member, error) {
			if off.Load() {
				return &member, maicontact.ErrSuspended
			}
			return &member, nil
		}
		s.identifyBy(who)
		config.Identify, config.Store = who, slow.Store
		config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
		other := &site{t: t, sim: s.sim, store: s.store, log: s.log}
		other.build(config)
		defer other.run()()
		time.Sleep(time.Second)
		id := s.browser().contact()
		time.Sleep(40 * time.Second)
		late := s.browser() // without an entry: the row is read
		slow.on.Store(true)
		told := make(chan answer)
		go func() { told <- late.ask() }()
		time.Sleep(100 * time.Millisecond)
		off.Store(true)
		suspended(t, other, other.browser())
		if a := <-told; a.Contact != "" {
			t.Errorf("the older request is told %+v", a)
		}
		time.Sleep(time.Minute)
		if row := s.row(alicePerson); row.State() != contacts.StateSuspended || !holds(t, s, id, webchat.NoAccess()) {
			t.Errorf("the row is %s", row.State())
		}
		off.Store(false)
		if s.browser().contact() != id {
			t.Error("the member does not come back")
		}
	})
}

// A contact that was moved is emptied as well, before it is given up.
func TestSuspendAMovedContact(t *testing.T) {
	const elsewhere = "55555555-5555-4555-8555-555555555555"
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
			o.OtherInboxIDs, c.RemakeMoved = []string{elsewhere}, true
		})
		defer s.run()()
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		id := b.contact()
		s.sim.Move(id, elsewhere)
		if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if !holds(t, s, id, webchat.NoAccess()) {
			t.Error("the open chat of a suspended member is answered")
		}
	})
}

// Who is resumed while MaiAgent is still being told of the suspension has the chat
// when that is done, not when the write could no longer land had it been lost.
func TestResumeWhileMaiAgentIsBeingTold(t *testing.T) {
	for name, test := range map[string]struct {
		slow   string
		refuse []string // is not taken, so that the rest is sent once more
	}{
		"reading":       {slow: webchattest.GetContact},
		"writing":       {slow: webchattest.ReplaceContact},
		"writing twice": {slow: webchattest.ReplaceContact, refuse: []string{"phoneNumber"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				defer s.run()()
				s.member("u-alice", alice)
				b := s.browser()
				b.login("u-alice")
				id := b.contact()
				s.sim.Switch(func(w *webchattest.Switches) { w.RefuseFields = test.refuse })
				s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: test.slow, Delay: 500 * time.Millisecond})
				if err := s.mc.Suspend(t.Context(), "u-alice"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
				if err := s.mc.Resume(t.Context(), "u-alice"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if row := s.row(alicePerson); row.Failures != 0 || !row.DoubtUntil.IsZero() {
					t.Errorf("after %d failures (%s) a write is in doubt until %v", row.Failures, row.Reason, row.DoubtUntil)
				}
				resumed := time.Now()
				for b.ask().Contact != id {
					if time.Since(resumed) > 5*time.Second {
						t.Fatalf("the member is still without the chat, %v after being resumed", time.Since(resumed))
					}
					time.Sleep(time.Second)
				}
				if !holds(t, s, id, alice.QueryMetadata) {
					t.Error("the contact that is handed out has another access")
				}
			})
		})
	}
}
