package session

import (
	"crypto/sha256"
	"encoding/hex"
)

// DefaultName is the name of the session of a namespace and inbox, so that two
// sites on one host do not take each other's. Over https no sister site can plant
// one of that name.
func DefaultName(namespace, inboxID string, https bool) string {
	sum := sha256.Sum256([]byte(namespace + "|" + inboxID))
	name := "maicontact-" + hex.EncodeToString(sum[:4])
	if https {
		return "__Host-" + name
	}
	return name
}
