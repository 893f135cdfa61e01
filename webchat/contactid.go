package webchat

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// contactIDText stands for a contact id wherever one would be printed.
const contactIDText = "[contact id]"

// nilUUID is well formed but names nothing. Two records that both fell back to
// it would share one chat, so it is never accepted.
const nilUUID = "00000000-0000-0000-0000-000000000000"

// ContactID is the UUID of a contact at MaiAgent. It is a bearer secret:
// whoever reads it can chat as that person. Printing, logging, text and JSON
// encoding all give "[contact id]"; only [ContactID.Reveal] gives the value.
//
// A few ways around this exist in the standard library, so avoid them: fmt
// reads unexported struct fields without asking their type, and shows the
// value when it is given %p or %w by mistake (go vet finds those);
// encoding/json writes map keys of a string kind as they are.
//
// The zero value is no contact. Values compare with ==.
type ContactID string

// ParseContactID reads a UUID in its usual form of 36 characters, in any
// letter case, and returns it in lower case. Anything else, and the UUID that
// is all zeros, is an error; the error does not repeat s.
func ParseContactID(s string) (ContactID, error) {
	id, ok := parseUUID(s)
	if !ok || id == nilUUID {
		return "", errors.New("webchat: contact id is not a UUID")
	}
	return ContactID(id), nil
}

// Reveal returns the id itself. Use it to store the id or to hand it to the
// person it belongs to; never put it in a URL, a log or a shared cache.
func (id ContactID) Reveal() string { return string(id) }

// IsZero reports whether there is no contact id.
func (id ContactID) IsZero() bool { return id == "" }

// String returns "[contact id]".
func (id ContactID) String() string { return contactIDText }

// GoString returns "[contact id]".
func (id ContactID) GoString() string { return contactIDText }

// Format writes "[contact id]" for every verb.
func (id ContactID) Format(f fmt.State, _ rune) { io.WriteString(f, contactIDText) }

// LogValue returns "[contact id]".
func (id ContactID) LogValue() slog.Value { return slog.StringValue(contactIDText) }

// MarshalText returns "[contact id]", which is also what encoding/json writes.
func (id ContactID) MarshalText() ([]byte, error) { return []byte(contactIDText), nil }

// UnmarshalText reads a UUID as [ParseContactID] does, so that text written by
// MarshalText is refused instead of being taken for an id.
func (id *ContactID) UnmarshalText(text []byte) error {
	parsed, err := ParseContactID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// What a character of a UUID may be.
const (
	uuidDash  = 1
	uuidUpper = 2 // a hexadecimal digit in upper case
	uuidOther = 4 // nothing that belongs there
)

var uuidKinds = func() (kinds [256]uint8) {
	for c := range kinds {
		kinds[c] = uuidOther
	}
	for _, c := range "0123456789abcdef" {
		kinds[c] = 0
	}
	for _, c := range "ABCDEF" {
		kinds[c] = uuidUpper
	}
	kinds['-'] = uuidDash
	return kinds
}()

// ParseInboxID returns the inbox id as the service writes it: a UUID in lower
// case with dashes. It reads one without dashes as well.
func ParseInboxID(s string) (string, error) {
	id, ok := parseUUID(dashed(s))
	if !ok {
		return "", errors.New("webchat: the inbox id is not a UUID")
	}
	return id, nil
}

// dashed puts the dashes into what may be a UUID without.
func dashed(s string) string {
	if len(s) != 32 {
		return s
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// parseUUID returns s in lower case when it has the form of a UUID.
func parseUUID(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", false
	}
	var kinds, dashes uint8
	for i := range len(s) {
		kind := uuidKinds[s[i]]
		kinds |= kind
		dashes += kind & uuidDash
	}
	if kinds&uuidUpper != 0 {
		s = strings.ToLower(s)
	}
	return s, dashes == 4*uuidDash && kinds&uuidOther == 0
}
