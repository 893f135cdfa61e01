package maicontact

import (
	"crypto/sha256"
	"encoding/base64"
)

// nobody owns the answer that there is no chat for this person: with it a
// page knows that whoever chatted before is gone.
const nobody = "declined"

// epochOf names the identity that an answer is for: 22 characters, the same in
// every tab, process and replica. Pages compare it, to learn that the person
// changed. It tells neither the owner nor the contact, and is empty while the
// owner is not known.
func epochOf(inbox, owner string) string {
	if owner == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("maicontact epoch\n" + inbox + "\n" + owner))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
