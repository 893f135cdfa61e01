package accesstest

import (
	"flag"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var allPairs = flag.Bool("all-pairs", false, "play all pairs on databases, too; otherwise a part of them")

// A member and a visitor live through everything, at a MaiAgent that behaves in
// each way alone, and in each two ways at once.
func TestLife(t *testing.T) {
	for _, on := range stores {
		t.Run(on.name, func(t *testing.T) {
			open := on.open(t)
			n := 0
			for i, a := range behaviours {
				for j, b := range behaviours[i:] {
					how := a
					if j > 0 {
						how = both(a, b)
						n++
						if i == 0 || tiny || !*allPairs && n%on.share != 0 {
							continue
						}
					}
					t.Run(how.name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { live(t, how, options{store: open(t)}, time.Hour) })
					})
				}
			}
		})
	}
}

// live is the life. patience is how long a change may take.
func live(t *testing.T, how behaviour, o options, patience time.Duration) {
	how.set(&o.simulation)
	o.blind = how.isBlind()
	w := newWorld(t, o)
	defer w.close()
	const late = 300 * time.Millisecond
	if how.loses {
		w.sim.Inject(webchattest.Fault{Kind: webchattest.LateLanding, Operation: webchattest.ReplaceContact, Later: late, Rate: 0.3})
		w.sim.Inject(webchattest.Fault{Kind: webchattest.LateLanding, Operation: webchattest.CreateContact, Later: late, Rate: 0.3})
	}
	// changes reports whether updates of access are taken.
	changes := !how.ignores || how.hides

	guest := w.browser("")
	guest.until("a visitor", patience, given)
	w.set("ann", func(p *webchat.Profile) {
		*p = webchat.Profile{Name: "Ann", Email: "ann@example.com", QueryMetadata: basic}
	})
	ann := w.browser("ann")
	first := ann.until("a new member", patience, given).ID

	to := func(what string, change func(*webchat.Profile)) answer {
		w.set("ann", change)
		if changes {
			return ann.until(what, patience, given)
		}
		return ann.until(what, patience, withheld)
	}
	to("vip", func(p *webchat.Profile) { p.QueryMetadata = vip })
	to("none", func(p *webchat.Profile) { p.QueryMetadata = none })
	w.set("ann", func(p *webchat.Profile) { p.QueryMetadata = basic })
	ann.until("basic", patience, given)

	// A phone that is refused holds nothing else up.
	w.sim.Switch(func(s *webchattest.Switches) { s.RefuseFields = append(s.RefuseFields, "phoneNumber") })
	to("a bad phone beside a change of access", func(p *webchat.Profile) { p.Phone, p.QueryMetadata = "+886 1", vip })
	if held, _ := w.sim.Contact(first); changes && held.Name != "Ann" {
		t.Errorf("MaiAgent knows %q", held.Name)
	}
	w.sim.Switch(func(s *webchattest.Switches) { s.RefuseFields = s.RefuseFields[:len(s.RefuseFields)-1] })
	w.set("ann", func(p *webchat.Profile) { p.Phone, p.QueryMetadata = "+886 2 1234", basic })
	ann.until("a good phone", patience, given)

	suspendAndResume(w, ann, first, changes && !how.hides, patience)
	secondInboxIsKept(w, ann, first, patience)
	if how.lists {
		return // the end of a contact cannot be seen then
	}
	deletedByHand(w, ann, first, patience)
	erased(w, ann, patience)
}

func suspendAndResume(w *world, ann *browser, id string, seen bool, patience time.Duration) {
	w.t.Helper()
	if err := w.mc.Suspend(w.t.Context(), "ann"); err != nil {
		w.t.Fatal(err)
	}
	if a := ann.ask(); a.ID != "" || a.Reason != "suspended" {
		w.t.Fatalf("a suspended member is told %+v", a)
	}
	if seen {
		w.eventually("a suspended member is answered from nothing", patience, func() bool {
			raw, _ := w.sim.AccessOf(id)
			held, err := webchat.RawQueryMetadata(raw)
			same, _ := webchat.NoAccess().SeenIn(held)
			return err == nil && same
		})
	}
	w.set("ann", func(p *webchat.Profile) { p.Name = "Ann Lee" })
	if err := w.mc.Resume(w.t.Context(), "ann"); err != nil {
		w.t.Fatal(err)
	}
	if got := ann.until("a resumed member", patience, given); got.ID != id {
		w.t.Fatal("a resumed member has another contact")
	}
	w.eventually("the newest profile is there after that", patience, func() bool {
		held, _ := w.sim.Contact(id)
		return held.Name == "Ann Lee"
	})
}

func secondInboxIsKept(w *world, ann *browser, id string, patience time.Duration) {
	w.t.Helper()
	if !w.sim.Move(id, webchattest.DefaultInboxID, secondInbox) {
		w.t.Fatal("the simulation does not add an inbox")
	}
	w.set("ann", func(p *webchat.Profile) { p.Name = "Ann Chen" })
	w.eventually("a name changes", patience, func() bool {
		held, _ := w.sim.Contact(id)
		return held.Name == "Ann Chen"
	})
	if held, _ := w.sim.Contact(id); len(held.InboxIDs) != 2 {
		w.t.Errorf("the contact is in %d inboxes, want both", len(held.InboxIDs))
	}
	ann.until("after that", patience, given)
}

func deletedByHand(w *world, ann *browser, id string, patience time.Duration) {
	w.t.Helper()
	w.sim.Delete(id)
	w.set("ann", func(p *webchat.Profile) { p.Name = "Ann Wang" })
	ann.until("a contact that was deleted in the console", patience, func(a answer) bool { return a.ID != "" && a.ID != id })
}

func erased(w *world, ann *browser, patience time.Duration) {
	w.t.Helper()
	if _, err := w.mc.Erase(w.t.Context(), "ann"); err != nil {
		w.t.Fatal(err)
	}
	if a := ann.ask(); a.ID != "" || a.Reason != "erased" {
		w.t.Fatalf("an erased member is told %+v", a)
	}
	p := contacts.Scope{Namespace: w.config.Namespace, InboxID: w.config.InboxID}.Member("ann")
	w.eventually("the erasure is complete", patience, func() bool {
		row, _, err := w.config.Store.Get(w.t.Context(), p)
		return err == nil && row.State() == contacts.StateErased
	})
	for id, owner := range w.owners {
		if held, ok := w.sim.Contact(id); owner == "member ann" && ok && !held.Deleted {
			w.t.Error("a contact of an erased member is still there")
		}
	}
}
