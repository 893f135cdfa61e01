package databasetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
)

// Rename moves the members who are at rest, and says whom it leaves.
func TestRename(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		store := d.openOn(t, db)
		before := contacts.Scope{Namespace: "shop-old", InboxID: scope.InboxID}
		after := contacts.Scope{Namespace: "shop-new", InboxID: scope.InboxID}
		others := contacts.Scope{Namespace: "shop-old", InboxID: "c0c0c0c0-0000-4000-8000-000000000001"}
		now := time.Now()
		profile := webchat.Profile{Name: "Ann"}
		put := func(p contacts.Person, change func(*contacts.Row)) contacts.Row {
			row := contacts.New(p, now)
			if change != nil {
				change(&row)
			}
			stored, err := store.Put(t.Context(), row, contacts.Guard{})
			if err != nil {
				t.Fatal(err)
			}
			return stored
		}
		settled := func(id string) func(*contacts.Row) {
			return func(r *contacts.Row) {
				r.ContactID, r.Trust = webchat.ContactID(id), 7
				r.Desired, r.Confirmed = contacts.StampOf(profile), contacts.StampOf(profile)
			}
		}
		const id = "d0d0d0d0-0000-4000-8000-00000000000"
		ann := put(before.Member("ann"), settled(id+"1"))
		put(before.Member("waits"), func(r *contacts.Row) {
			settled(id + "2")(r)
			r.Waiting, r.Due = &profile, now
		})
		put(before.Member("erased"), func(r *contacts.Row) { r.Life = contacts.Erased })
		put(before.Member("in-doubt"), func(r *contacts.Row) { r.DoubtUntil = now.Add(time.Minute) })
		put(before.Member("erasing"), func(r *contacts.Row) { r.Life, r.Due = contacts.Erasing, now })
		put(before.Member("claimed"), func(r *contacts.Row) { r.Owner, r.LeaseUntil, r.Due = 5, now.Add(time.Hour), now })
		put(before.Member("looked-at-again"), func(r *contacts.Row) { r.Life, r.Checks, r.Due = contacts.Erased, 4, now.Add(time.Hour) })
		put(before.Member("erased-and-back"), func(r *contacts.Row) { r.Life = contacts.Erased })
		put(after.Member("erased-and-back"), nil)
		put(before.Member("taken"), nil)
		put(after.Member("taken"), nil)
		put(before.Visitor("guest"), nil)
		elsewhere := put(others.Member("ann"), nil)

		want := sqlstore.Renamed{Moved: 3, Unfinished: 4, Taken: 2, Erased: 1, Visitors: 1}
		got, err := sqlstore.Rename(t.Context(), db, d.dialect, before.InboxID, before.Namespace, after.Namespace)
		if err != nil || got != want {
			t.Fatalf("%+v %v, want %+v", got, err, want)
		}
		moved, _, err := store.Get(t.Context(), after.Member("ann"))
		if err != nil || moved.ContactID != ann.ContactID || !moved.Ready() || moved.Version == ann.Version || moved.Trust <= ann.Trust {
			t.Errorf("%v, %v", moved.State(), err)
		}
		if moved.Confirmed.Profile != "" {
			t.Error("MaiAgent would not be told the new source id")
		}
		changes, err := store.Changed(t.Context(), after, now.Add(-time.Hour), 10)
		if err != nil || !slices.ContainsFunc(changes.List, func(c contacts.Change) bool { return c.Person == moved.Person }) {
			t.Errorf("servers do not hear of it: %v", err)
		}
		if row, _, err := store.Get(t.Context(), others.Member("ann")); err != nil || row.Version != elsewhere.Version {
			t.Error("another inbox was touched")
		}
		want.Moved = 0
		if got, err = sqlstore.Rename(t.Context(), db, d.dialect, before.InboxID, before.Namespace, after.Namespace); err != nil || got != want {
			t.Errorf("again: %+v %v", got, err)
		}
		for _, names := range [][2]string{{"shop-old", "shop-old"}, {"shop-old", ""}, {"shop-old", "a shop"}, {"shop-old", strings.Repeat("x", 65)}} {
			if _, err := sqlstore.Rename(t.Context(), db, d.dialect, before.InboxID, names[0], names[1]); err == nil {
				t.Errorf("renamed from %q to %q", names[0], names[1])
			}
		}
	})
}
