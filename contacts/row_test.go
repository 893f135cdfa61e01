package contacts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// now is when the transitions of the tests happen.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var (
	ago  = now.Add(-time.Hour)
	soon = now.Add(time.Minute) // the end of a lease
	late = now.Add(time.Hour)   // the end of a doubt
)

const (
	owner    = int64(-99)
	stranger = int64(98)
)

// Bob differs from Ann in the name, vip and none in the access.
var (
	ann  = desired("Ann", `{"plan":"basic"}`, 10)
	bob  = desired("Bob", `{"plan":"basic"}`, 11)
	vip  = desired("Ann", `{"plan":"vip"}`, 11)
	none = desired("Ann", ``, 11)
)

func desired(name, metadata string, revision int64) contacts.Desired {
	p := webchat.Profile{Name: name}
	if metadata != "" {
		var err error
		if p.QueryMetadata, err = webchat.RawQueryMetadata([]byte(metadata)); err != nil {
			panic(err)
		}
	}
	return contacts.Desired{Profile: p, Stamp: contacts.StampOf(p), Revision: revision}
}

type edit = func(*contacts.Row)

// with is the row after the edits.
func with(row contacts.Row, edits ...edit) contacts.Row {
	for _, edit := range edits {
		edit(&row)
	}
	return row
}

// plain is a stored row of which nothing is desired yet.
func plain() contacts.Row {
	row := contacts.New(shop.Member("1"), ago)
	row.Version, row.Trust = 77, 5
	row.LastCall = contacts.Call{Operation: "get_contact", Outcome: "ok", At: ago}
	return row
}

// waiting has no contact yet.
func waiting() contacts.Row {
	return with(plain(), wants(ann), func(r *contacts.Row) { r.Due = ago })
}

func wants(d contacts.Desired) edit {
	return func(r *contacts.Row) {
		r.Desired, r.Waiting, r.Revision, r.Since = d.Stamp, &d.Profile, d.Revision, ago
	}
}

// settled has a contact, and MaiAgent holds what it should.
func settled() contacts.Row {
	return with(waiting(), func(r *contacts.Row) {
		r.ContactID, r.Confirmed, r.Waiting, r.Due = "c", ann.Stamp, nil, time.Time{}
	})
}

// behind has a contact, and something else waits.
func behind(d contacts.Desired) contacts.Row {
	return with(settled(), wants(d), func(r *contacts.Row) { r.Due = ago })
}

func claimed(r *contacts.Row) { r.Owner, r.LeaseUntil, r.Due = owner, soon, soon }

// ranOut is claimed, and the lease has just ended.
func ranOut(r *contacts.Row) { r.Owner, r.LeaseUntil, r.Due = owner, now, now }

func doubt(r *contacts.Row) { r.DoubtUntil = late }

// doubtOver is a doubt that nobody has seen to since it was over.
func doubtOver(r *contacts.Row) { r.DoubtUntil = now }

func other(r *contacts.Row) { r.DoubtOther = true }

func troubled(r *contacts.Row) { r.Failures, r.Reason, r.Conflicts = 3, "status 503", 2 }

func updated(r *contacts.Row) { r.Updated = now }

func distrusted(r *contacts.Row) { r.Trust, r.Updated = now.UnixMicro(), now }

func released(r *contacts.Row) { r.Owner, r.LeaseUntil = 0, time.Time{} }

// done is nothing to do, and no claim.
func done(r *contacts.Row) {
	released(r)
	r.Waiting, r.Due, r.DoubtUntil, r.DoubtOther = nil, time.Time{}, time.Time{}, false
}

func lives(life contacts.Life) edit { return func(r *contacts.Row) { r.Life = life } }

// transition is one case: the whole row afterwards is row with the edits. With
// err nothing changes.
type transition struct {
	name string
	row  contacts.Row
	do   func(contacts.Row) (contacts.Row, error)
	want []edit
	err  error
}

func change(edits ...edit) []edit { return append([]edit{updated}, edits...) }

func checkTransitions(t *testing.T, cases []transition) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := c.row
			var profile webchat.Profile
			if before.Waiting != nil {
				profile = *before.Waiting
			}
			got, err := c.do(c.row)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("error is %v, want %v", err, c.err)
			}
			checkRow(t, got, with(before, c.want...))
			if before.Waiting != nil && *before.Waiting != profile {
				t.Error("the profile of the row it was called on has changed")
			}
		})
	}
}

// checkRow compares whole rows.
func checkRow(t *testing.T, got, want contacts.Row) {
	t.Helper()
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		if name := a.Type().Field(i).Name; !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s is %#v, want %#v", name, a.Field(i).Interface(), b.Field(i).Interface())
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		row            contacts.Row
		want           contacts.State
		ready, settled bool
	}{
		{"new", contacts.New(shop.Member("1"), now), contacts.StateIdle, false, false},
		{"nothing desired, a contact", with(plain(), func(r *contacts.Row) { r.ContactID = "c" }), contacts.StatePending, false, true},
		{"no contact", waiting(), contacts.StateWaiting, false, false},
		{"no contact, claimed", with(waiting(), claimed, doubt), contacts.StateWaiting, false, false},
		{"no contact, all confirmed", with(settled(), func(r *contacts.Row) { r.ContactID = "" }), contacts.StateWaiting, false, false},
		{"settled", settled(), contacts.StateSettled, true, true},
		{"settled, in doubt", with(settled(), doubt), contacts.StateSettled, true, false},
		{"another name", behind(bob), contacts.StateBehind, true, false},
		{"another access", behind(vip), contacts.StatePending, false, false},
		{"no access", behind(none), contacts.StatePending, false, false},
		{"the same waits", behind(ann), contacts.StateBehind, true, false},
		{"a part is refused", refused(), contacts.StateBehind, true, true},
		{"a part is refused, of another access", with(refused(), wants(vip)), contacts.StatePending, false, false},
		{"nothing confirmed", with(settled(), func(r *contacts.Row) { r.Confirmed = contacts.Stamp{} }), contacts.StatePending, false, false},
		{"access confirmed", with(settled(), func(r *contacts.Row) { r.Confirmed.Profile = "" }), contacts.StateBehind, true, false},
		{"to be sent once more", with(settled(), doubt, wants(ann), func(r *contacts.Row) { r.Due = late }), contacts.StateBehind, true, false},
		{"to be sent once more, other access", with(settled(), doubt, other, func(r *contacts.Row) { r.Due = late }), contacts.StatePending, false, false},
		{"suspended", with(settled(), lives(contacts.Suspended)), contacts.StateSuspended, false, false},
		{"retired", with(settled(), lives(contacts.Retired)), contacts.StateRetired, false, false},
		{"erasing", with(settled(), lives(contacts.Erasing)), contacts.StateErasing, false, false},
		{"erased", with(plain(), lives(contacts.Erased)), contacts.StateErased, false, false},
		{"reissuing", with(settled(), lives(contacts.Reissuing)), contacts.StateReissuing, false, false},
	} {
		if got := c.row.State(); got != c.want || c.row.Ready() != c.ready || c.row.IsSettled() != c.settled {
			t.Errorf("%s: state %q, ready %v, settled %v; want %q, %v, %v", c.name, got, c.row.Ready(), c.row.IsSettled(), c.want, c.ready, c.settled)
		}
	}
}

func TestRowIsStoredAndIsClaimed(t *testing.T) {
	t.Parallel()
	if contacts.New(shop.Member("1"), now).IsStored() || !plain().IsStored() {
		t.Error("a row is stored when it has a version")
	}
	for name, c := range map[string]struct {
		row  contacts.Row
		want bool
	}{
		"free": {waiting(), false}, "claimed": {with(waiting(), claimed), true}, "the lease is over": {with(waiting(), ranOut), false},
		"a lease without owner": {with(waiting(), claimed, func(r *contacts.Row) { r.Owner = 0 }), false},
	} {
		if got := c.row.IsClaimed(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A fingerprint that is not there means "not known".
func TestStampsAreNeverEmpty(t *testing.T) {
	t.Parallel()
	if s := contacts.StampOf(webchat.Profile{}); s.Profile == "" || s.Access == "" {
		t.Errorf("the empty profile has the stamp %+v", s)
	}
}

func TestRowRounded(t *testing.T) {
	t.Parallel()
	precise := now.Add(1234567 * time.Nanosecond).In(time.FixedZone("x", 3600))
	row := contacts.Row{
		Created: precise, Updated: precise, Since: precise, Due: precise, LeaseUntil: precise, DoubtUntil: precise, Expires: precise,
		LastCall: contacts.Call{At: precise},
	}
	cut := now.Add(time.Millisecond)
	want := contacts.Row{
		Created: cut, Updated: cut, Since: cut, Due: cut, LeaseUntil: cut, DoubtUntil: cut, Expires: cut,
		LastCall: contacts.Call{At: cut},
	}
	checkRow(t, row.Rounded(), want)
	checkRow(t, contacts.Row{}.Rounded(), contacts.Row{})
	checkRow(t, contacts.New(shop.Member("1"), precise), contacts.Row{Person: shop.Member("1"), Generation: 1, Created: cut, Updated: cut})
}

func TestRowPrintsNothing(t *testing.T) {
	t.Parallel()
	secret := desired("canary", `{"canary":"canary"}`, 1)
	row := contacts.New(shop.Visitor("canary"), now)
	row.ContactID, row.Waiting, row.Desired = "canary", &secret.Profile, contacts.Stamp{Profile: "canary", Access: "canary"}
	var out bytes.Buffer
	for name, v := range map[string]any{
		"row": row, "*row": &row, "rows": []contacts.Row{row}, "map": map[string]contacts.Row{"x": row},
		"struct": struct{ R contacts.Row }{row}, "*struct": &struct{ R *contacts.Row }{&row}, "state": row.State(),
	} {
		out.Reset()
		for _, verb := range "abcdefgioqstuvxXyzU" {
			for _, flags := range []string{"", "+", "#", "-40", "010.3"} {
				fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
			}
		}
		fmt.Fprintln(&out, v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v, slog.Group("g", "v", v))
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v, slog.Group("g", "v", v))
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Error(err)
		}
		if text := out.String(); strings.Contains(text, "canary") {
			t.Errorf("%s shows what is in it: %s", name, text)
		}
	}
	if text := fmt.Sprint(row, &row); text != "[row] [row]" {
		t.Errorf("a row prints %q", text)
	}
	store := contacts.NewMemoryStore()
	put(t, store, row, contacts.Guard{})
	if text := fmt.Sprintf("%v %+v %#v", store, store, store); strings.Contains(text, "canary") {
		t.Errorf("the store shows what is in it: %s", text)
	}
}

func TestNewVersion(t *testing.T) {
	t.Parallel()
	seen := map[int64]bool{}
	for range 10_000 {
		version := contacts.NewVersion(7)
		if version <= 8 || seen[version] {
			t.Fatalf("%d is not random", version)
		}
		seen[version] = true
	}
}
