// Package identity makes the names by which the browser, our session entry and
// MaiAgent know people. They reveal neither who somebody is nor their contact.
package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/maicontact/maicontact/contacts"
)

// maxPerson is more than the length of all parts of a person.
const maxPerson = 64 + 64 + 16 + contacts.MaxIDLength

// Digest returns a digest of a person of 22 characters, the same in every tab, process
// and replica. Pages compare it to notice that the person has changed. The session
// entry and what a process remembers are bound to it.
func Digest(p contacts.Person) string {
	var out [DigestLength]byte
	return string(AppendDigest(out[:0], p))
}

// DigestLength is how long a digest is.
const DigestLength = 22

// AppendDigest appends the digest to b.
func AppendDigest(b []byte, p contacts.Person) []byte {
	var room [maxPerson + 64]byte
	return appendHash(b, appendPerson(append(room[:0], "maicontact owner\n"...), p))
}

// Nobody returns the digest for an answer without a chat: by it a page knows that
// whoever chatted before is gone.
func Nobody(s contacts.Scope) string {
	return string(appendHash(nil, []byte("maicontact nobody\n"+s.InboxID+"\n"+s.Namespace)))
}

// SourceID returns what we send as a person's sourceId: one opaque token of lower-case
// letters and digits, so that a search that folds case or splits words finds nobody
// else with it. The generation counts how often the contact was made.
func SourceID(p contacts.Person, generation int) string {
	var room [maxPerson + 64]byte
	text := appendPerson(append(room[:0], "maicontact source\n"...), p)
	text = strconv.AppendInt(append(text, '\n'), int64(generation), 10)
	sum := sha256.Sum256(text)
	return "mc" + hex.EncodeToString(sum[:20])
}

// IsSourceID reports whether a source id has the form of [SourceID]. It is then most
// likely from this library, on this site or another.
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

// appendHash appends 128 bits of SHA-256 as 22 characters.
func appendHash(b, text []byte) []byte {
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.AppendEncode(b, sum[:16])
}
