package webchattest

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

func formatUUID(b [16]byte) string {
	s := hex.EncodeToString(b[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// parseUUID accepts the usual form with hyphens, in either case, and returns
// it in lower case.
func parseUUID(s string) (string, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", false
	}
	var b [16]byte
	if n, err := hex.Decode(b[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil || n != len(b) {
		return "", false
	}
	return formatUUID(b), true
}
