package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// lookupMembers is how many members the tables of a lookup hold.
const lookupMembers = 2_000

// lookupRows are the price of a row that is only in the store.
func lookupRows() []row {
	return []row{
		{name: "row in the store/SQLite", target: "at most 1.2 of the prepared SELECT", compare: func() ([]comparison, func(), error) {
			return compareLookup(newSQLiteTable)
		}},
		{name: "row in the store/PostgreSQL", target: "at most 1.2 of the prepared SELECT", compare: func() ([]comparison, func(), error) {
			return compareLookup(newPostgresTable)
		}},
		{name: "growth with members", target: "at most 2 from 1,000 to 100,000 members", compare: compareGrowth},
	}
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

// compareGrowth is the script request whose row must be read, of few and of
// many members. A table is made when it is first timed, as that takes a while.
func compareGrowth() (pairs []comparison, closeAll func(), err error) {
	const few, many = 1_000, 100_000
	var toClose closing
	for name, open := range map[string]func(int) (maicontact.Store, func(), error){
		"MemoryStore": func(members int) (maicontact.Store, func(), error) {
			store, err := newFilledMemory(members)
			return store, func() {}, err
		},
		"SQLite": func(members int) (maicontact.Store, func(), error) {
			t, err := newSQLiteTable(members)
			if err != nil {
				return nil, nil, err
			}
			return t.store, t.close, nil
		},
	} {
		sideOf := func(members int) side {
			script := sync.OnceValues(func() (http.Handler, error) {
				store, closeStore, err := open(members)
				if err != nil {
					return nil, err
				}
				toClose.add(closeStore)
				script, closeScript, err := newLookupScript(store)
				toClose.add(closeScript)
				return script, err
			})
			return side{fmt.Sprintf("%d members", members), func(b *testing.B) {
				h, err := script()
				if err != nil {
					b.Fatal(err)
				}
				benchScript(b, h, members)
			}}
		}
		pairs = append(pairs, comparison{name: name, ours: sideOf(many), rival: sideOf(few), limits: []limit{{ratio, 2}}})
	}
	slices.SortFunc(pairs, func(a, b comparison) int { return strings.Compare(a.name, b.name) })
	return pairs, func() { toClose.close() }, nil
}

func newFilledMemory(members int) (*maicontact.MemoryStore, error) {
	store, ctx := maicontact.NewMemoryStore(), context.Background()
	for n := range members {
		key, wanted := crowdKey(n+1), crowdWanted(n+1)
		_, err := store.Want(ctx, key, wanted)
		var row maicontact.Contact
		if err == nil {
			row, err = store.Claim(ctx, key, leaseOfOne)
		}
		if err == nil {
			row, err = store.Bind(ctx, row.Claim(), crowdContact(n+1), row.Wanted)
		}
		if err != nil || !row.Ready() {
			return nil, fmt.Errorf("member %d is not ready: %w", n+1, err)
		}
	}
	return store, nil
}
