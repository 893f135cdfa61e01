package maicontact

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
)

// compactMap is a session of every kind of value.
func compactMap() map[any]any {
	return map[any]any{
		sessionKey: "1|inbox|shop:member:u-alice|id|stamp|1760000000", "": "", "raw": "\xff\x00|",
		"yes": true, "no": false,
		"int": -1, "most": math.MaxInt, "least": math.MinInt, "int64": int64(math.MinInt64), "uint64": uint64(math.MaxUint64),
		"float": -0.5, "inf": math.Inf(1), "bytes": []byte{0, 255}, "no bytes": []byte{},
		"never": time.Time{}, "utc": time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC), "old": time.Date(-9999, 1, 1, 0, 0, 0, 0, time.UTC),
		"there":  time.Date(2026, 11, 22, 1, 2, 3, 999999999, time.FixedZone("", -(3*3600+30*60))),
		"_flash": []any{"saved", 1, []any{time.Time{}, []any{}}, []byte("b"), true}, "none": []any{},
	}
}

func pack(t testing.TB, values map[any]any) []byte {
	t.Helper()
	text, err := compactSerializer{}.Serialize(values)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCompactRoundTrip(t *testing.T) {
	for name, values := range map[string]map[any]any{"everything": compactMap(), "empty": {}, "one": {sessionKey: "text"}} {
		text := pack(t, values)
		var got map[any]any
		err := compactSerializer{}.Deserialize(text, &got)
		clear(text) // what was read must not be a part of it
		if err != nil || !reflect.DeepEqual(got, values) {
			t.Errorf("%s: %v\n%v, want\n%v", name, err, got, values)
		}
	}
	// What changes on the way.
	taipei, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		taipei = time.FixedZone("Asia/Taipei", 8*3600)
	}
	now := time.Now()
	var got map[any]any
	text := pack(t, map[any]any{"now": now, "named": now.In(taipei), "nowhere": now.In(time.FixedZone("nowhere", 1<<30)), "west": now.In(time.FixedZone("west", -dayInSeconds)), "nil": []byte(nil), "nils": []any(nil)})
	if err := (compactSerializer{}).Deserialize(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[any]any{
		"now": now, "named": now.In(time.FixedZone("", 8*3600)), "nowhere": now.UTC(), "west": now.UTC(), "nil": []byte{}, "nils": []any{},
	}
	if !same(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// same compares two values as people would: times by instant and offset, and
// numbers bit by bit.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[any]any:
		b, ok := b.(map[any]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if w, ok := b[k]; !ok || !same(a[k], w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case time.Time:
		b, ok := b.(time.Time)
		_, here := a.Zone()
		_, there := b.Zone()
		return ok && a.Equal(b) && here == there && a.IsZero() == b.IsZero()
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return reflect.DeepEqual(a, b)
}

// Like gob, the map that is there is filled.
func TestCompactFillsTheMap(t *testing.T) {
	got := map[any]any{"stays": 1, "changes": 2}
	there := got
	if err := (compactSerializer{}).Deserialize(pack(t, map[any]any{"changes": "3"}), &got); err != nil {
		t.Fatal(err)
	}
	if want := (map[any]any{"stays": 1, "changes": "3"}); !reflect.DeepEqual(there, want) {
		t.Errorf("%v, want %v", there, want)
	}
}

type secretName string

func TestCompactRefusesToWrite(t *testing.T) {
	deep := any("secret")
	for range maxCompactDepth + 1 {
		deep = []any{deep}
	}
	circle := []any{"secret", nil}
	circle[1] = circle
	const types = ": convert it to string, bool, int, int64, uint64, float64, []byte, time.Time or []any of these"
	for name, row := range map[string]struct {
		src  any
		want string
	}{
		"struct":       {map[any]any{"k": struct{ Secret string }{"secret"}}, "a compact session holds no struct { Secret string }" + types},
		"named string": {map[any]any{"k": secretName("secret")}, "a compact session holds no maicontact.secretName" + types},
		"pointer":      {map[any]any{"k": new(int)}, "a compact session holds no *int" + types},
		"int32":        {map[any]any{"k": int32(1)}, "a compact session holds no int32" + types},
		"strings":      {map[any]any{"k": []string{"secret"}}, "a compact session holds no []string" + types},
		"nil":          {map[any]any{"k": nil}, "a compact session holds no <nil>" + types},
		"in a list":    {map[any]any{"k": []any{map[string]string{"a": "secret"}}}, "a compact session holds no map[string]string" + types},
		"int key":      {map[any]any{7: "secret"}, "a compact session has no keys of type int: use a plain string"},
		"named key":    {map[any]any{secretName("secret"): 1}, "a compact session has no keys of type maicontact.secretName: use a plain string"},
		"deep":         {map[any]any{"k": deep}, "a compact session holds lists at most 8 deep: keep it flat"},
		"circle":       {map[any]any{"k": circle}, "a compact session holds lists at most 8 deep: keep it flat"},
		"many":         {map[any]any{"k": make([]any, 0), "l": slicesOf(maxCompactValues - 1)}, "a compact session holds at most 1024 values: keep them in a database and an id in the session"},
		"not a map":    {"secret", "a compact session store writes the map[any]any of a session, not string"},
	} {
		text, err := compactSerializer{}.Serialize(row.src)
		if text != nil || err == nil || err.Error() != row.want {
			t.Errorf("%s: %d bytes, %v, want %s", name, len(text), err, row.want)
		}
	}
	// The most that fits.
	full := map[any]any{"k": slicesOf(maxCompactValues - 1)}
	var got map[any]any
	if err := (compactSerializer{}).Deserialize(pack(t, full), &got); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("a full session: %v", err)
	}
}

func slicesOf(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = true
	}
	return list
}

// Neither format takes the other for its own.
func TestCompactIsNoGob(t *testing.T) {
	for second := range 256 {
		text := append([]byte{compactVersion, byte(second)}, bytes.Repeat([]byte{1}, 300)...)
		var got map[any]any
		if err := (securecookie.GobEncoder{}).Deserialize(text, &got); err == nil || got != nil {
			t.Fatalf("gob read % x as %v", text[:2], got)
		}
	}
	// A gob starts with its length: itself, or the negated number of its bytes.
	for _, size := range []int{1, 60, 100, 130, 70_000, 1 << 25} {
		if first := gobOf(t, strings.Repeat("x", size))[0]; first == compactVersion {
			t.Errorf("a gob of %d bytes starts with the version", size)
		}
	}
}

func gobOf(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzCompactRoundTrip(f *testing.F) {
	f.Add("k", "v", true, 1, int64(-1), uint64(1), 1.5, []byte("b"), int64(0), int64(1), 28800)
	f.Add(sessionKey, "", false, math.MinInt, int64(math.MaxInt64), uint64(math.MaxUint64), math.NaN(), []byte{}, int64(math.MinInt64), int64(-1), -1)
	f.Fuzz(func(t *testing.T, key, s string, b bool, i int, i64 int64, u uint64, x float64, raw []byte, sec, nsec int64, offset int) {
		at := time.Unix(sec, nsec).In(time.FixedZone("", offset%dayInSeconds))
		if raw == nil {
			raw = []byte{}
		}
		want := map[any]any{
			key: s, key + "1": b, key + "2": i, key + "3": i64, key + "4": u, key + "5": x, key + "6": raw, key + "7": at,
			key + "8": []any{s, b, i, []any{i64, u, x}, raw, at},
		}
		text := pack(t, want)
		var got map[any]any
		if err := (compactSerializer{}).Deserialize(text, &got); err != nil || !same(got, want) {
			t.Fatalf("%v\n%v, want\n%v", err, got, want)
		}
		for n := range min(len(text), 64) {
			if refuses(t, text[:n]) == nil {
				t.Fatalf("the first %d of %d bytes were read", n, len(text))
			}
		}
	})
}

// benchmarkEntry is what our session holds, at its usual size.
var benchmarkEntry = map[any]any{
	sessionKey: "1|11111111-1111-4111-8111-111111111111|shop:member:0b9f7a52-36fd-4a5e-b6f2-6f6d1f9c4a11|22222222-2222-4222-8222-222222222222|q83vEjRWeJA|1760000000",
}

func BenchmarkSerialize(b *testing.B) {
	for name, s := range map[string]securecookie.Serializer{"compact": compactSerializer{}, "gob": securecookie.GobEncoder{}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Serialize(benchmarkEntry); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDeserialize(b *testing.B) {
	for name, s := range map[string]securecookie.Serializer{"compact": compactSerializer{}, "gob": securecookie.GobEncoder{}} {
		text, err := s.Serialize(benchmarkEntry)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				values := map[any]any{}
				if err := s.Deserialize(text, &values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	text := pack(b, benchmarkEntry)
	b.Run("entry", func(b *testing.B) {
		b.ReportAllocs()
		var stored storedEntry
		for b.Loop() {
			if err := (compactSerializer{}).Deserialize(text, &stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The whole of gorilla/securecookie, in one run.
func BenchmarkCookieDecode(b *testing.B) {
	key := bytes.Repeat([]byte("k"), 32)
	compact, gobs := securecookie.New(key, nil).SetSerializer(compactSerializer{}), securecookie.New(key, nil)
	for _, row := range []struct {
		name  string
		codec *securecookie.SecureCookie
		entry bool
	}{{"compact entry", compact, true}, {"compact map", compact, false}, {"gob map", gobs, false}} {
		text, err := row.codec.Encode("maicontact", benchmarkEntry)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var dst any
				if row.entry {
					dst = new(storedEntry)
				} else {
					dst = &map[any]any{}
				}
				if err := row.codec.Decode("maicontact", text, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The bytes are in people's cookies: they stay what they are.
func TestCompactFormat(t *testing.T) {
	got := pack(t, map[any]any{
		"s": "ab", "f": false, "t": true, "i": 1, "j": int64(-2), "u": uint64(300), "x": 1.0, "b": []byte{7},
		"a": time.Unix(1, 2).In(time.FixedZone("", 3)), "l": []any{"", 0},
	})
	want := "\x81\x0a" +
		"\x01a\x09\x02\x04\x06" +
		"\x01b\x08\x01\x07" +
		"\x01f\x02" +
		"\x01i\x04\x02" +
		"\x01j\x05\x03" +
		"\x01l\x0a\x02\x01\x00\x04\x00" +
		"\x01s\x01\x02ab" +
		"\x01t\x03" +
		"\x01u\x06\xac\x02" +
		"\x01x\x07" + string(binary.BigEndian.AppendUint64(nil, math.Float64bits(1)))
	if string(got) != want {
		t.Errorf("% x, want\n% x", got, want)
	}
}
