package maicontact

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	memberKind  = "member"
	visitorKind = "visitor"

	// longestPart bounds an encoded id, so that a key of ours always fits a
	// database index and a cookie. Longer ids are kept as their digest.
	longestPart = 128

	longestOwner = 64 + len(":visitor:") + longestPart
)

// encodeID turns any id, whatever bytes it holds, into plain ASCII of at most
// longestPart characters. Two different ids never give the same text: what is
// not a letter, a digit, or one of ._- is escaped as %XX, and a digest begins
// with ~, which an escaped id cannot hold.
func encodeID(id string) string {
	if len(id) <= longestPart && isPlainText(id) {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; isPlain(c) {
			b.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
		if b.Len() > longestPart {
			sum := sha256.Sum256([]byte(id))
			return "~" + hex.EncodeToString(sum[:])
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

func isPlainText(s string) bool {
	for i := range len(s) {
		if !isPlain(s[i]) {
			return false
		}
	}
	return true
}

// owner names a subject within its namespace: whose a contact is. Namespace and
// kind hold no colon, and neither does an encoded id.
func owner(namespace, kind, encodedID string) string {
	return namespace + ":" + kind + ":" + encodedID
}

// epochOfSubject is epochOf for an owner that nobody needs to see.
func epochOfSubject(inbox, namespace, kind, encodedID string) string {
	var room [longestOwner]byte
	name := append(room[:0], namespace...)
	name = append(name, ':')
	name = append(name, kind...)
	name = append(name, ':')
	return epochOf(inbox, append(name, encodedID...))
}

// owner names the member of a row.
func (k Key) owner() string { return owner(k.Namespace, memberKind, k.Member) }

func (k Key) epoch() string {
	return epochOfSubject(k.InboxID, k.Namespace, memberKind, k.Member)
}

// sourceID is what MaiAgent keeps of a subject: the owner, and how often its
// contact has been made. The generation also keeps one source id from being
// the beginning of another, which MaiAgent's fuzzy search would find with it.
func sourceID(owner string, generation int) string {
	return owner + ":g" + strconv.Itoa(generation)
}
