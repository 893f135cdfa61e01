package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/securecookie"
)

func secretOf(letter string) []byte { return []byte(strings.Repeat(letter, secretSize)) }

func codecOf(t testing.TB, letters string) *codec {
	t.Helper()
	var secrets [][]byte
	for _, letter := range letters {
		secrets = append(secrets, secretOf(string(letter)))
	}
	store, err := NewCookieStore(secrets[0], secrets[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return store.Codecs[0].(*codec)
}

func encode(t testing.TB, c *codec, value any) string {
	t.Helper()
	text, err := c.Encode("maicontact", value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// read opens a cookie as gorilla does: nil when it is refused.
func read(c *codec, value string) map[any]any {
	var values map[any]any
	if c.Decode("maicontact", value, &values) != nil {
		return nil
	}
	return values
}

func sessionOf(e Entry) map[any]any { return map[any]any{entryKey: e.Encode()} }

func TestCodecRoundTrip(t *testing.T) {
	c := codecOf(t, "a")
	for name, test := range map[string]struct {
		values map[any]any
		kind   byte
	}{
		"member": {sessionOf(member), kindEntry}, "visitor": {sessionOf(visitor), kindEntry}, "largest": {sessionOf(largest), kindEntry},
		"empty": {map[any]any{}, kindGob}, "a site's own": {map[any]any{"user": "u-1", 7: []any{"saved", 8}, "raw": "\xff"}, kindGob},
		"entry and more": {map[any]any{entryKey: member.Encode(), "user": "u-1"}, kindGob},
		"no entry":       {map[any]any{entryKey: "AWMV"}, kindGob}, "no text": {map[any]any{entryKey: 1}, kindGob}, "other key": {map[any]any{"e": member.Encode()}, kindGob},
	} {
		value := encode(t, c, test.values)
		kind, _, ok := c.open(new(scratch), "maicontact", value, time.Now())
		if got := read(c, value); !ok || kind != test.kind || !reflect.DeepEqual(got, test.values) {
			t.Errorf("%s: kind %d, %v, want kind %d, %v", name, kind, got, test.kind, test.values)
		}
		e, ok := c.entryOf("maicontact", value, time.Now())
		want, _ := test.values[entryKey].(string)
		if ok != (test.kind == kindEntry) || ok && e.Encode() != want || !ok && e != (Entry{}) {
			t.Errorf("%s: the entry alone: %t", name, ok)
		}
	}
	// Other things than sessions, as a store of files has them.
	var id string
	if err := c.Decode("maicontact", encode(t, c, "id-1"), &id); err != nil || id != "id-1" {
		t.Errorf("%q, %v", id, err)
	}
	if c.Decode("maicontact", encode(t, c, sessionOf(member)), &id) == nil {
		t.Error("an entry was read as something else")
	}
	// What is there stays, as with gob.
	values := map[any]any{"k": 1}
	if c.Decode("maicontact", encode(t, c, sessionOf(member)), &values) != nil || len(values) != 2 {
		t.Errorf("%v", values)
	}
}

// Of secrets of 32 times a or b, with the nonce 0123456789abcdef01234567, at
// midnight on 2000-01-01.
const (
	vectorEntry = "AQ6dMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3FKopop1y-VePT6Iz8D68RRLv54duzd-jvnd6jK63ky7ZQ610PJ0yW8eaBlM-Tn3cuDAEfehxQIuANmXKzYlog04BK2Etg6_lVYmUA3vhX_nV7v3XlH6RyfjqIR4KYPV0oxM_81F0zbxdpUX3r8RhQHwSb3XuPUIRFJLn"
	vectorOlder = "AShDMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3Ykj5JftI7XZc-HC1NNIQjNTclXKOYtnt-UMWMEpmxQcI7ybXBYenf2LSEjzrp8EWabbdRhXrYJhlRYBpMwDwcdhCs4-pDodGVG6HjWEPuo-af07P78WT5F9yz3yUDgUR_x-BKQJCiu2lL7K2oU-Mmjk60QNXJ1WzEa8D"
	vectorGob   = "AQ6dMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3F6opop1y9Uue-WU-_e_u5on9SmRj7fyjr1Mr2v783wv3x49Sa8x1C-7EMFkAE2K29n43Xoo62bqpvFmV_nEF2koPzqM3UQ"
)

// The format, for ever: what these cookies hold can be read, and is what the
// description of the format says.
func TestCodecVectors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight on 2000-01-01
		c := codecOf(t, "ab")
		nonce := []byte("0123456789abcdef01234567")
		plain := func(kind byte, body string) []byte {
			return append(binary.AppendUvarint([]byte{kind}, uint64(time.Now().Unix())), body...)
		}
		entry, _ := encoding.DecodeString(member.Encode())
		values := map[any]any{"user": "u-1"}
		gob, err := securecookie.GobEncoder{}.Serialize(values)
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			secret string
			plain  []byte
			want   string
			values map[any]any
		}{
			"entry":           {"a", plain(kindEntry, string(entry)), vectorEntry, sessionOf(member)},
			"of older secret": {"b", plain(kindEntry, string(entry)), vectorOlder, sessionOf(member)},
			"gob":             {"a", plain(kindGob, string(gob)), vectorGob, values},
		} {
			if got := sealed(t, secretOf(test.secret), nonce, test.plain, "maicontact"); got != test.want && name != "gob" /* which numbers types as they come */ {
				t.Errorf("%s: the format has changed: %s", name, got)
			}
			if got := read(c, test.want); !reflect.DeepEqual(got, test.values) {
				t.Errorf("%s: %v", name, got)
			}
		}
		if read(c, sealedAs(t, 2, secretOf("a"), nonce, plain(kindEntry, string(entry)), "maicontact")) != nil {
			t.Error("another version was read")
		}
		// What the codec writes is the same but for its nonce.
		value := encode(t, c, sessionOf(member))
		raw, _ := encoding.DecodeString(value)
		if value != sealed(t, secretOf("a"), raw[headerSize:headerSize+24], plain(kindEntry, string(entry)), "maicontact") {
			t.Error("the codec writes something else")
		}
	})
}

func TestCodecTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := codecOf(t, "a")
		value := encode(t, c, sessionOf(member))
		at := func(after time.Duration) string {
			body := binary.AppendUvarint([]byte{kindEntry}, uint64(time.Now().Add(after).Unix()))
			entry, _ := encoding.DecodeString(member.Encode())
			return sealed(t, secretOf("a"), make([]byte, 24), append(body, entry...), "maicontact")
		}
		for after, want := range map[time.Duration]bool{
			0: true, clockSkew: true, clockSkew + time.Second: false, 1000 * time.Hour: false,
			-CookieMaxAge: true, -CookieMaxAge - time.Second: false, -25 * 365 * 24 * time.Hour: false,
		} {
			if got := read(c, at(after)) != nil; got != want {
				t.Errorf("written %v from now: %v", after, got)
			}
		}
		gob, err := securecookie.GobEncoder{}.Serialize(sessionOf(member))
		if err != nil {
			t.Fatal(err)
		}
		for name, plain := range map[string][]byte{
			"nothing": {}, "no time": {kindEntry}, "half a time": {kindEntry, 0x80}, "far": binary.AppendUvarint([]byte{kindGob}, 1<<63),
			"no kind": append(binary.AppendUvarint([]byte{0}, uint64(time.Now().Unix())), gob...), "no gob": append(binary.AppendUvarint([]byte{kindGob}, uint64(time.Now().Unix())), "x"...),
		} {
			if got := read(c, sealed(t, secretOf("a"), make([]byte, 24), plain, "maicontact")); got != nil {
				t.Errorf("%s: %v", name, got)
			}
		}
		time.Sleep(CookieMaxAge + 500*time.Millisecond)
		if read(c, value) == nil {
			t.Error("it ended too soon")
		}
		time.Sleep(500 * time.Millisecond)
		if read(c, value) != nil {
			t.Error("it did not end")
		}
	})
}

// No place of a cookie can be changed, no cookie passes under another name, and
// nobody learns why.
func TestCodecTampered(t *testing.T) {
	c := codecOf(t, "ab")
	for name, values := range map[string]map[any]any{"entry": sessionOf(member), "gob": {"user": "u-1"}} {
		value := encode(t, c, values)
		raw, err := encoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what, name, value string) {
			var got map[any]any
			var e Entry
			for _, dst := range []any{&got, &e} {
				if err := c.Decode(name, value, dst); err != error(errCookie) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if got != nil || e != (Entry{}) {
				t.Errorf("%s: something was read", what)
			}
		}
		for i := range raw {
			for bit := range 8 {
				changed := bytes.Clone(raw)
				changed[i] ^= 1 << bit
				try(fmt.Sprintf("%s: byte %d, bit %d", name, i, bit), "maicontact", encoding.EncodeToString(changed))
			}
			try(fmt.Sprintf("%s: cut at byte %d", name, i), "maicontact", encoding.EncodeToString(raw[:i]))
		}
		for i := range value {
			try(fmt.Sprintf("%s: cut at character %d", name, i), "maicontact", value[:i])
			try(fmt.Sprintf("%s: line break at %d", name, i), "maicontact", value[:i]+"\n"+value[i:])
			for _, other := range "AZaz09-_=+/ \x00" {
				if changed := value[:i] + string(other) + value[i+1:]; changed != value {
					try(fmt.Sprintf("%s: %q at %d", name, other, i), "maicontact", changed)
				}
			}
		}
		for _, other := range []string{"", "other", "maicontac", "maicontact2", "Maicontact"} {
			try(name+": as "+other, other, value)
		}
		try(name+": long", "maicontact", strings.Repeat("A", maxCookieLength+1))
		try(name+": twice", "maicontact", value+value)
		try(name+": empty", "maicontact", "")
		if read(c, value) == nil {
			t.Errorf("%s: the cookie itself was refused", name)
		}
	}
	if err := errors.Join(securecookie.MultiError{errCookie}); isStoreFailure(err) || isStoreFailure(errCookie) {
		t.Error("a refused cookie is taken for trouble")
	}
}

// A row for each writer, a column for each reader: what may run side by side
// while a secret is changed.
func TestCodecRotation(t *testing.T) {
	stages := []string{"a", "ab", "ba", "b"}
	var got []string
	for _, writer := range stages {
		value, row := encode(t, codecOf(t, writer), sessionOf(member)), ""
		for _, reader := range stages {
			if read(codecOf(t, reader), value) != nil {
				row += "x"
			} else {
				row += "-"
			}
		}
		got = append(got, row)
	}
	if all := strings.Join(got, " "); all != "xxx- xxx- -xxx -xxx" {
		t.Error(all)
	}
	// Two secrets whose ids happen to be the same are both tried.
	c := codecOf(t, "ab")
	value := encode(t, codecOf(t, "b"), sessionOf(member))
	c.keys[0].id = c.keys[1].id
	if read(c, value) == nil {
		t.Error("the second key of an id was not tried")
	}
}

func TestCodecRefusesToWrite(t *testing.T) {
	c := codecOf(t, "a")
	type unknown struct{ A string }
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"what fits": {strings.Repeat("secret", 2900/6), ""},
		"too long":  {strings.Repeat("secret", 3100/6), "does not fit into a cookie"}, "far too long": {strings.Repeat("secret", 1e6), "does not fit into a cookie"},
		"a type of its own": {unknown{"secret"}, "not registered"},
	} {
		value, err := c.Encode("maicontact", map[any]any{"k": test.value})
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v", name, err)
		}
		if len(value) > maxCookieLength || err == nil && read(c, value) == nil {
			t.Errorf("%s: %d characters, which are not read", name, len(value))
		}
	}
}

// No key and no value is in what is printed or left behind.
func TestCodecKeepsSecrets(t *testing.T) {
	c := codecOf(t, "a")
	if text := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Count(text, "[cookie codec]") != 4 {
		t.Error(text)
	}
	room := scratchPool.Get().(*scratch)
	if _, _, ok := c.open(room, "maicontact", encode(t, c, sessionOf(member)), time.Now()); !ok {
		t.Fatal("refused")
	}
	room.release()
	if room.plain != [maxCookieBytes]byte{} || room.derived != [secretSize]byte{} {
		t.Error("the room still holds the cookie")
	}
	// What wrote a cookie gives its room back in the same way.
	for name, write := range map[string]func(){
		"a session": func() { encode(t, c, map[any]any{"k": strings.Repeat("secret", 400)}) },
		"an entry":  func() { _, _, _ = c.appendEntry(nil, "maicontact", &largest, time.Now()) },
	} {
		for range 20 {
			room := scratchPool.Get().(*scratch)
			room.used = 0
			scratchPool.Put(room)
			write()
			room = scratchPool.Get().(*scratch)
			if room.plain != [maxCookieBytes]byte{} || room.derived != [secretSize]byte{} {
				t.Fatalf("the room of %s still holds it", name)
			}
			scratchPool.Put(room)
		}
	}
}

// Nonces do not come twice, and many may use one codec.
func TestCodecConcurrently(t *testing.T) {
	c := codecOf(t, "ab")
	var all sync.Map
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 200 {
				values := map[any]any{"n": fmt.Sprint(i, j)}
				if j%2 == 0 {
					values = sessionOf(Entry{Owner: member.Owner, Trust: int64(i*1000 + j)})
				}
				value, err := c.Encode("maicontact", values)
				if err != nil || !maps.Equal(read(c, value), values) {
					t.Errorf("%d, %d: %v", i, j, err)
				}
				raw, _ := encoding.DecodeString(value)
				if _, seen := all.LoadOrStore(string(raw[headerSize:headerSize+saltSize+12]), true); seen {
					t.Error("a nonce came twice with its salt")
				}
			}
		})
	}
	group.Wait()
}

// A cookie and an entry have one form only, whatever their length: a text with a line
// break in it is another.
func TestLineBreakAtEveryLength(t *testing.T) {
	c := codecOf(t, "a")
	for n := range 4 {
		value := encode(t, c, map[any]any{"user": strings.Repeat("u", n)})
		var got map[any]any
		if err := c.Decode("maicontact", value[:20]+"\n"+value[20:], &got); err == nil {
			t.Errorf("a cookie of %d characters was read with a line break", len(value))
		}
		e := member
		e.Visitor = strings.Repeat("v", n)
		if text := e.Encode(); text == "" {
			t.Fatal("the entry was not written")
		} else if _, ok := Decode(text[:20] + "\n" + text[20:]); ok {
			t.Errorf("an entry of %d characters was read with a line break", len(text))
		}
	}
}
