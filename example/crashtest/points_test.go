package crashtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// point is one at which the process dies that makes a contact.
type point struct {
	name     string
	database func(t *testing.T) string
	options  webchattest.Options

	// visitor: it is that of a visitor, whose browser has the cookie by then
	// (kept), or nothing.
	visitor, kept bool

	when   moment // when the contact is created
	tapped bool   // or else when the database is told of the contact:
	told   bool   // not before it is told, but when it has answered

	// What is there after the kill.
	contacts  int
	attempted bool
	bound     bool

	waits bool // for the lease of the dead
}

// unreliable is a MaiAgent that keeps none of its promises: only our own claim
// protects from a second contact.
var unreliable = webchattest.Options{AllowDuplicateSourceIDs: true, SearchLag: 2 * time.Second}

func postgresURL(t *testing.T) string { return postgrestest.URL(t) }

func mariaURL(t *testing.T) string { return mariadbtest.URL(t) }

var points = []point{
	{name: "before the POST/PostgreSQL", database: postgresURL, options: unreliable,
		when: beforeCall, attempted: true, waits: true},
	{name: "before the POST/SQLite", database: sqliteFile,
		when: beforeCall, attempted: true, waits: true},
	{name: "after the POST/PostgreSQL", database: postgresURL, options: unreliable,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
	{name: "after the POST/SQLite", database: sqliteFile,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
	{name: "after the reply/PostgreSQL", database: postgresURL, options: unreliable,
		tapped: true, contacts: 1, attempted: true, waits: true},
	{name: "after the store write/PostgreSQL", database: postgresURL, options: unreliable,
		tapped: true, told: true, contacts: 1, bound: true},

	{name: "after the POST/MariaDB", database: mariaURL, options: unreliable,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
	{name: "visitor with the cookie, before the POST/MariaDB", database: mariaURL, options: unreliable, visitor: true, kept: true,
		when: beforeCall, attempted: true, waits: true},

	{name: "visitor, before the POST/PostgreSQL", database: postgresURL, options: unreliable, visitor: true,
		when: beforeCall, attempted: true, waits: true},
	{name: "visitor, after the POST/PostgreSQL", database: postgresURL, options: unreliable, visitor: true,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
	{name: "visitor, after the POST/SQLite", database: sqliteFile, visitor: true,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
	{name: "visitor, after the reply/PostgreSQL", database: postgresURL, options: unreliable, visitor: true,
		tapped: true, contacts: 1, attempted: true, waits: true},
	{name: "visitor, after the store write/PostgreSQL", database: postgresURL, options: unreliable, visitor: true,
		tapped: true, told: true, contacts: 1, bound: true},
	{name: "visitor with the cookie, before the POST/PostgreSQL", database: postgresURL, options: unreliable, visitor: true, kept: true,
		when: beforeCall, attempted: true, waits: true},
	{name: "visitor with the cookie, after the POST/PostgreSQL", database: postgresURL, options: unreliable, visitor: true, kept: true,
		when: beforeReply, contacts: 1, attempted: true, waits: true},
}

func (p point) run(t *testing.T, program string) {
	w := newWorld(t, program, p.database(t), p.options)
	database := w.database
	var through *tap
	if p.tapped {
		through, database = newTap(t, w.database)
	}
	doomed, way := w.newShop(database)
	if p.tapped {
		through.text = func() string {
			if made := w.maiagent.Contacts(); len(made) > 0 {
				return made[0].ID
			}
			return ""
		}
		through.answered, through.kill = p.told, doomed.kill
		through.open.Go(through.serve)
		t.Cleanup(func() {
			through.listener.Close()
			doomed.kill() // which closes its connections
			through.open.Wait()
		})
	}
	var creations atomic.Int32
	replied := make(chan struct{})
	if !p.kept {
		close(replied)
	}
	way.killWhen(func(r *http.Request) moment {
		if r.Method == http.MethodPost {
			creations.Add(1)
			<-replied
			return p.when
		}
		return never
	})

	victim, err := doomed.start()
	if err != nil {
		t.Fatalf("%v: %s", err, doomed.stderr.tail())
	}
	m := newMember(t.Context(), 1)
	if !p.visitor {
		if err := m.signUp(victim.url); err != nil {
			t.Fatal(err)
		}
	}
	id, err := m.browser.contactID(victim.url)
	if err == nil {
		t.Fatalf("the process answered with the contact %s", id)
	}
	if p.kept {
		if !errors.Is(err, errNoContact) || len(m.browser.secrets(victim.url)) == 0 {
			t.Fatalf("the visitor has no cookie: %v", err)
		}
		close(replied)
	}
	select {
	case <-victim.ended:
	case <-time.After(patience):
		t.Fatalf("the process was not killed: %s", doomed.stderr.tail())
	}
	type state struct {
		creations, contacts int
		attempted, bound    bool
	}
	inDoubt, bound := w.row(p.person(w, m))
	got := state{int(creations.Load()), len(w.maiagent.Contacts()), inDoubt, bound}
	if want := (state{1, p.contacts, p.attempted, p.bound}); got != want {
		t.Fatalf("after the kill there is %+v, not %+v", got, want)
	}
	killed := time.Now()

	// Another process takes over, and the world goes on.
	heir, _ := w.newShop(w.database)
	next, err := heir.start()
	if err != nil {
		t.Fatalf("%v: %s", err, heir.stderr.tail())
	}
	members, most := []*member{m}, 1
	if p.visitor {
		members = nil
		if !p.kept {
			most = 2 // nobody can know the first
		}
		err = w.settleVisitor(m.browser, next.url, most)
	} else {
		err = w.goOn(m, next.url)
	}
	if err != nil {
		t.Errorf("%v: %s", err, heir.stderr.tail())
	}
	t.Logf("the contact was in step %v after the kill", time.Since(killed).Round(100*time.Millisecond))
	for _, fault := range w.faults(members) {
		t.Error(fault)
	}
	if n := w.maiagent.Count(webchattest.CreateContact); n != most {
		t.Errorf("MaiAgent was asked to create %d contacts, not %d", n, most)
	}
	secrets := w.secrets(members, next.url)
	doomed.kill()
	heir.kill()
	if !p.visitor || doomed.stderr.String() != "" { // it may have had nothing to say
		doomed.stderr.check(t, secrets)
	}
	heir.stderr.check(t, secrets)
}

// person is whose contact is made: the member, or the only visitor.
func (p point) person(w *world, m *member) contacts.Person {
	w.t.Helper()
	if !p.visitor {
		a, err := w.account(w.t.Context(), m.email)
		if err != nil {
			w.t.Fatal(err)
		}
		return w.scope().Member(a.id)
	}
	rows, err := w.rows()
	if err != nil || len(rows) != 1 || !rows[0].IsVisitor() {
		w.t.Fatalf("%d rows: %v", len(rows), err)
	}
	return rows[0].Person
}

// goOn changes the account and waits until the member's contact is in step.
func (w *world) goOn(m *member, site string) error {
	return errors.Join(
		m.change(site, "/profile", m.profile()),
		m.change(site, "/plan", url.Values{"plan": {"vip"}}),
		w.settle(m, time.Now().Add(patience), []string{site}),
	)
}

// settleVisitor waits until a visitor has a contact, and each visitor's is made.
func (w *world) settleVisitor(b *browser, site string, visitors int) error {
	deadline := time.Now().Add(patience)
	err := eventually(deadline, func() error {
		id, err := b.contactID(site)
		if err == nil {
			w.ledger.note(visitorPrefix+"1", id)
		}
		return err
	})
	err = errors.Join(err, w.rest(deadline))
	if n := len(w.maiagent.Contacts()); n != visitors {
		err = errors.Join(err, fmt.Errorf("there are %d contacts of %d visitors", n, visitors))
	}
	return err
}
