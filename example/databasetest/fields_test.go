package databasetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Every field of a row comes back, those included that are added after this was
// written: they are found by reflection.
func TestEveryFieldIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store := d.open(t)
		first := contacts.Row{Person: newPerson("1")}
		first = put(t, store, first) // all zero
		isStored(t, store, first)

		row := first
		next := 1
		fill(t, reflect.ValueOf(&row).Elem(), &next)
		row.Person, row.Version, row.Life = first.Person, first.Version, contacts.Erased
		row = put(t, store, row)
		if row.Version == first.Version || next < 25 {
			t.Fatal("the row was not changed")
		}
		isStored(t, store, row)

		row.Version = 0
		row.Person = newPerson("2")
		row.ContactID = idOf(2)
		isStored(t, store, put(t, store, row))
	})
}

// fill gives each field a value of its own.
func fill(t *testing.T, v reflect.Value, next *int) {
	t.Helper()
	*next++
	switch value := v.Addr().Interface().(type) {
	case *time.Time:
		*value = time.UnixMilli(int64(1_700_000_000_000 + *next)).UTC()
		return
	case **webchat.Profile:
		*value = &webchat.Profile{Name: "N", Email: "e", Phone: "p", Avatar: "a"}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), next)
		}
	case reflect.String:
		v.SetString("text " + string(rune('A'+*next)))
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<40 + int64(*next))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), next)
		}
	default:
		t.Fatalf("the test cannot fill a %v", v.Type())
	}
}

// Keys that a loose comparison takes for one are many.
func TestKeysCompareByBytes(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		store := d.open(t)
		now := time.Now()
		var rows []contacts.Row
		for _, namespace := range []string{"bob", "Bob", "BOB", "bob ", "bób", "bo\u0301b"} {
			for _, id := range []string{"bob", "Bob", "bob ", "b%6Fb"} {
				p := contacts.Person{Namespace: namespace, InboxID: scope.InboxID, Kind: contacts.KindMember, ID: id}
				rows = append(rows, put(t, store, contacts.New(p, now)))
			}
		}
		for _, row := range rows {
			isStored(t, store, row)
			found, err := store.Rows(t.Context(), row.Scope(), contacts.Person{}, 100)
			if len(found) != 4 || err != nil {
				t.Errorf("%q has %d rows, %v", row.Namespace, len(found), err)
			}
		}
	})
}
