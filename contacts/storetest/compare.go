package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
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
	if reflect.DeepEqual(got, want) {
		return nil
	}
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
