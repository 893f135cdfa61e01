package maicontact

import (
	"crypto/sha256"
	"encoding/base64"
)

// nobody owns the answer that there is no chat for this person: with it a
// page knows that whoever chatted before is gone.
const nobody = "declined"

// epochOf names the owner of an answer: 22 characters, the same in every tab,
// process and replica. Pages compare it, to learn that the person changed; the
// session entry and what the process remembers are bound to it. It tells neither
// the owner nor the contact, and is empty while the owner is not known.
func epochOf[T string | []byte](inbox string, owner T) string {
	if len(owner) == 0 {
		return ""
	}
	var room [longestOwner + 128]byte
	text := append(room[:0], "maicontact epoch\n"...)
	text = append(text, inbox...)
	text = append(text, '\n')
	text = append(text, owner...)
	return digest(text)
}

// placeOf names an inbox and a namespace in an entry.
func placeOf(inbox, namespace string) string {
	return digest([]byte("maicontact place\n" + inbox + "\n" + namespace))[:11]
}

// digest is 128 bits of SHA-256, written with 22 characters.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	var out [22]byte
	base64.RawURLEncoding.Encode(out[:], sum[:16])
	return string(out[:])
}
