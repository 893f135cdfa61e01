package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
)

// membersRow is how the script gets slower with the members in the store.
func membersRow() row { return row{name: "growth/members", compare: compareGrowth} }

// compareGrowth is the script request whose row must be read, of few and of
// many members. A table is made when it is first timed, as that takes a while.
func compareGrowth() (pairs []comparison, closeAll func(), err error) {
	const few, many = 1_000, 100_000
	var toClose closing
	for name, open := range map[string]func(int) (contacts.Store, func(), error){
		"MemoryStore": func(members int) (contacts.Store, func(), error) {
			store, err := newFilledMemory(members)
			return store, func() {}, err
		},
		"SQLite": func(members int) (contacts.Store, func(), error) {
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

func newFilledMemory(members int) (contacts.Store, error) {
	store := maicontact.NewMemoryStore()
	return store, fillStore(store, members)
}
