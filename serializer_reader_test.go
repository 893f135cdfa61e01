package maicontact

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// refuses reports the error with which both ways to read text refuse it, and
// fails the test unless they agree and change nothing.
func refuses(t *testing.T, text []byte) error {
	t.Helper()
	values, stored := map[any]any{"was": "here"}, storedEntry{text: "was here"}
	forMap := compactSerializer{}.Deserialize(text, &values)
	forEntry := compactSerializer{}.Deserialize(text, &stored)
	if (forMap == nil) != (forEntry == nil) {
		t.Fatalf("% x: the map says %v, the entry %v", text, forMap, forEntry)
	}
	var none map[any]any
	if err := (compactSerializer{}).Deserialize(text, &none); (err == nil) != (forMap == nil) || (err == nil) != (none != nil) {
		t.Fatalf("% x: a nil map says %v, another %v", text, err, forMap)
	}
	if forMap != nil && (stored != storedEntry{text: "was here"} || !reflect.DeepEqual(values, map[any]any{"was": "here"})) {
		t.Fatalf("% x: refused, and yet something changed", text)
	}
	return forMap
}

func TestCompactHostileText(t *testing.T) {
	const huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" // the largest uint64
	for name, row := range map[string]struct {
		text string
		want error
	}{
		"empty":                   {"", errNotCompact},
		"another version":         {"\x82\x00", errNotCompact},
		"only the version":        {"\x81", errCutShort},
		"trailing byte":           {"\x81\x00\x00", errMalformed},
		"huge count":              {"\x81" + huge, errCutShort},
		"count too large by one":  {"\x81\x02\x01a\x02", errCutShort},
		"more than may be":        {"\x81\x81\x08" + strings.Repeat("\x00\x02", 1025), errMalformed},
		"count without end":       {"\x81" + strings.Repeat("\xff", 11), errMalformed},
		"count longer than needs": {"\x81\x80\x00", errMalformed},
		"huge key":                {"\x81\x01" + huge + "a\x02", errCutShort},
		"key past the end":        {"\x81\x01\x03a\x02", errCutShort},
		"no value":                {"\x81\x01\x01a", errCutShort},
		"kind 0":                  {"\x81\x01\x01a\x00", errMalformed},
		"kind 11":                 {"\x81\x01\x01a\x0b", errMalformed},
		"twice the same key":      {"\x81\x02\x01a\x02\x01a\x02", errMalformed},
		"twice our key":           {"\x81\x02\x05entry\x01\x01x\x05entry\x01\x01y", errMalformed},
		"keys out of order":       {"\x81\x02\x01b\x02\x01a\x02", errMalformed},
		"huge string":             {"\x81\x01\x05entry\x01" + huge, errCutShort},
		"string past the end":     {"\x81\x01\x05entry\x01\x02x", errCutShort},
		"huge bytes":              {"\x81\x01\x01a\x08" + huge, errCutShort},
		"int too large":           {"\x81\x01\x01a\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", errMalformed},
		"int cut":                 {"\x81\x01\x01a\x05\x80", errCutShort},
		"float cut":               {"\x81\x01\x01a\x07\x00\x00\x00\x00\x00\x00\x00", errCutShort},
		"a second of nanoseconds": {"\x81\x01\x01a\x09\x00\x80\xa8\xd6\xb9\x07\x00", errMalformed},
		"negative nanoseconds":    {"\x81\x01\x01a\x09\x00\x01\x00", errMalformed},
		"a day from UTC":          {"\x81\x01\x01a\x09\x00\x00\x80\xc6\x0a", errMalformed},
		"time without offset":     {"\x81\x01\x01a\x09\x00\x00", errCutShort},
		"huge list":               {"\x81\x01\x01a\x0a" + huge, errCutShort},
		"many in lists":           {"\x81\x02\x01a\x0a\x80\x04" + strings.Repeat("\x02", 512) + "\x01b\x0a\xff\x03" + strings.Repeat("\x02", 511), errMalformed},
		"nine lists deep":         {"\x81\x01\x01a" + strings.Repeat("\x0a\x01", 9) + "\x02", errMalformed},
		"thousands of lists deep": {"\x81\x01\x01a" + strings.Repeat("\x0a\x01", 9999), errMalformed},
		"fault after our entry":   {"\x81\x02\x05entry\x01\x01x\x01z\x00", errMalformed},
		"a gob":                   {string(gobOf(t, map[any]any{"a": "b"})), errNotCompact},
		"json":                    {`{"entry":"x"}`, errNotCompact},
	} {
		if err := refuses(t, []byte(row.text)); err != row.want {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
	for name, text := range map[string]string{
		"eight lists deep": "\x81\x01\x01a" + strings.Repeat("\x0a\x01", 8) + "\x02",
		"our key, no text": "\x81\x01\x05entry\x04\x00",
	} {
		if err := refuses(t, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompactTruncated(t *testing.T) {
	text := pack(t, compactMap())
	for n := range text {
		if refuses(t, text[:n:n]) == nil {
			t.Errorf("the first %d of %d bytes were read", n, len(text))
		}
	}
	if err := refuses(t, text); err != nil {
		t.Error(err)
	}
}

func TestCompactStoredEntry(t *testing.T) {
	for name, row := range map[string]struct {
		values map[any]any
		want   storedEntry
	}{
		"ours":          {compactMap(), storedEntry{compactMap()[sessionKey].(string), true}},
		"empty text":    {map[any]any{sessionKey: ""}, storedEntry{"", true}},
		"not there":     {map[any]any{"other": "x"}, storedEntry{}},
		"nothing there": {map[any]any{}, storedEntry{}},
		"not a string":  {map[any]any{sessionKey: []byte("x")}, storedEntry{}},
		"in a list":     {map[any]any{"other": []any{sessionKey, "x"}}, storedEntry{}},
	} {
		got := storedEntry{text: "former", found: true}
		text := pack(t, row.values)
		err := compactSerializer{}.Deserialize(text, &got)
		clear(text)
		if err != nil || got != row.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, row.want)
		}
	}
	text := pack(t, compactMap())
	var got storedEntry
	if n := testing.AllocsPerRun(100, func() { _ = compactSerializer{}.Deserialize(text, &got) }); n != 1 {
		t.Errorf("%v allocations, want 1: the text", n)
	}
}

func TestCompactReadsIntoNothingElse(t *testing.T) {
	var into string
	err := compactSerializer{}.Deserialize(pack(t, map[any]any{}), &into)
	if err == nil || err.Error() != "a compact session is read into a *map[any]any, not *string" {
		t.Error(err)
	}
}

// Whatever the bytes, both ways to read agree, and what they read is written
// again as the same bytes.
func FuzzCompactDeserialize(f *testing.F) {
	f.Add(pack(f, compactMap()))
	f.Add(pack(f, map[any]any{sessionKey: "text"}))
	f.Add([]byte("\x81\x02\x05entry\x01\x01x\x05entry\x01\x01y"))
	f.Add([]byte("\x81\x01\x01a\x0a\x01\x0a\x01\x0a\x00"))
	f.Add([]byte("\x81\x01\x01a\x09\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if refuses(t, text) != nil {
			return
		}
		var values map[any]any
		var stored storedEntry
		if err := (compactSerializer{}).Deserialize(text, &values); err != nil {
			t.Fatal(err)
		}
		if err := (compactSerializer{}).Deserialize(text, &stored); err != nil {
			t.Fatal(err)
		}
		want, found := values[sessionKey].(string)
		if stored != (storedEntry{want, found}) {
			t.Fatalf("the entry is %+v, in the map %q, %v", stored, want, found)
		}
		if again := pack(t, values); !bytes.Equal(again, text) {
			t.Fatalf("% x was read, % x written", text, again)
		}
	})
}
