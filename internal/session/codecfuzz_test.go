package session

import (
	"encoding/binary"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
)

func FuzzCodecDecode(f *testing.F) {
	c := codecOf(f, "ab")
	good := encode(f, c, sessionOf(member))
	for _, value := range []string{good, encode(f, c, map[any]any{"k": 1}), "", "AQ", good[:60], strings.Repeat("A", 5000)} {
		f.Add("maicontact", value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		var values map[any]any
		err := c.Decode(name, value, &values)
		if err != nil && err != error(errCookie) {
			t.Error(err)
		}
		if e, ok := c.entryOf(name, value, time.Now()); ok && (err != nil || values[entryKey] != e.Encode()) {
			t.Error("the entry alone is another")
		}
	})
}

// What was sealed, by us, holds anything at all: it is refused or read, and the
// two ways of reading agree.
func FuzzCodecBody(f *testing.F) {
	c := codecOf(f, "a")
	entry, _ := encoding.DecodeString(member.Encode())
	gob, _ := securecookie.GobEncoder{}.Serialize(map[any]any{"user": "u-1"})
	f.Add(byte(kindEntry), entry)
	f.Add(byte(kindGob), gob)
	f.Add(byte(kindGob), entry)
	f.Add(byte(3), []byte{})
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		plain := append(binary.AppendUvarint([]byte{kind}, uint64(time.Now().Unix())), body...)
		value := sealed(t, secretOf("a"), make([]byte, 24), plain, "maicontact")
		var values map[any]any
		e, alone := c.entryOf("maicontact", value, time.Now())
		whole := c.Decode("maicontact", value, &values)
		text, _ := values[entryKey].(string)
		if got, ok := Decode(text); alone != (ok && kind == kindEntry) || alone && got != e {
			t.Errorf("%v and %v", alone, whole)
		}
	})
}

func FuzzCodecRoundTrip(f *testing.F) {
	c := codecOf(f, "a")
	f.Add("maicontact", entryKey, member.Encode())
	f.Add("", entryKey, "AWMV")
	f.Add("s", "k", "\xff\x00|")
	f.Fuzz(func(t *testing.T, name, k, v string) {
		values := map[any]any{k: v}
		value, err := c.Encode(name, values)
		if err != nil {
			return
		}
		var got map[any]any
		if err := c.Decode(name, value, &got); err != nil || !maps.Equal(got, values) {
			t.Errorf("%v, %v", got, err)
		}
		if c.Decode(name+"x", value, &got) == nil {
			t.Error("it passes under another name")
		}
	})
}
