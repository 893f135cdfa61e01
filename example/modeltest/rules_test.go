package modeltest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// trusted is within how long every replica must know what has changed elsewhere.
const trusted = 2 * second

// idleAfter is for how long a worker may go on looking for a contact of somebody
// who was erased meanwhile: to the end of its time, which a call that hangs may take
// a part of.
const idleAfter = 20 * second

// The rules that controls break.
const (
	ruleOne  = "nobody has two live contacts"
	ruleVoid = "what has ended is handed out no more after 2 seconds"
)

// checkOne checks what must hold at any moment.
func (w *world) checkOne() {
	for p, live := range w.live() {
		w.mu.Lock()
		life := contacts.Live
		if k := w.persons[p]; k != nil {
			life = k.row.Life
		}
		w.mu.Unlock()
		switch {
		case p == contacts.Person{}:
			w.fail("every contact is somebody's", "%s", show(live))
		case len(live) > 1:
			w.fail(ruleOne, "%s %s: %s", p.Kind, p.ID, show(live))
		case life == contacts.Erased:
			w.fail("a complete tombstone has no live contact", "%s %s: %s", p.Kind, p.ID, show(live))
		}
	}
}

func show(contacts []webchattest.Contact) string {
	var b strings.Builder
	for _, c := range contacts {
		fmt.Fprintf(&b, "\n  %s %s %q %s created %v updated %v", c.ID, c.SourceID, c.Name, c.QueryMetadata,
			c.Created.Format("15:04:05.000"), c.Updated.Format("15:04:05.000"))
	}
	return b.String()
}

// checkAnswer checks what a request was answered with, at that moment.
func (w *world) checkAnswer(a *asked, id, reason string) {
	if id != "" {
		w.checkOwner(a, id)
		w.checkVoid(a, id)
		w.checkLeft(a, id)
	}
	a.mu.Lock()
	member, it := a.member, a.it
	a.mu.Unlock()
	if member < 0 {
		return
	}
	contact, _ := w.sim.Contact(id)
	if id != "" && !contact.Deleted {
		w.checkAccess(a, contact)
	}
	switch maicontact.Reason(reason) {
	case "":
		if contact.Deleted {
			return // remembered: it says nothing of what the row knows
		}
	case maicontact.PermissionPending, maicontact.Rejected:
	default:
		return
	}
	w.mu.Lock()
	fresh := a.began.Sub(w.accounts[member].reset) <= trusted
	w.mu.Unlock()
	// Without revisions, an entry or a flight may be of the same profile before
	// others came. What was believed may be of before an erasure.
	if a.read.Load() || w.plan.Revisions && !fresh {
		w.told(member, it, a.epoch[member])
	}
}

func (w *world) checkOwner(a *asked, id string) {
	contact, ok := w.sim.Contact(id)
	if !ok {
		w.fail("an id is one of MaiAgent's", "%s", id)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	owner := w.sources[contact.SourceID]
	if a.member >= 0 {
		if owner != w.personOf(a.member) {
			w.failLocked("an id is only handed to its owner", "member %d got that of %s %s", a.member, owner.Kind, owner.ID)
		}
		return
	}
	k := w.persons[owner]
	if !owner.IsVisitor() || k == nil || k.browser >= 0 && k.browser != a.browser {
		w.failLocked("an id is only handed to its owner", "a visitor at browser %d got that of %s %s", a.browser, owner.Kind, owner.ID)
		return
	}
	k.browser = a.browser
}

// checkVoid checks that no id is handed out that the row has given up.
func (w *world) checkVoid(a *asked, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	since := w.void[id]
	what := "its row has ended"
	if since.IsZero() && a.member >= 0 {
		since, what = w.accounts[a.member].erased, "the member is erased"
	}
	if !since.IsZero() && a.began.Sub(since) > trusted && !w.stale(a) {
		w.failLocked(ruleVoid, "browser %d at replica %d, member %d: %s since %v", a.browser, a.replica, a.member, what, a.began.Sub(since))
	}
}

// checkLeft checks that a visitor who has logged in does not come back. That it
// is so is in the store a moment later, unless that has troubles or the replica
// has died.
func (w *world) checkLeft(a *asked, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	gone, ok := w.left[id]
	if ok && !w.plan.Hindered && a.began.Sub(gone.at) > trusted && gone.pulse.livedUntil(gone.at.Add(second)) {
		w.failLocked(ruleVoid, "browser %d at replica %d: the visitor has logged in %v before", a.browser, a.replica, a.began.Sub(gone.at))
	}
}

// stale reports whether the request's member may be answered without the store,
// which gave the replica no answer meanwhile. The caller holds w.mu.
func (w *world) stale(a *asked) bool {
	return a.member >= 0 && w.accounts[a.member].versions[a.seen].level == 0 && !w.quiet[a.replica].Before(a.began)
}

func (w *world) checkAccess(a *asked, contact webchattest.Contact) {
	w.mu.Lock()
	defer w.mu.Unlock()
	account := w.accounts[a.member]
	current := account.versions[a.seen:]
	level := levelOf(contact.QueryMetadata)
	for _, v := range current {
		if v.level == level {
			return
		}
	}
	if !w.plan.Revisions && (a.began.Sub(account.turned) <= trusted || w.stale(a)) {
		return // it cannot be told from the same permissions a moment before
	}
	w.failLocked("an id is handed out with the newest permissions only", "member %d at replica %d: the request saw %v, MaiAgent has%s",
		a.member, a.replica, current, show([]webchattest.Contact{contact}))
}

// rest lets the world come to rest and checks what must hold then.
func (w *world) rest() {
	w.sim.ClearFaults()
	w.troubles.clear()
	for i := range replicas {
		w.replicas[i].pulse.steady()
		w.start(i)
	}
	w.awaitLandings()
	w.settle()
	w.checkTold()

	// A change of each account, told in one place, heals what was deleted at
	// MaiAgent; then everything must be as it should be.
	for i := range members {
		w.change(i, access)
		w.update(i, i%replicas)
	}
	w.settle()
	time.Sleep(idleAfter)
	_, tombstones := w.due() // one may be looked at now, and for the last time
	before := w.sim.Count("")
	time.Sleep(2 * time.Minute)
	if tombstones > 0 {
		before = w.sim.Count("")
	}
	if calls := w.sim.Count("") - before; calls > 0 {
		w.fail("MaiAgent is left alone when there is nothing to do", "%d calls", calls)
	}
	for i := range browsers {
		w.checkBrowser(i)
	}
	for i := range members {
		w.checkMember(i)
	}
	w.settle()
	w.checkOne()
}

// due counts the rows that are due, and apart from them the tombstones that are
// to be looked at again.
func (w *world) due() (unsettled, tombstones int) {
	rows, err := w.stores[0].Rows(context.Background(), scope, contacts.Person{}, 1000)
	if err != nil {
		panic(err)
	}
	for _, row := range rows {
		switch {
		case row.Due.IsZero():
		case row.Life == contacts.Erased:
			tombstones++
		default:
			unsettled++
		}
	}
	return unsettled, tombstones
}

// settle waits until nothing is due but tombstones that are looked at again.
func (w *world) settle() {
	for start := time.Now(); ; time.Sleep(second) {
		w.checkHeld()
		if unsettled, _ := w.due(); unsettled == 0 {
			break
		}
		if time.Since(start) > 8*time.Hour {
			rows := ""
			live := w.live()
			for p := range w.persons {
				row, _, err := w.stores[0].Get(context.Background(), p)
				if err != nil || row.Due.IsZero() {
					continue
				}
				rows += fmt.Sprintf("\n  %s %s: %s, bound %t, generation %d, due %v, failures %d, conflicts %d, %s, %v%s", p.Kind, p.ID, row.State(),
					row.ContactID != "", row.Generation, row.Due, row.Failures, row.Conflicts, row.Reason, err, show(live[p]))
			}
			w.fail("every change settles", "after 8 hours%s", rows)
			return
		}
	}
	w.checkOne()
}

func (w *world) checkTold() {
	for i := range members {
		w.mu.Lock()
		a := w.accounts[i]
		w.mu.Unlock()
		live := w.liveOf(i)
		if !a.erased.IsZero() && len(live) > 0 {
			w.fail("erased stays erased", "member %d: %s", i, show(live))
		}
		if a.told < 0 || len(live) == 0 || !a.erased.IsZero() {
			continue
		}
		found := false
		for _, v := range a.versions[a.told:] {
			found = found || has(live[0], v)
		}
		if !found {
			w.fail("the newest profile wins", "member %d: told of version %d of %v, MaiAgent has%s", i, a.told, a.versions, show(live))
		}
	}
}

func has(c webchattest.Contact, v version) bool {
	p := v.profile()
	return c.Name == p.Name && c.Email == p.Email && c.Phone == p.Phone && levelOf(c.QueryMetadata) == v.level
}

// checkBrowser asks every replica, as whoever is at the browser. A visitor has
// the same contact everywhere, and no other.
func (w *world) checkBrowser(browser int) {
	first := ""
	for at := range replicas {
		a, id := w.askUntil(browser, at)
		if a.member >= 0 {
			return
		}
		if first == "" {
			first = id
		}
		contact, _ := w.sim.Contact(id)
		if id == "" || id != first || contact.Deleted {
			w.fail("a visitor has the same live contact everywhere", "browser %d at replica %d got %q, before it %q", browser, at, id, first)
		}
	}
}

// askUntil asks until there is a contact, or two minutes are over.
func (w *world) askUntil(browser, at int) (*asked, string) {
	for start := time.Now(); ; time.Sleep(second) {
		a, id, reason := w.askAs(browser, at, false)
		if id != "" || time.Since(start) > 2*time.Minute || reason == string(maicontact.Erased) {
			return a, id
		}
	}
}

// checkMember asks every replica, as the member at a new browser.
func (w *world) checkMember(member int) {
	w.mu.Lock()
	a := w.accounts[member]
	w.mu.Unlock()
	if len(a.versions) == 0 {
		return
	}
	for at := range replicas {
		w.browsers[0] = browser{cookies: map[string]string{}}
		w.login(step{Kind: login, Browse: 0, Member: member, Replica: at})
		var id, reason string
		for start := time.Now(); ; time.Sleep(second) {
			id, reason = w.ask(0, at, false)
			if id != "" || time.Since(start) > 2*time.Minute || !a.erased.IsZero() {
				break
			}
		}
		live := w.liveOf(member)
		if !a.erased.IsZero() {
			if id != "" || reason != string(maicontact.Erased) || len(live) > 0 {
				w.fail("erased stays erased", "member %d: %q, %s", member, reason, show(live))
			}
			continue
		}
		if len(live) != 1 || live[0].ID != id || !has(live[0], a.versions[len(a.versions)-1]) {
			w.fail("each member has one live contact with the newest profile, everywhere",
				"member %d at replica %d got %q %q, wants %v, MaiAgent has%s", member, at, id, reason, a.versions[len(a.versions)-1], show(live))
		}
	}
}
