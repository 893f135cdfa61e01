package session

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/securecookie"
)

// A cookie is, in URL-safe base64 without padding,
//
//	version, 1 byte | key id, 2 | salt, 12 | nonce, 12 | sealed | tag, 16
//
// and sealed in it are
//
//	kind, 1 byte | seconds since 1970 when it was written, a uvarint | body
//
// Authenticated with it are version, key id, what the cookie is for, and its
// name.
const (
	cookieVersion = 1
	cookiePurpose = "maicontact session cookie\n"
	headerSize    = 1 + keyIDSize
	// What browsers keep of one cookie.
	longestCookie = 4096
	mostBytes     = longestCookie / 4 * 3
	// How far the clocks of two servers may differ.
	clockSkew = time.Minute
)

// What a body is. The numbers are in cookies and are not used again.
const (
	kindEntry = 1 // the bytes of the one entry that the session holds
	kindGob   = 2 // anything else, by gob
)

// codec is the [securecookie.Codec] of [NewCookieStore]. The first key writes,
// all read. It is safe for concurrent use.
type codec struct{ keys []*key }

// cookieError is a [securecookie.Error]: that is how gorilla and its users tell
// a cookie of no use from a store that fails.
type cookieError struct {
	text   string
	decode bool
}

func (e *cookieError) Error() string    { return e.text }
func (e *cookieError) IsUsage() bool    { return !e.decode }
func (e *cookieError) IsDecode() bool   { return e.decode }
func (e *cookieError) IsInternal() bool { return false }
func (e *cookieError) Cause() error     { return nil }

// errCookie is all that anybody learns about a cookie that is refused.
var errCookie = &cookieError{text: "maicontact: the cookie is not valid", decode: true}

// scratch is the room that one cookie needs. It is used again, since what the
// cipher is given would be allocated each time.
type scratch struct {
	derived [secretSize]byte
	about   []byte // what is authenticated with it
	raw     [mostBytes]byte
	plain   [mostBytes]byte
	used    int // of plain, at most
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// release gives the room back with nothing of the cookie in it.
func (room *scratch) release() {
	clear(room.derived[:])
	clear(room.plain[:room.used])
	scratches.Put(room)
}

// authenticated returns what is authenticated with a cookie.
func (room *scratch) authenticated(header []byte, name string) []byte {
	room.about = append(append(append(room.about[:0], header...), cookiePurpose...), name...)
	return room.about
}

// Encode seals a value. An error tells nothing of the value.
func (c *codec) Encode(name string, value any) (string, error) {
	room := scratches.Get().(*scratch)
	defer room.release()
	room.used = mostBytes
	plain := binary.AppendUvarint(append(room.plain[:0], 0), uint64(time.Now().Unix())) // #nosec G115 -- after 1970
	plain, err := appendValue(plain, value)
	if err != nil {
		return "", err
	}
	if len(plain) > mostBytes-headerSize-saltSize-sealSize {
		return "", &cookieError{text: "maicontact: the session does not fit into a cookie: keep large values in a database, and an id in the session"}
	}
	raw, err := c.seal(room, name, plain)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(raw), nil
}

// appendEntry appends what Encode makes of a session with nothing but the entry.
// It reports false for an entry that cannot be written.
func (c *codec) appendEntry(b []byte, name string, e *Entry, now time.Time) (_ []byte, ok bool, _ error) {
	room := scratches.Get().(*scratch)
	defer room.release()
	room.used = 1 + binary.MaxVarintLen64 + longestEntry
	plain, ok := e.append(binary.AppendUvarint(append(room.plain[:0], kindEntry), uint64(now.Unix()))) // #nosec G115 -- after 1970
	if !ok {
		return nil, false, nil
	}
	raw, err := c.seal(room, name, plain)
	if err != nil {
		return nil, true, err
	}
	return encoding.AppendEncode(b, raw), true, nil
}

// seal returns a cookie's bytes, as a part of the room.
func (c *codec) seal(room *scratch, name string, plain []byte) ([]byte, error) {
	k := c.keys[0]
	raw := append(append(room.raw[:0], cookieVersion), k.id[:]...)
	about := room.authenticated(raw, name)
	aead, err := k.next(&room.derived)
	if err != nil {
		return nil, fmt.Errorf("maicontact: the cookie cannot be sealed: %w", err)
	}
	raw = append(raw, aead.salt[:]...)
	return aead.Seal(raw, nil, plain, about), nil // #nosec G407 -- the AEAD makes its own nonce
}

// appendValue appends the body of a value, and puts its kind at the front.
func appendValue(plain []byte, value any) ([]byte, error) {
	if values, ok := value.(map[any]any); ok && len(values) == 1 {
		text, _ := values[entryKey].(string)
		if _, ok := Decode(text); ok {
			plain[0] = kindEntry
			return encoding.AppendDecode(plain, []byte(text))
		}
	}
	body, err := securecookie.GobEncoder{}.Serialize(value)
	if err != nil {
		return nil, fmt.Errorf("maicontact: the session holds what gob cannot write, such as a type that is not registered: %w", err)
	}
	plain[0] = kindGob
	return append(plain, body...), nil
}

// Decode opens a cookie into dst: a *map[any]any of a session, or for gob whatever
// was written.
func (c *codec) Decode(name, value string, dst any) error {
	room := scratches.Get().(*scratch)
	defer room.release()
	kind, body, ok := c.open(room, name, value, time.Now())
	if !ok {
		return errCookie
	}
	switch dst := dst.(type) {
	case *map[any]any:
		if kind == kindEntry {
			if *dst == nil {
				*dst = map[any]any{}
			}
			(*dst)[entryKey] = encoding.EncodeToString(body)
			return nil
		}
	}
	if kind != kindGob || (securecookie.GobEncoder{}).Deserialize(body, dst) != nil {
		return errCookie
	}
	return nil
}

// entryOf opens a cookie that holds nothing but an entry. It reports false for
// every other.
func (c *codec) entryOf(name, value string, now time.Time) (Entry, bool) {
	room := scratches.Get().(*scratch)
	defer room.release()
	kind, body, ok := c.open(room, name, value, now)
	if !ok || kind != kindEntry {
		return Entry{}, false
	}
	return decodeBytes(body)
}

// open checks a cookie and returns what is in it, as a part of the room.
func (c *codec) open(room *scratch, name, value string, now time.Time) (kind byte, body []byte, ok bool) {
	room.used = 0
	if len(value) > longestCookie {
		return 0, nil, false
	}
	size, err := encoding.Decode(room.raw[:], []byte(value))
	if err != nil || encoding.EncodedLen(size) != len(value) || size < headerSize+saltSize+sealSize || room.raw[0] != cookieVersion {
		return 0, nil, false
	}
	raw := room.raw[:size]
	room.used = size
	about := room.authenticated(raw[:headerSize], name)
	for _, k := range c.keys {
		if [keyIDSize]byte(raw[1:headerSize]) != k.id {
			continue
		}
		aead, err := k.of([saltSize]byte(raw[headerSize:]), &room.derived)
		if err != nil {
			continue
		}
		plain, err := aead.Open(room.plain[:0], nil, raw[headerSize+saltSize:], about)
		if err != nil {
			continue
		}
		k.remember(aead)
		return inTime(plain, now)
	}
	return 0, nil, false
}

// inTime takes apart what was sealed, unless it is too old or of the future.
func inTime(plain []byte, now time.Time) (kind byte, body []byte, ok bool) {
	if len(plain) == 0 {
		return 0, nil, false
	}
	seconds, n := binary.Uvarint(plain[1:])
	if n <= 0 || seconds > latestSecond {
		return 0, nil, false
	}
	age := now.Sub(time.Unix(int64(seconds), 0)).Truncate(time.Second)
	if age < -clockSkew || age > CookieMaxAge {
		return 0, nil, false
	}
	return plain[0], plain[1+n:], true
}

// Format writes "[cookie codec]" for every verb: it holds keys.
func (c *codec) Format(f fmt.State, _ rune) { io.WriteString(f, "[cookie codec]") }
