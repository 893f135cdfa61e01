// Package identity names people: towards the browser, in our session entry, and
// towards MaiAgent. The names tell neither who somebody is nor their contact.
package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/maicontact/maicontact/contacts"
)

// longestOwner is more than the parts of a person take together.
const longestOwner = 64 + 64 + 16 + contacts.LongestID

// Digest names a person in 22 characters, the same in every tab, process and
// replica. Pages compare it to learn that the person has changed; the session
// entry and what a process remembers are bound to it.
func Digest(p contacts.Person) string {
	var out [DigestLength]byte
	return string(AppendDigest(out[:0], p))
}

// DigestLength is how long a digest is.
const DigestLength = 22

// AppendDigest appends the digest to b.
func AppendDigest(b []byte, p contacts.Person) []byte {
	var room [longestOwner + 64]byte
	return appendShort(b, appendPerson(append(room[:0], "maicontact owner\n"...), p))
}

// Nobody names the answer that there is no chat for whoever is there: with it a
// page knows that whoever chatted before is gone.
func Nobody(s contacts.Scope) string {
	return string(appendShort(nil, []byte("maicontact nobody\n"+s.InboxID+"\n"+s.Namespace)))
}

// SourceID is what MaiAgent keeps of a person: one opaque token of lower-case
// letters and digits, so that no search that folds case or splits words finds
// anybody else with it. The generation is how often the contact was made.
func SourceID(p contacts.Person, generation int) string {
	var room [longestOwner + 64]byte
	text := appendPerson(append(room[:0], "maicontact source\n"...), p)
	text = strconv.AppendInt(append(text, '\n'), int64(generation), 10)
	sum := sha256.Sum256(text)
	return "mc" + hex.EncodeToString(sum[:20])
}

// IsSourceID reports whether a source id has the form of [SourceID], so that it
// is likely of this library, be it of this site or of another.
func IsSourceID(s string) bool {
	digest, ok := strings.CutPrefix(s, "mc")
	return ok && len(digest) == 40 && strings.Trim(digest, "0123456789abcdef") == ""
}

// appendPerson is unambiguous, because no part of a person holds a line break.
func appendPerson(b []byte, p contacts.Person) []byte {
	b = append(append(b, p.InboxID...), '\n')
	b = append(append(b, p.Namespace...), '\n')
	b = append(append(b, p.Kind...), '\n')
	return append(b, p.ID...)
}

// appendShort appends 128 bits of SHA-256, written with 22 characters.
func appendShort(b, text []byte) []byte {
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.AppendEncode(b, sum[:16])
}
