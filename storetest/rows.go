package storetest

import (
	"errors"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

func rowCases() []check {
	return []check{
		{"unknown", func(f *fixture) {
			row, err := f.store.Contact(f.ctx(), f.key("nobody"))
			if !errors.Is(err, maicontact.ErrNotFound) {
				f.Errorf("error is %v, want ErrNotFound", err)
			}
			f.equal(row, maicontact.Contact{})
			f.unsettled(0)
		}},
		{"new", func(f *fixture) {
			p := profile("Ann", "basic")
			row := f.must(f.store.Want(f.ctx(), f.key("1"), wanted(p, 7)))
			f.equal(row, maicontact.Contact{
				Key: f.key("1"), Generation: 1, Created: anyTime(), Updated: anyTime(),
				Wanted: maicontact.StampOf(p), Since: anyTime(), Waiting: &p, Revision: 7, Due: anyTime(), Token: anyToken,
			})
			f.stored(row)
			f.dueNow(row.Key, true)
			f.unsettled(1)
			if row.Ready() || row.Parked() {
				f.Errorf("a new row is ready %v, parked %v", row.Ready(), row.Parked())
			}
		}},
		{"profile comes back whole", profileComesBack},
		{"profile is the store's own", func(f *fixture) {
			row := f.waiting("1")
			other := f.must(f.store.Contact(f.ctx(), row.Key))
			other.Waiting.Name = "changed by the caller"
			f.stored(row)
		}},
		{"places are apart", placesAreApart},
	}
}

func profileComesBack(f *fixture) {
	metadata, err := webchat.RawQueryMetadata([]byte(
		`{"a":{"b":[1,2.50,12345678901234567890,null,true,"\u0000 \" \\ < ' 測試 🧑‍🚀"]},"z":{}}`))
	if err != nil {
		f.Fatal(err)
	}
	for member, p := range map[string]webchat.Profile{
		"empty": {},
		"full": {
			Name: `O'Brien "Ann" \ $1 ?1 %s; DROP TABLE x --`, Email: "a+b@例え.jp",
			Phone: "+886 2 1234", Avatar: "https://example.com/a.png?x=1&y=<2>", QueryMetadata: metadata,
		},
		"control": {Name: "NUL \x00, tab \t, newline \n, U+2028 \u2028, 👩‍👩‍👧‍👦"},
	} {
		row := f.must(f.store.Want(f.ctx(), f.key(member), wanted(p, 1)))
		f.stored(row)
		if row.Waiting == nil || *row.Waiting != p {
			f.Errorf("%s: the profile has changed in the store: %s", member, profileText(row))
		}
	}
}

func placesAreApart(f *fixture) {
	var rows []maicontact.Contact
	for _, namespace := range []string{f.namespace, f.namespace + "-b"} {
		for _, inbox := range []string{f.inbox, string(newID())} {
			key := maicontact.NewKey(namespace, inbox, "same")
			if _, err := f.store.Contact(f.ctx(), key); !errors.Is(err, maicontact.ErrNotFound) {
				f.Fatalf("the row of another place is found: %v", err)
			}
			rows = append(rows, f.must(f.store.Want(f.ctx(), key, wanted(profile("Ann", "basic"), int64(len(rows))))))
		}
	}
	for _, row := range rows {
		f.stored(row)
		keys, err := f.store.Due(f.ctx(), row.Key.Namespace, row.Key.InboxID, 10)
		if err != nil || len(keys) != 1 || keys[0] != row.Key {
			f.Errorf("Due gives %v, %v; want only %v", keys, err, row.Key)
		}
		n, err := f.store.Unsettled(f.ctx(), row.Key.Namespace, row.Key.InboxID)
		if err != nil || n != 1 {
			f.Errorf("Unsettled gives %d, %v; want 1", n, err)
		}
	}
	f.must(f.store.Erase(f.ctx(), rows[0].Key))
	for _, row := range rows[1:] {
		f.stored(row)
	}
}
