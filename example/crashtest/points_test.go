package crashtest

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// point is one at which the process dies that makes a member's contact.
type point struct {
	name     string
	database func(t *testing.T) string
	options  webchattest.Options

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
	way.when = func(r *http.Request) moment {
		if r.Method == http.MethodPost {
			creations.Add(1)
			return p.when
		}
		return never
	}

	victim, err := doomed.start()
	if err != nil {
		t.Fatalf("%v: %s", err, doomed.stderr.tail())
	}
	m := newMember(t.Context(), 1)
	if err := m.signUp(victim.url); err != nil {
		t.Fatal(err)
	}
	if id, err := m.browser.contactID(victim.url); err == nil {
		t.Fatalf("the process answered with the contact %s", id)
	}
	select {
	case <-victim.ended:
	case <-time.After(patience):
		t.Fatalf("the process was not killed: %s", doomed.stderr.tail())
	}
	a, err := w.account(t.Context(), m.email)
	if err != nil {
		t.Fatal(err)
	}
	type state struct {
		creations, contacts int
		attempted, bound    bool
	}
	inDoubt, bound := w.row(a.id)
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
	if err := m.change(next.url, "/profile", m.profile()); err != nil {
		t.Error(err)
	}
	if err := m.change(next.url, "/plan", url.Values{"plan": {"vip"}}); err != nil {
		t.Error(err)
	}
	if err := w.settle(m, time.Now().Add(patience), []string{next.url}); err != nil {
		t.Errorf("%v: %s", err, heir.stderr.tail())
	}
	t.Logf("the contact was in step %v after the kill", time.Since(killed).Round(100*time.Millisecond))
	for _, fault := range w.faults([]*member{m}) {
		t.Error(fault)
	}
	if n := w.maiagent.Count(webchattest.CreateContact); n != 1 {
		t.Errorf("MaiAgent was asked to create %d contacts", n)
	}
	secrets := w.secrets([]*member{m}, next.url)
	doomed.kill()
	heir.kill()
	doomed.stderr.check(t, secrets)
	heir.stderr.check(t, secrets)
}
