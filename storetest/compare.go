package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/maicontact/maicontact"
)

// anyTime in an expected row stands for every time but zero.
func anyTime() time.Time { return time.Unix(1, 0) }

// anyToken in an expected row stands for every token.
const anyToken = -1

// equal compares whole rows and checks that the stored times fit together.
func (f *fixture) equal(got, want maicontact.Contact) {
	f.Helper()
	if diffs := diff(got, want); len(diffs) > 0 {
		f.Fatalf("the row is not as expected: %q", diffs)
	}
	if got.Updated.Before(got.Created) {
		f.Errorf("updated %v before it was created %v", got.Updated, got.Created)
	}
	if !got.LeaseUntil.IsZero() && got.Due.Before(got.LeaseUntil) {
		f.Errorf("due %v before the lease ends %v", got.Due, got.LeaseUntil)
	}
}

// diff names the fields in which the rows differ.
func diff(got, want maicontact.Contact) []string {
	var diffs []string
	note := func(field string, same bool, got, want any) {
		if !same {
			diffs = append(diffs, fmt.Sprintf("%s: got %v, want %v", field, got, want))
		}
	}
	moment := func(field string, got, want time.Time) {
		same := got.Equal(want) && got.IsZero() == want.IsZero()
		if want.Equal(anyTime()) {
			same = !got.IsZero()
		}
		note(field, same, got, want)
	}
	note("Key", got.Key == want.Key, got.Key, want.Key)
	note("ContactID", got.ContactID == want.ContactID, got.ContactID.Reveal(), want.ContactID.Reveal())
	note("Generation", got.Generation == want.Generation, got.Generation, want.Generation)
	moment("Created", got.Created, want.Created)
	moment("Updated", got.Updated, want.Updated)
	note("Wanted", got.Wanted == want.Wanted, got.Wanted, want.Wanted)
	moment("Since", got.Since, want.Since)
	note("Confirmed", got.Confirmed == want.Confirmed, got.Confirmed, want.Confirmed)
	gotProfile, wantProfile := profileText(got), profileText(want)
	note("Waiting", gotProfile == wantProfile, gotProfile, wantProfile)
	note("Revision", got.Revision == want.Revision, got.Revision, want.Revision)
	moment("Due", got.Due, want.Due)
	moment("Attempted", got.Attempted, want.Attempted)
	note("Held", got.Held == want.Held, got.Held, want.Held)
	note("Failures", got.Failures == want.Failures, got.Failures, want.Failures)
	note("Reason", got.Reason == want.Reason, got.Reason, want.Reason)
	note("Token", got.Token == want.Token || want.Token == anyToken, got.Token, want.Token)
	moment("LeaseUntil", got.LeaseUntil, want.LeaseUntil)
	moment("Erased", got.Erased, want.Erased)
	return diffs
}

func profileText(row maicontact.Contact) string {
	if row.Waiting == nil {
		return "none"
	}
	text, err := json.Marshal(*row.Waiting)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// changed returns the row that is expected after a change: before with what
// edit does to it. Updated may be any time.
func changed(before maicontact.Contact, edit func(*maicontact.Contact)) maicontact.Contact {
	before.Updated = anyTime()
	edit(&before)
	return before
}

// isDue reports whether the store lists the key now.
func (f *fixture) isDue(key maicontact.Key) bool {
	f.Helper()
	keys, err := f.store.Due(f.ctx(), key.Namespace, key.InboxID, 1000)
	if err != nil {
		f.Fatalf("Due: %v", err)
	}
	return slices.Contains(keys, key)
}

func (f *fixture) dueNow(key maicontact.Key, want bool) {
	f.Helper()
	if got := f.isDue(key); got != want {
		f.Errorf("listed as due: %v, want %v", got, want)
	}
}

func (f *fixture) unsettled(want int) {
	f.Helper()
	if got, err := f.store.Unsettled(f.ctx(), f.namespace, f.inbox); got != want || err != nil {
		f.Errorf("Unsettled gives %d, %v; want %d", got, err, want)
	}
}
