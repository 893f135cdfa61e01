package session

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Entry is what our session remembers of a person. It is bound to its owner: whoever
// reads it compares the owner with the person of the request, so that an entry left
// over from somebody else is a miss and never a leak.
// Printing it gives "[entry]".
type Entry struct {
	Owner   string            // identity.Digest of the person
	Visitor string            // the visitor key; empty: a member
	Former  string            // key of a visitor who has logged in, until the store knows
	Contact webchat.ContactID // zero: none yet
	Profile string            // stamp of the profile that the contact is known to hold
	Trust   int64             // of the row when it was read
	Checked time.Time         // when the row was read, by the store's clock, in milliseconds
	Issued  time.Time         // when the cookie was first given or last renewed, in seconds
}

// The first byte of an entry, and the limits of its fields.
const (
	entryVersion = 1
	ownerBytes   = 16
	contactBytes = 16
	maxText      = 64
	maxSecond    = 253402300799 // of the year 9999
	maxEntry     = 1 + ownerBytes + 3*(1+maxText) + 1 + contactBytes + 3*binary.MaxVarintLen64
	maxEncoded   = (maxEntry*8 + 5) / 6
)

// encoding is strict, so that a text has one form only.
var encoding = base64.RawURLEncoding.Strict()

// Encode writes the entry as a short text of letters, digits, - and _, which
// every session store can keep. It is empty for an entry that cannot be: whose
// owner is no digest, whose contact is no UUID, or with a text that is not
// plain or too long. A time before 1970 or after 9999 is written as none.
func (e Entry) Encode() string {
	var room [maxEntry]byte
	b, ok := e.append(room[:0])
	if !ok {
		return ""
	}
	return encoding.EncodeToString(b)
}

// Decode reads what Encode wrote. Anything else is no entry.
func Decode(s string) (Entry, bool) {
	if len(s) > maxEncoded {
		return Entry{}, false
	}
	var room [maxEntry]byte
	n, err := encoding.Decode(room[:], []byte(s))
	// The decoder passes over line breaks; then the text is too long for its bytes.
	if err != nil || encoding.EncodedLen(n) != len(s) {
		return Entry{}, false
	}
	return decodeBytes(room[:n])
}

func (e Entry) append(b []byte) ([]byte, bool) {
	if len(e.Owner) != encoding.EncodedLen(ownerBytes) || !isText(e.Visitor) || !isText(e.Profile) || !isText(e.Former) {
		return nil, false
	}
	before := len(b)
	b, err := encoding.AppendDecode(append(b, entryVersion), []byte(e.Owner))
	if err != nil || len(b) != before+1+ownerBytes {
		return nil, false
	}
	b = append(append(b, byte(len(e.Visitor))), e.Visitor...) // #nosec G115 -- at most maxText
	if e.Contact.IsZero() {
		b = append(b, 0)
	} else {
		id, err := webchat.ParseContactID(e.Contact.Reveal())
		if err != nil {
			return nil, false
		}
		b = appendUUID(append(b, contactBytes), id.Reveal())
	}
	b = append(append(b, byte(len(e.Profile))), e.Profile...) // #nosec G115 -- at most maxText
	b = binary.AppendVarint(b, e.Trust)
	b = binary.AppendUvarint(b, within(e.Checked.UnixMilli(), maxSecond*1000))
	b = binary.AppendUvarint(b, within(e.Issued.Unix(), maxSecond))
	b = append(append(b, byte(len(e.Former))), e.Former...) // #nosec G115 -- at most maxText
	return b, true
}

func isText(s string) bool { return len(s) <= maxText && contacts.IsPlain(s) }

// within returns n, or 0 when it is outside of 1 to most.
func within(n, most int64) uint64 {
	if n <= 0 || n > most {
		return 0
	}
	return uint64(n)
}

// appendUUID appends the 16 bytes of a UUID.
func appendUUID(b []byte, id string) []byte {
	for _, group := range [...]string{id[:8], id[9:13], id[14:18], id[19:23], id[24:]} {
		b, _ = hex.AppendDecode(b, []byte(group))
	}
	return b
}

// appendUUIDText appends a UUID of 16 bytes as people write it.
func appendUUIDText(text []byte, b [contactBytes]byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[c>>4], digits[c&15])
	}
	return text
}

// decodeBytes reads what append wrote, and nothing else. The texts of the entry
// are parts of one string.
func decodeBytes(b []byte) (Entry, bool) {
	r := entryReader{rest: b}
	version := r.take(1)
	if r.bad || version[0] != entryVersion {
		return Entry{}, false
	}
	owner := r.take(ownerBytes)
	visitor := r.lengthPrefixed(maxText)
	contact := r.lengthPrefixed(contactBytes)
	profile := r.lengthPrefixed(maxText)
	trust, checked, issued := r.uvarint(), r.uvarint(), r.uvarint()
	former := r.lengthPrefixed(maxText)
	if r.bad || len(r.rest) > 0 || checked > maxSecond*1000 || issued > maxSecond ||
		len(contact) > 0 && (len(contact) != contactBytes || [contactBytes]byte(contact) == [contactBytes]byte{}) {
		return Entry{}, false
	}
	var room [22 + 36 + 3*maxText]byte
	text := encoding.AppendEncode(room[:0], owner)
	endOfOwner := len(text)
	if len(contact) > 0 {
		text = appendUUIDText(text, [contactBytes]byte(contact))
	}
	endOfContact := len(text)
	text = append(append(append(text, visitor...), profile...), former...)
	all := string(text)
	endOfVisitor := endOfContact + len(visitor)
	endOfProfile := endOfVisitor + len(profile)
	e := Entry{
		Owner: all[:endOfOwner], Contact: webchat.ContactID(all[endOfOwner:endOfContact]),
		Visitor: all[endOfContact:endOfVisitor], Profile: all[endOfVisitor:endOfProfile], Former: all[endOfProfile:],
		Trust: int64(trust>>1) ^ -int64(trust&1),
	}
	if !contacts.IsPlain(all[endOfContact:]) {
		return Entry{}, false
	}
	if checked > 0 {
		e.Checked = time.UnixMilli(int64(checked)).UTC()
	}
	if issued > 0 {
		e.Issued = time.Unix(int64(issued), 0).UTC()
	}
	return e, true
}

// SameAs reports whether an entry is equal to another, times and Former aside.
func (e Entry) SameAs(other Entry) bool {
	other.Checked, other.Issued, other.Former = e.Checked, e.Issued, ""
	return e == other
}

// IsVisitorOf reports whether a visitor's key was made in this scope. All keys of a
// scope have the same prefix, so that an entry of another scope is a miss.
func IsVisitorOf(prefix, key string) bool {
	return len(key) > len(prefix) && strings.HasPrefix(key, prefix)
}

// entryReader reads the fields of an entry. After the first fault it returns nothing.
type entryReader struct {
	rest []byte
	bad  bool
}

func (r *entryReader) take(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// lengthPrefixed reads a length and as many bytes.
func (r *entryReader) lengthPrefixed(most int) []byte {
	n := r.take(1)
	if r.bad || int(n[0]) > most {
		r.bad = true
		return nil
	}
	return r.take(int(n[0]))
}

func (r *entryReader) uvarint() uint64 {
	u, n := binary.Uvarint(r.rest)
	if r.bad || n <= 0 || n > 1 && r.rest[n-1] == 0 { // cut short, too large, or longer than it need be
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return u
}

const entryText = "[entry]"

// Format writes "[entry]" for every verb.
func (e Entry) Format(f fmt.State, _ rune) { io.WriteString(f, entryText) }

// LogValue returns "[entry]".
func (e Entry) LogValue() slog.Value { return slog.StringValue(entryText) }
