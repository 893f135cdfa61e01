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
	maxCookieLength = 4096
	maxCookieBytes  = maxCookieLength / 4 * 3
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

// cookieError is a [securecookie.Error]: by it gorilla and its users distinguish an
// invalid cookie from a store that fails.
type cookieError struct {
	text   string
	decode bool
}

func (e *cookieError) Error() string    { return e.text }
func (e *cookieError) IsUsage() bool    { return !e.decode }
func (e *cookieError) IsDecode() bool   { return e.decode }
func (e *cookieError) IsInternal() bool { return false }
func (e *cookieError) Cause() error     { return nil }

// errCookie is the error of every cookie that is refused: it does not say why.
var errCookie = &cookieError{text: "maicontact: the cookie is not valid", decode: true}

// scratch is the memory that one cookie needs. It is pooled, since what is passed to
// the cipher would be allocated each time.
type scratch struct {
	derived    [secretSize]byte
	additional []byte // the AEAD's additional data
	raw        [maxCookieBytes]byte
	plain      [maxCookieBytes]byte
	used       int // of plain, at most
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// release clears what is left of the cookie and returns the memory to the pool.
func (room *scratch) release() {
	clear(room.derived[:])
	clear(room.plain[:room.used])
	scratchPool.Put(room)
}

// additionalData returns the AEAD's additional data of a cookie.
func (room *scratch) additionalData(header []byte, name string) []byte {
	room.additional = append(append(append(room.additional[:0], header...), cookiePurpose...), name...)
	return room.additional
}

// Encode seals a value. An error tells nothing of the value.
func (c *codec) Encode(name string, value any) (string, error) {
	room := scratchPool.Get().(*scratch)
	defer room.release()
	room.used = maxCookieBytes
	plain := binary.AppendUvarint(append(room.plain[:0], 0), uint64(time.Now().Unix())) // #nosec G115 -- after 1970
	plain, err := appendValue(plain, value)
	if err != nil {
		return "", err
	}
	if len(plain) > maxCookieBytes-headerSize-saltSize-aeadOverhead {
		return "", &cookieError{text: "maicontact: the session does not fit into a cookie: keep large values in a database, and an id in the session"}
	}
	raw, err := c.seal(room, name, plain)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(raw), nil
}

// appendEntry appends what Encode returns for a session that holds only the entry.
// It reports false for an entry that cannot be written.
func (c *codec) appendEntry(b []byte, name string, e *Entry, now time.Time) (_ []byte, ok bool, _ error) {
	room := scratchPool.Get().(*scratch)
	defer room.release()
	room.used = 1 + binary.MaxVarintLen64 + maxEntry
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
	about := room.additionalData(raw, name)
	aead, err := k.nextCipher(&room.derived)
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
	room := scratchPool.Get().(*scratch)
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
	room := scratchPool.Get().(*scratch)
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
	if len(value) > maxCookieLength {
		return 0, nil, false
	}
	size, err := encoding.Decode(room.raw[:], []byte(value))
	if err != nil || encoding.EncodedLen(size) != len(value) || size < headerSize+saltSize+aeadOverhead || room.raw[0] != cookieVersion {
		return 0, nil, false
	}
	raw := room.raw[:size]
	room.used = size
	about := room.additionalData(raw[:headerSize], name)
	for _, k := range c.keys {
		if [keyIDSize]byte(raw[1:headerSize]) != k.id {
			continue
		}
		aead, err := k.cipherOf([saltSize]byte(raw[headerSize:]), &room.derived)
		if err != nil {
			continue
		}
		plain, err := aead.Open(room.plain[:0], nil, raw[headerSize+saltSize:], about)
		if err != nil {
			continue
		}
		k.keep(aead)
		return parseSealed(plain, now)
	}
	return 0, nil, false
}

// parseSealed splits what was sealed into kind and body. It refuses what is too old
// or from the future.
func parseSealed(plain []byte, now time.Time) (kind byte, body []byte, ok bool) {
	if len(plain) == 0 {
		return 0, nil, false
	}
	seconds, n := binary.Uvarint(plain[1:])
	if n <= 0 || seconds > maxSecond {
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
