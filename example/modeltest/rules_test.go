package modeltest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// believed is how long an id of before an erasure may still be handed out: the
// memory of a process, and then the session.
const believed = maicontact.DefaultRecheck + 31*second

const ruleOne = "a member has one live contact at most"

func (w *world) checkOne() {
	for i := range members {
		if live := w.liveOf(i); len(live) > 1 {
			w.fail(ruleOne, "member %d: %s", i, show(live))
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
	}
	a.mu.Lock()
	member, seen := a.member, a.seen
	a.mu.Unlock()
	if member < 0 {
		return
	}
	contact, _ := w.sim.Contact(id)
	if id != "" && !contact.Deleted {
		w.checkAccess(member, seen, contact)
	}
	if id != "" {
		w.mu.Lock()
		since := w.accounts[member].erased
		w.mu.Unlock()
		if !since.IsZero() && a.began.Sub(since) > believed {
			w.fail("no id of an erased member is handed out", "member %d", member)
		}
	}
	switch maicontact.Reason(reason) {
	case "":
		if contact.Deleted {
			return // remembered: it says nothing of what the row knows
		}
	case maicontact.Budget:
		if !w.plan.Revisions {
			return // it may have joined a flight that told of the same profile before others came
		}
	case maicontact.PermissionPending, maicontact.Rejected:
	default:
		return
	}
	w.told(member, seen, a.epoch[member])
}

func (w *world) checkOwner(a *asked, id string) {
	contact, ok := w.sim.Contact(id)
	if !ok {
		w.fail("an id is one of MaiAgent's", "%s", id)
		return
	}
	if a.member >= 0 {
		if !strings.HasPrefix(contact.SourceID, w.sourceOf(a.member)) {
			w.fail("an id is only handed to its owner", "member %d got that of %s", a.member, contact.SourceID)
		}
		return
	}
	w.mu.Lock()
	owner, known := w.visitors[contact.SourceID]
	if !known {
		w.visitors[contact.SourceID] = a.browser
	}
	w.mu.Unlock()
	if known && owner != a.browser || !strings.HasPrefix(contact.SourceID, namespace+":visitor:") {
		w.fail("an id is only handed to its owner", "a visitor at browser %d got that of %s (browser %d)", a.browser, contact.SourceID, owner)
	}
}

func (w *world) checkAccess(member, seen int, contact webchattest.Contact) {
	w.mu.Lock()
	current := w.accounts[member].versions[seen:]
	w.mu.Unlock()
	level := levelOf(contact.QueryMetadata)
	for _, v := range current {
		if v.level == level {
			return
		}
	}
	late := w.record.find(func(x *write) bool {
		return x.source == contact.SourceID && x.name == contact.Name && !x.left.IsZero() && !x.left.After(contact.Updated)
	})
	confirmed := w.record.find(func(x *write) bool {
		for _, v := range current {
			if x.source == contact.SourceID && x.confirmed && x.level == v.level {
				return true
			}
		}
		return false
	})
	if !late || !confirmed {
		w.fail("an id is handed out with the newest permissions only",
			"member %d: the request saw %v, MaiAgent has%s\nlate write %t, confirmed before %t",
			member, current, show([]webchattest.Contact{contact}), late, confirmed)
	}
}

// rest lets the world come to rest and checks what must hold then.
func (w *world) rest() {
	w.sim.ClearFaults()
	for i := range replicas {
		w.replicas[i].pulse.steady()
		w.start(i)
	}
	w.settle()
	w.free()
	w.checkTold()

	// A change of each account, told in one place, heals what was deleted at
	// MaiAgent; then everything must be as it should be.
	for i := range members {
		w.change(i, access)
		w.update(i, i%replicas)
	}
	w.settle()
	for i := range members {
		if !w.isLive(i) {
			time.Sleep(believed)
			break
		}
	}
	time.Sleep(30 * time.Second) // the flights of visitors have no row
	w.checkOne()
	before := w.sim.Count("")
	time.Sleep(2 * time.Minute)
	if calls := w.sim.Count("") - before; calls > 0 {
		w.fail("MaiAgent is left alone when there is nothing to do", "%d calls", calls)
	}
	for i := range members {
		w.checkMember(i)
	}
	w.settle()
	w.checkOne()
}

// settle waits until nothing is due.
func (w *world) settle() {
	for start := time.Now(); ; time.Sleep(second) {
		n, err := w.stores[0].Unsettled(context.Background(), namespace, webchattest.DefaultInboxID)
		if err != nil {
			panic(err)
		}
		if n == 0 {
			break
		}
		if time.Since(start) > 8*time.Hour {
			rows := ""
			for i := range members {
				row, err := w.stores[0].Contact(context.Background(), w.keyOf(i))
				rows += fmt.Sprintf("\n  member %d: bound %t, generation %d, due %v, failures %d, %s, erased %t, %v%s", i, row.ContactID != "",
					row.Generation, row.Due, row.Failures, row.Reason, !row.Erased.IsZero(), err, show(w.liveOf(i)))
			}
			w.fail("every change settles", "after 8 hours%s", rows)
			return
		}
	}
	w.checkOne()
}

// free changes the profiles that MaiAgent has refused.
func (w *world) free() {
	for i := range members {
		row, err := w.stores[0].Contact(context.Background(), w.keyOf(i))
		if err == nil && row.Parked() {
			w.change(i, profile)
			w.update(i, i%replicas)
		}
	}
	w.settle()
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
