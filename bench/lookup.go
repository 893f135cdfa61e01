package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"

	"github.com/maicontact/maicontact"
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
	v, selectErr := lookUp(context.Background(), lookup, crowdKey(7))
	row, contactErr := t.store.Contact(context.Background(), crowdKey(7))
	if err := errors.Join(w.mustHold(crowdContact(7)), selectErr, contactErr); err != nil {
		return nil, closeAll, err
	}
	if v.texts[0].String != row.ContactID.Reveal() || row.ContactID != crowdContact(7) {
		return nil, closeAll, errors.New("a lookup finds another row")
	}
	raw := side{"prepared SELECT", func(b *testing.B) { benchSelect(b, lookup) }}
	return []comparison{
		{name: "Store.Contact", ours: side{"sqlstore", func(b *testing.B) { benchContact(b, t.store) }}, rival: raw, limits: []limit{{ratio, 1.2}}},
		// For information: the whole request, with a cookie to be written.
		{name: "script, no cookie", ours: side{"script", func(b *testing.B) { benchScript(b, script, lookupMembers) }}, rival: raw},
	}, closeAll, nil
}

func benchContact(b *testing.B, store maicontact.Store) {
	ctx, cancel := context.WithCancel(context.Background()) // as a request has one
	defer cancel()
	for b.Loop() {
		n := 1 + rand.IntN(lookupMembers)
		row, err := store.Contact(ctx, crowdKey(n))
		if err != nil || row.ContactID != crowdContact(n) || !row.Ready() {
			b.Fatal("not the member's row", err)
		}
	}
}

func benchSelect(b *testing.B, lookup *sql.Stmt) {
	ctx, cancel := context.WithCancel(context.Background()) // as a request has one
	defer cancel()
	for b.Loop() {
		n := 1 + rand.IntN(lookupMembers)
		v, err := lookUp(ctx, lookup, crowdKey(n))
		if err != nil || v.texts[0].String != crowdContact(n).Reveal() {
			b.Fatal("not the member's row", err)
		}
	}
}

// newLookupScript is a script route whose members have permissions and no
// revision: for those nothing but the store may answer, so each request reads
// the row, however often a member comes.
func newLookupScript(store maicontact.Store) (http.Handler, func(), error) {
	sim := webchattest.NewServer(webchattest.Options{})
	c, err := crowdConfig(sim, 0)
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
	w := newSink()
	for b.Loop() {
		n := 1 + rand.IntN(members)
		w.reset()
		script.ServeHTTP(w, crowdRequest(n))
		if err := w.mustHold(crowdContact(n)); err != nil {
			b.Fatal(err)
		}
	}
}
