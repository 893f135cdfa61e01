package maicontact_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// restorable is a table that can be put back to what it was: by a backup, or by a
// failover to a server that has not got the last changes.
type restorable struct{ contacts.Store }

// backup returns what puts the table back, while nobody uses it.
func (s *restorable) backup(t *testing.T) (restore func()) {
	t.Helper()
	rows, err := s.Rows(t.Context(), alicePerson.Scope(), contacts.Person{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		s.Store = maicontact.NewMemoryStore()
		for _, row := range rows {
			row.Version = 0
			if _, err := s.Put(t.Context(), row, contacts.Guard{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A table that has lost changes says of permissions that they are confirmed, though
// MaiAgent holds what was sent since; and it names a contact that was replaced since.
// Whoever was told something newer shows it.
func TestRestoredTable(t *testing.T) {
	t.Parallel()
	basic, vip := alice, alice
	basic.QueryMetadata, vip.QueryMetadata = metadata(t, "basic"), metadata(t, "vip")
	promote := func(_ *testing.T, s *site, _ *browser) { s.member("u-alice", vip) }
	reissue := func(t *testing.T, s *site, _ *browser) {
		if done, err := s.mc.Reissue(t.Context(), "u-alice"); err != nil || !done {
			t.Error(done, err)
		}
	}
	twice := func(t *testing.T, s *site, b *browser) {
		reissue(t, s, b)
		b.contact()
		reissue(t, s, b)
	}
	rows := []struct {
		name    string
		since   func(t *testing.T, s *site, b *browser) // the backup
		restart bool                                    // the process remembers nothing
		fresh   bool                                    // the browser does not either
		lost    bool                                    // the backup has no row of the person
		many    bool                                    // MaiAgent does not keep source ids unique
		blind   int                                     // the generation that one look, all three tries of it, does not tell of
	}{
		{name: "other permissions", since: promote},
		{name: "other permissions, restarted", since: promote, restart: true},
		{name: "other permissions, another browser", since: promote, fresh: true},
		{name: "reissued", since: reissue},
		{name: "reissued, restarted", since: reissue, restart: true},
		{name: "reissued, another browser", since: reissue, fresh: true},
		{name: "reissued twice", since: twice},
		{name: "reissued twice, many", since: twice, restart: true, many: true},
		{name: "reissued twice, many, a look fails", since: twice, restart: true, many: true, blind: 2},
		{name: "reissued twice, many, another fails", since: twice, restart: true, many: true, blind: 3},
		{name: "reissued, no row", since: reissue, restart: true, lost: true},
		{name: "reissued, no row, many", since: reissue, restart: true, lost: true, many: true},
		{name: "reissued twice, no row, many", since: twice, restart: true, lost: true, many: true},
	}
	for _, test := range rows {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := &restorable{maicontact.NewMemoryStore()}
				var config maicontact.Config
				s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
					c.Store, o.AllowDuplicateSourceIDs = table, test.many
					config = *c
				})
				config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
				stop := s.run()
				defer func() {
					if err := stop(); err != nil {
						t.Error(err)
					}
				}()
				former := s.member("u-alice", basic)
				b := s.browser()
				b.login("u-alice")
				restore := table.backup(t)
				b.contact()
				if !test.lost {
					restore = table.backup(t)
				}
				time.Sleep(time.Minute)
				test.since(t, s, b)
				time.Sleep(time.Minute)
				last := b.contact()
				if !test.fresh { // with a failover nothing much was lost, and all of it is in mind
					time.Sleep(time.Hour)
				}

				if err := stop(); err != nil {
					t.Error(err)
				}
				restore()
				s.members["u-alice"] = former
				if test.restart {
					s.build(config)
				}
				stop = s.run()
				if test.fresh {
					b = s.browser()
					b.login("u-alice")
				}
				if test.blind > 0 {
					s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse, Status: http.StatusInternalServerError, Operation: webchattest.ListContacts, Times: 3, Match: func(r *http.Request, _ []byte) bool {
						return strings.Contains(r.URL.RawQuery, identity.SourceID(alicePerson, test.blind))
					}})
				}
				told := 0
				for range 45 {
					time.Sleep(10 * time.Second)
					got := b.ask().Contact
					if got == "" {
						continue
					}
					told++
					if got != last {
						t.Fatalf("another contact than before; it is there: %v", s.isLive(got))
					}
					if held := s.upstream(last).QueryMetadata; string(held) != string(basic.QueryMetadata.JSON()) {
						t.Fatalf("the id is handed out while MaiAgent holds %s", held)
					}
				}
				if n := len(s.sim.Contacts()); n != 1 || told < 35 {
					t.Errorf("%d contacts; %d answers\n%s", n, told, s.log)
				}
				s.sim.ResetRequests()
				time.Sleep(time.Minute)
				b.contact()
				if n := len(s.sim.Requests()); n > 0 {
					t.Errorf("%d calls, though all is known again", n)
				}
			})
		})
	}
}

// A visitor whose row the table has lost is looked for before anything is made, also
// where MaiAgent does not keep source ids unique.
func TestVisitorWhoseRowWasLost(t *testing.T) {
	for name, test := range map[string]struct {
		start maicontact.Start
		lost  bool // the reply of the creation, too
		open  func(b *browser)
	}{
		"on load":                        {maicontact.OnLoad, false, func(b *browser) { b.ask() }},
		"on load, and the reply is lost": {maicontact.OnLoad, true, func(b *browser) { b.ask() }},
		"on open":                        {maicontact.OnOpen, false, func(b *browser) { b.open() }},
	} {
		t.Run(name, func(t *testing.T) {
			store := &restorable{maicontact.NewMemoryStore()}
			s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
				c.Store, c.Visitors.Start, o.AllowDuplicateSourceIDs = store, test.start, true
			})
			restore := store.backup(t)
			if test.lost {
				s.sim.Inject(webchattest.Fault{Kind: webchattest.CommitThenCut, Operation: webchattest.CreateContact, Times: 1})
			}
			b := s.browser()
			test.open(b)
			restore()
			test.open(b)
			if n := len(s.sim.Contacts()); n != 1 {
				t.Errorf("%d contacts for one visitor", n)
			}
		})
	}
}

// What the entry of a former person says of theirs says nothing of the next.
func TestTrustOfAFormerPerson(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.member("u-bob", bob)
	b := s.browser()
	b.login("u-bob")
	id := b.contact()
	b.login("u-alice")
	b.contact()
	changed := alice
	changed.QueryMetadata = metadata(t, "basic")
	s.member("u-alice", changed)
	b.contact()
	calls := s.calls()
	b.login("u-bob")
	if got := b.contact(); got != id || s.calls() != calls {
		t.Errorf("another contact: %v, %d calls", got != id, s.calls()-calls)
	}
}
