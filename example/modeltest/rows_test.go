package modeltest

import (
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var scope = contacts.Scope{Namespace: namespace, InboxID: webchattest.DefaultInboxID}

// known is what the model knows of a person by the rows that were stored.
type known struct {
	row     contacts.Row
	pending map[int64]contacts.Row // by the version that they came after
	browser int                    // of a visitor: who got the contact first; -1: nobody yet
	sources int                    // generations whose source ids are known
}

// stored is told of every Put that was done, in any order.
func (w *world) stored(before int64, row contacts.Row, g *gated) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claims(row, g)
	k := w.know(row.Person)
	k.pending[before] = row
	for {
		next, ok := k.pending[k.row.Version]
		if !ok {
			return
		}
		delete(k.pending, k.row.Version)
		w.follow(k.row, next)
		k.row = next
		w.learn(k, row.Person, row.Generation)
	}
}

// know returns what is known of a person. The caller holds w.mu.
func (w *world) know(p contacts.Person) *known {
	k := w.persons[p]
	if k == nil {
		k = &known{pending: map[int64]contacts.Row{}, browser: -1}
		w.persons[p] = k
		w.learn(k, p, 1)
	}
	return k
}

// learn notes source ids, some generations ahead. The caller holds w.mu.
func (w *world) learn(k *known, p contacts.Person, generation int) {
	for k.sources < generation+5 {
		k.sources++
		w.sources[identity.SourceID(p, k.sources)] = p
	}
}

// follow notes what one change of a row means. The caller holds w.mu.
func (w *world) follow(old, row contacts.Row) {
	now := time.Now()
	ended := row.Life != old.Life && row.Life != contacts.Live
	if old.ContactID != "" && (ended || row.ContactID != old.ContactID) {
		if id := old.ContactID.Reveal(); w.void[id].IsZero() {
			w.void[id] = now
		}
	}
	member := w.memberNamed(row.Person)
	if member < 0 {
		return
	}
	a := &w.accounts[member]
	if old.Desired.Access != "" && old.Desired.Access != row.Desired.Access {
		a.turned = now
	}
	erased := row.Life == contacts.Erasing || row.Life == contacts.Erased
	switch {
	case erased && a.erased.IsZero():
		a.erased = now
	case !erased && !a.erased.IsZero():
		a.erased = time.Time{}
	case row.Life == old.Life || row.Life != contacts.Reissuing:
		return
	}
	a.told, a.reset = -1, now
	a.epoch++
}

// memberNamed returns the member of a row; -1: it is a visitor's.
func (w *world) memberNamed(p contacts.Person) int {
	for i := range w.accounts {
		if w.personOf(i) == p {
			return i
		}
	}
	return -1
}

func (w *world) personOf(member int) contacts.Person { return scope.Member(w.accounts[member].id) }

// liveOf returns the live contacts of a member at MaiAgent.
func (w *world) liveOf(member int) []webchattest.Contact { return w.live()[w.personOf(member)] }

// live returns all live contacts by whose they are; of nobody: by no name.
func (w *world) live() map[contacts.Person][]webchattest.Contact {
	all := w.sim.Contacts()
	w.mu.Lock()
	defer w.mu.Unlock()
	live := map[contacts.Person][]webchattest.Contact{}
	for _, c := range all {
		p := w.sources[c.SourceID]
		live[p] = append(live[p], c)
	}
	return live
}
