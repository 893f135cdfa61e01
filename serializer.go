package maicontact

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
)

// compactVersion is the first byte of the compact format. No gob starts with
// it, and gob refuses it whatever follows, so that a reader of the one never
// takes the other for its own.
const compactVersion = 0x81

// The kinds of values. The numbers are in cookies: they are never reused.
const (
	kindString  = 1
	kindFalse   = 2
	kindTrue    = 3
	kindInt     = 4
	kindInt64   = 5
	kindUint64  = 6
	kindFloat64 = 7
	kindBytes   = 8
	kindTime    = 9
	kindList    = 10
)

// Bounds of both directions: what is written can be read.
const (
	maxCompactValues = 1024 // in all, those in lists too
	maxCompactDepth  = 8    // of lists in lists
	dayInSeconds     = 24 * 60 * 60
)

// compactSerializer is the [securecookie.Serializer] of [NewCookieStore]. It
// writes a session's map, and reads it into a *map[any]any or, only the entry,
// into a *storedEntry. The format is in docs/session-store.md. It has no state
// and is safe for concurrent use.
type compactSerializer struct{}

// storedEntry is what a session holds under sessionKey.
type storedEntry struct {
	text  string
	found bool // there is a value, and it is a string
}

// Serialize writes src, a map[any]any. An error names a type, never a value.
func (compactSerializer) Serialize(src any) ([]byte, error) {
	values, ok := src.(map[any]any)
	if !ok {
		return nil, fmt.Errorf("a compact session store writes the map[any]any of a session, not %T", src)
	}
	keys := make([]string, 0, 16)
	for key := range values {
		s, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("a compact session has no keys of type %T: use a plain string", key)
		}
		keys = append(keys, s)
	}
	slices.Sort(keys)
	w := compactWriter{text: make([]byte, 0, 256)}
	w.text = append(w.text, compactVersion)
	w.text = binary.AppendUvarint(w.text, uint64(len(keys)))
	for _, key := range keys {
		w.text = binary.AppendUvarint(w.text, uint64(len(key)))
		w.text = append(w.text, key...)
		if err := w.value(values[key], 0); err != nil {
			return nil, err
		}
	}
	return w.text, nil
}

type compactWriter struct {
	text   []byte
	values int
}

func (w *compactWriter) value(v any, depth int) error {
	if w.values++; w.values > maxCompactValues {
		return fmt.Errorf("a compact session holds at most %d values: keep them in a database and an id in the session", maxCompactValues)
	}
	switch v := v.(type) {
	case string:
		w.text = binary.AppendUvarint(append(w.text, kindString), uint64(len(v)))
		w.text = append(w.text, v...)
	case bool:
		if v {
			w.text = append(w.text, kindTrue)
		} else {
			w.text = append(w.text, kindFalse)
		}
	case int:
		w.text = binary.AppendVarint(append(w.text, kindInt), int64(v))
	case int64:
		w.text = binary.AppendVarint(append(w.text, kindInt64), v)
	case uint64:
		w.text = binary.AppendUvarint(append(w.text, kindUint64), v)
	case float64:
		w.text = binary.BigEndian.AppendUint64(append(w.text, kindFloat64), math.Float64bits(v))
	case []byte:
		w.text = binary.AppendUvarint(append(w.text, kindBytes), uint64(len(v)))
		w.text = append(w.text, v...)
	case time.Time:
		w.text = binary.AppendVarint(append(w.text, kindTime), v.Unix())
		w.text = binary.AppendVarint(w.text, int64(v.Nanosecond()))
		_, offset := v.Zone()
		if offset <= -dayInSeconds || offset >= dayInSeconds {
			offset = 0 // of no place; the instant stays
		}
		w.text = binary.AppendVarint(w.text, int64(offset))
	case []any:
		if depth == maxCompactDepth {
			return fmt.Errorf("a compact session holds lists at most %d deep: keep it flat", maxCompactDepth)
		}
		w.text = binary.AppendUvarint(append(w.text, kindList), uint64(len(v)))
		for _, element := range v {
			if err := w.value(element, depth+1); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a compact session holds no %T: convert it to string, bool, int, int64, uint64, float64, []byte, time.Time or []any of these", v)
	}
	return nil
}

// Deserialize reads what Serialize wrote into dst, a *map[any]any or a
// *storedEntry, and refuses anything else with an error that leaves dst as it
// was. Nothing in dst is part of text afterwards. As with gob, what the map
// held and the text does not stays.
func (compactSerializer) Deserialize(text []byte, dst any) error {
	// The same walk checks for both, before anything is changed.
	check := compactReader{rest: text}
	switch dst := dst.(type) {
	case *storedEntry:
		stored, found := check.session(nil)
		if check.err != nil {
			return check.err
		}
		*dst = storedEntry{text: string(stored), found: found}
	case *map[any]any:
		if check.session(nil); check.err != nil {
			return check.err
		}
		if *dst == nil {
			*dst = map[any]any{}
		}
		fill := compactReader{rest: text}
		fill.session(*dst)
	default:
		return fmt.Errorf("a compact session is read into a *map[any]any, not %T", dst)
	}
	return nil
}
