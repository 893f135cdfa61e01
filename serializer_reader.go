package maicontact

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

var (
	errNotCompact = errors.New("not a compact session")
	errCutShort   = errors.New("the compact session is cut short")
	errMalformed  = errors.New("the compact session is malformed")
)

// compactReader walks the compact format. After the first fault it reads only
// zeros.
type compactReader struct {
	rest   []byte
	values int
	err    error
}

func (r *compactReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}

// session reads the whole text, puts its values into the map unless that is
// nil, and returns the string under sessionKey, still a part of the text.
func (r *compactReader) session(into map[any]any) (stored []byte, found bool) {
	if len(r.rest) == 0 || r.rest[0] != compactVersion {
		r.fail(errNotCompact)
		return nil, false
	}
	r.rest = r.rest[1:]
	var last []byte
	for i := range r.count() {
		key := r.bytes()
		// Ascending, so that no key comes twice.
		if i > 0 && string(key) <= string(last) {
			r.fail(errMalformed)
		}
		last = key
		if string(key) == sessionKey && len(r.rest) > 0 && r.rest[0] == kindString {
			ahead := compactReader{rest: r.rest[1:]}
			stored, found = ahead.bytes(), true
		}
		value := r.value(0, into != nil)
		if r.err != nil {
			return nil, false
		}
		if into != nil {
			into[string(key)] = value
		}
	}
	if len(r.rest) > 0 {
		r.fail(errMalformed)
	}
	return stored, found
}

// value reads one value, and makes it only when it is to be kept.
func (r *compactReader) value(depth int, keep bool) any {
	if r.values++; r.values > maxCompactValues {
		r.fail(errMalformed)
		return nil
	}
	switch kind := r.take(1); {
	case kind == nil:
		return nil
	case kind[0] == kindString:
		if b := r.bytes(); keep {
			return string(b)
		}
	case kind[0] == kindFalse, kind[0] == kindTrue:
		return kind[0] == kindTrue
	case kind[0] == kindInt:
		n := r.varint()
		if int64(int(n)) != n { // of a larger machine
			r.fail(errMalformed)
		}
		if keep {
			return int(n)
		}
	case kind[0] == kindInt64:
		if n := r.varint(); keep {
			return n
		}
	case kind[0] == kindUint64:
		if n := r.uvarint(); keep {
			return n
		}
	case kind[0] == kindFloat64:
		if b := r.take(8); keep && b != nil {
			return math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case kind[0] == kindBytes:
		if b := r.bytes(); keep {
			return append([]byte{}, b...)
		}
	case kind[0] == kindTime:
		if t := r.time(keep); keep {
			return t
		}
	case kind[0] == kindList:
		return r.list(depth, keep)
	default:
		r.fail(errMalformed)
	}
	return nil
}

func (r *compactReader) list(depth int, keep bool) any {
	if depth == maxCompactDepth {
		r.fail(errMalformed)
		return nil
	}
	n := r.count()
	var list []any
	if keep {
		list = make([]any, 0, n)
	}
	for range n {
		v := r.value(depth+1, keep)
		if r.err != nil {
			return nil
		}
		if keep {
			list = append(list, v)
		}
	}
	if !keep {
		return nil
	}
	return list
}

func (r *compactReader) time(keep bool) time.Time {
	seconds, nanoseconds, offset := r.varint(), r.varint(), r.varint()
	if nanoseconds < 0 || nanoseconds >= 1e9 || offset <= -dayInSeconds || offset >= dayInSeconds {
		r.fail(errMalformed)
	}
	if !keep || r.err != nil {
		return time.Time{}
	}
	t := time.Unix(seconds, nanoseconds)
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", int(offset)))
}

// count reads how many values follow. Each takes a byte at least.
func (r *compactReader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail(errCutShort)
		return 0
	}
	if n > maxCompactValues {
		r.fail(errMalformed)
		return 0
	}
	return int(n)
}

// bytes reads a length and as many bytes.
func (r *compactReader) bytes() []byte {
	return r.take(r.uvarint())
}

// take reads n bytes. They are a part of the text.
func (r *compactReader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail(errCutShort)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *compactReader) uvarint() uint64 {
	u, n := binary.Uvarint(r.rest)
	if n == 0 {
		r.fail(errCutShort)
		return 0
	}
	if n < 0 || n > 1 && r.rest[n-1] == 0 { // too large, or longer than it need be
		r.fail(errMalformed)
		return 0
	}
	r.rest = r.rest[n:]
	return u
}

func (r *compactReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}
