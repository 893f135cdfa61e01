package storetest

import (
	"math"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// compare orders persons of one scope as Rows does: by the bytes of kind and id.
func compare(a, b contacts.Person) int {
	if order := strings.Compare(a.Kind, b.Kind); order != 0 {
		return order
	}
	return strings.Compare(a.ID, b.ID)
}

// member is the new row of a member, not stored yet.
func (f *fixture) member(id string) contacts.Row {
	f.Helper()
	return contacts.New(f.scope.Member(id), f.now())
}

// visitor is the new row of a visitor, not stored yet.
func (f *fixture) visitor(key string) contacts.Row {
	f.Helper()
	return contacts.New(f.scope.Visitor(key), f.now())
}

// profile makes one whose access depends on plan alone.
func profile(name, plan string) webchat.Profile {
	metadata, err := webchat.RawQueryMetadata([]byte(`{"plan":"` + plan + `"}`))
	if err != nil {
		panic(err) // the arguments are constants of the suite
	}
	return webchat.Profile{Name: name, Email: name + "@example.com", QueryMetadata: metadata}
}

// full is the row of a member in which every field has a value that occurs
// nowhere else in it.
func (f *fixture) full(id string) contacts.Row {
	f.Helper()
	now := f.now()
	waiting, confirmed := profile("Ann", "vip"), profile("Bob", "basic")
	return contacts.Row{
		Person: f.scope.Member(id), Trust: now.UnixMicro(), ContactID: newID(), Generation: 3,
		Created: now.Add(-9 * time.Hour), Updated: now.Add(-8 * time.Hour),
		Desired: contacts.StampOf(waiting), Confirmed: contacts.StampOf(confirmed),
		Since: now.Add(-7 * time.Hour), Revision: 12345, Waiting: &waiting,
		Due: now.Add(5 * time.Hour), Owner: math.MinInt64, LeaseUntil: now.Add(4 * time.Hour),
		DoubtUntil: now.Add(3 * time.Hour), DoubtOther: true, Conflicts: 4, Denials: 1, Refused: "email,phone", Failures: 5, Reason: "status 503",
		LastCall: contacts.Call{Operation: "create_contact", Outcome: "unclear", At: now.Add(-6 * time.Hour)},
		Life:     contacts.Reissuing, Passing: true, Checks: 2, Expires: now.Add(2 * time.Hour),
	}
}

// profiles are such as a store might spoil.
func profiles() map[string]webchat.Profile {
	metadata, err := webchat.RawQueryMetadata([]byte(
		`{"a":{"b":[1,2.50,12345678901234567890,null,true,"\u0000 \" \\ < ' 測試 🧑‍🚀"]},"z":{}}`))
	if err != nil {
		panic(err) // it is a constant
	}
	empty, err := webchat.RawQueryMetadata([]byte(`{}`))
	if err != nil {
		panic(err)
	}
	return map[string]webchat.Profile{
		"empty":          {},
		"empty metadata": {QueryMetadata: empty},
		"full": {
			Name: `O'Brien "Ann" \ $1 ?1 %s; DROP TABLE x --`, Email: "a+b@例え.jp",
			Phone: "+886 2 1234", Avatar: "https://example.com/a.png?x=1&y=<2>", QueryMetadata: metadata,
		},
		"control": {Name: "NUL \x00, tab \t, newline \n, U+2028 \u2028, 👩‍👩‍👧‍👦"},
		"long":    {Name: strings.Repeat("測", 5000)},
		"blanks":  {Name: " ", Email: "x ", Phone: "  "},
	}
}
