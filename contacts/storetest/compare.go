package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// equal compares whole rows.
func (f *fixture) equal(got, want contacts.Row) {
	f.Helper()
	if diffs := diff(got, want); len(diffs) > 0 {
		f.Fatalf("the row is not as expected: %q", diffs)
	}
}

// diff names the fields in which the rows differ. Fields that are added to a row
// are compared, too.
func diff(got, want contacts.Row) []string {
	var diffs []string
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		if x, y := fieldText(a.Field(i)), fieldText(b.Field(i)); x != y {
			diffs = append(diffs, fmt.Sprintf("%s: got %s, want %s", a.Type().Field(i).Name, x, y))
		}
	}
	return diffs
}

// fieldText spells the value of a field out. Two values have the same text if
// and only if they are alike.
func fieldText(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Time:
		return timeText(value)
	case contacts.Call:
		return fmt.Sprintf("%q %q %s", value.Operation, value.Outcome, timeText(value.At))
	case webchat.ContactID:
		return fmt.Sprintf("%q", value.Reveal())
	case *webchat.Profile:
		if value == nil {
			return "none"
		}
		return profileText(*value)
	case fmt.Stringer:
		return value.String()
	default:
		return fmt.Sprintf("%#v", value)
	}
}

// timeText shows a zone that is not UTC, and more than milliseconds.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.RFC3339Nano)
}

func profileText(p webchat.Profile) string {
	text, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s", text, p.QueryMetadata.JSON())
}

// persons checks a list of persons: nobody twice, and just these, in any order.
func (f *fixture) persons(what string, got []contacts.Person, err error, want ...contacts.Person) {
	f.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.SortFunc(got, compare)
	slices.SortFunc(want, compare)
	if err != nil || !slices.Equal(got, want) {
		f.Fatalf("%s gives %v, %v; want %v", what, got, err, want)
	}
}

// dues checks who is due, in any order.
func (f *fixture) dues(want ...contacts.Person) {
	f.Helper()
	got, err := f.store.Due(f.ctx(), f.scope, 1000)
	f.persons("Due", got, err, want...)
}

// expireds checks whose rows have expired.
func (f *fixture) expireds(want ...contacts.Person) {
	f.Helper()
	got, err := f.store.Expired(f.ctx(), f.scope, 1000)
	f.persons("Expired", got, err, want...)
}

// changes checks what has changed since, in any order, and returns the clock.
func (f *fixture) changes(since time.Time, want ...contacts.Change) time.Time {
	f.Helper()
	got, err := f.store.Changed(f.ctx(), f.scope, since, 1000)
	order := func(a, b contacts.Change) int { return compare(a.Person, b.Person) }
	list, want := slices.Clone(got.List), slices.Clone(want)
	slices.SortFunc(list, order)
	slices.SortFunc(want, order)
	if err != nil || !slices.Equal(list, want) || got.More || got.Now.IsZero() {
		f.Fatalf("Changed gives %v, more: %v, now: %v, %v; want %v", list, got.More, got.Now, err, want)
	}
	return got.Now
}

func (f *fixture) counts(want contacts.Counts) {
	f.Helper()
	got, err := f.store.Count(f.ctx(), f.scope)
	if err != nil || !got.Oldest.Equal(want.Oldest) || got.Oldest.IsZero() != want.Oldest.IsZero() {
		f.Fatalf("Count gives %+v, %v; want %+v", got, err, want)
	}
	if got.Oldest = want.Oldest; got != want {
		f.Fatalf("Count gives %+v; want %+v", got, want)
	}
}
