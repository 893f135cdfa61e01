package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// lookupMembers is how many members the tables of a lookup hold.
const lookupMembers = 2_000

// rowInStoreRow is the price of a row that is only in the store.
func rowInStoreRow(kind string, open func(int) (*contactTable, error)) row {
	return row{name: "row_in_store/" + kind, compare: func() ([]comparison, func(), error) { return compareLookup(open) }}
}

func compareLookup(open func(int) (*contactTable, error)) ([]comparison, func(), error) {
	t, err := open(lookupMembers)
	if errors.Is(err, errNoPostgres) {
		_, _ = fmt.Fprintln(os.Stderr, "left out:", err)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	lookup, err := t.prepareLookup()
	if err != nil {
		return nil, t.close, err
	}
	script, closeScript, err := newLookupScript(t.store)
	closeAll := func() { closeScript(); _ = lookup.Close(); t.close() }
	if err != nil {
		return nil, closeAll, err
	}
	// Each finds the right row.
	w := newSink()
	script.ServeHTTP(w, crowdRequest(7))
	v, selectErr := lookUp(context.Background(), lookup, crowdPerson(7))
	row, _, getErr := t.store.Get(context.Background(), crowdPerson(7))
	if err := errors.Join(w.mustHold(crowdContact(7)), selectErr, getErr); err != nil {
		return nil, closeAll, err
	}
	if v.texts[0].String != row.ContactID.Reveal() || row.ContactID != crowdContact(7) {
		return nil, closeAll, errors.New("a lookup finds another row")
	}
	raw := side{"prepared SELECT", func(b *testing.B) { benchSelect(b, lookup) }}
	return []comparison{
		{name: "Store.Get", ours: side{"sqlstore", func(b *testing.B) { benchGet(b, t.store) }}, rival: raw, limits: []limit{{ratio, 1.2}}},
		// For information: the whole request, with Identify, a profile to be
		// compared, and a cookie to be written.
		{name: "script_without_cookie", ours: side{"script", func(b *testing.B) { benchScript(b, script, lookupMembers) }}, rival: raw},
	}, closeAll, nil
}

// soughtContact is what a lookup is given, and what it must find.
type soughtContact struct {
	person  contacts.Person
	contact webchat.ContactID
}

// lookupPeople are made before the time runs: writing them would be a part of both
// sides, and hide some of what they differ in.
func lookupPeople() []soughtContact {
	all := make([]soughtContact, lookupMembers)
	for i := range all {
		all[i] = soughtContact{crowdPerson(i + 1), crowdContact(i + 1)}
	}
	return all
}

func benchGet(b *testing.B, store contacts.Store) {
	ctx, cancel := context.WithCancel(context.Background()) // as a request has one
	defer cancel()
	sought := lookupPeople()
	for b.Loop() {
		s := &sought[rand.IntN(len(sought))]
		row, _, err := store.Get(ctx, s.person)
		if err != nil || row.ContactID != s.contact || !row.Ready() {
			b.Fatal("not the member's row", err)
		}
	}
}

func benchSelect(b *testing.B, lookup *sql.Stmt) {
	ctx, cancel := context.WithCancel(context.Background()) // as a request has one
	defer cancel()
	sought := lookupPeople()
	for b.Loop() {
		s := &sought[rand.IntN(len(sought))]
		v, err := lookUp(ctx, lookup, s.person)
		if err != nil || v.texts[0].String != s.contact.Reveal() {
			b.Fatal("not the member's row", err)
		}
	}
}

// newLookupScript is a script route of a site without Run, where each request
// reads the row, however often a member comes.
func newLookupScript(store contacts.Store) (http.Handler, func(), error) {
	sim := webchattest.NewServer(webchattest.Options{})
	c, err := crowdConfig(sim, 1)
	if err != nil {
		return nil, sim.Close, err
	}
	c.Store = store
	m, err := maicontact.New(c)
	if err != nil {
		return nil, sim.Close, err
	}
	return m.Script(), sim.Close, nil
}

func benchScript(b *testing.B, script http.Handler, members int) {
	w, r, fresh := newSink(), crowdRequest(1), new(http.Request)
	for b.Loop() {
		n := 1 + rand.IntN(members)
		w.reset()
		r.Header["Number"][0] = strconv.Itoa(n) // a request made afresh would cost about as much
		*fresh = *r
		script.ServeHTTP(w, fresh)
		if err := w.mustHold(crowdContact(n)); err != nil {
			b.Fatal(err)
		}
	}
}
