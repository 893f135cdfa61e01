package contacts

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// The kinds of a [Person].
const (
	// KindMember is a person who is logged in to the site.
	KindMember = "member"
	// KindVisitor is a browser that is not logged in.
	KindVisitor = "visitor"
)

// Scope is an inbox of MaiAgent and the installation that uses it. Rows of
// different scopes never meet.
type Scope struct {
	Namespace string // the installation and environment
	InboxID   string
}

// Person names the owner of a row. It is plain ASCII of bounded length,
// whatever the site's own id holds. Make it with [Scope.Member] or
// [Scope.Visitor].
type Person struct {
	Namespace string
	InboxID   string
	Kind      string // KindMember or KindVisitor
	ID        string // the business user ID, encoded; or the visitor key
}

// Member names a member by the business user ID. Letters, digits and ._- stand
// for themselves, other bytes are escaped as %XX, and an id that gets longer
// than 128 characters so is replaced by its SHA-256 digest. Two different ids
// never share a name.
func (s Scope) Member(id string) Person {
	return Person{Namespace: s.Namespace, InboxID: s.InboxID, Kind: KindMember, ID: encode(id)}
}

// Visitor names a visitor by the random key that the browser keeps.
func (s Scope) Visitor(key string) Person {
	return Person{Namespace: s.Namespace, InboxID: s.InboxID, Kind: KindVisitor, ID: encode(key)}
}

// Scope returns the scope that the person belongs to.
func (p Person) Scope() Scope { return Scope{Namespace: p.Namespace, InboxID: p.InboxID} }

// IsVisitor reports whether the person is a visitor.
func (p Person) IsVisitor() bool { return p.Kind == KindVisitor }

// MemberID returns the business user ID that [Scope.Member] was given. It is false
// for a visitor, and for an id so long that only its digest is kept.
func (p Person) MemberID() (id string, ok bool) {
	if p.Kind != KindMember || p.ID == "" || p.ID[0] == '~' {
		return "", false
	}
	id, err := url.PathUnescape(p.ID)
	return id, err == nil
}

// MaxIDLength bounds Person.ID, so that it always fits a database index.
const MaxIDLength = 128

// encode gives two different ids never the same text: what is not plain is
// escaped as %XX, and a digest begins with ~, which an escaped id cannot hold.
func encode(id string) string {
	if len(id) <= MaxIDLength {
		if IsPlain(id) {
			return id
		}
		if escaped := toPercent.Replace(url.QueryEscape(id)); len(escaped) <= MaxIDLength {
			return escaped
		}
	}
	sum := sha256.Sum256([]byte(id))
	return "~" + hex.EncodeToString(sum[:])
}

// toPercent escapes the two that a query has in another way.
var toPercent = strings.NewReplacer("+", "%20", "~", "%7E")

// IsName reports whether s may name a site, as a namespace does: 1 to 64 ASCII
// letters, digits and ._-.
func IsName(s string) bool { return s != "" && len(s) <= 64 && IsPlain(s) }

// IsPlain reports whether s holds nothing but ASCII letters, digits and ._-.
func IsPlain(s string) bool {
	var others uint8
	for i := range len(s) {
		others |= notPlain[s[i]]
	}
	return others == 0
}

// notPlain has a 1 for each byte that is not plain.
var notPlain = func() (kinds [256]uint8) {
	for c := range kinds {
		if !isPlainByte(byte(c)) { // #nosec G115 -- below 256
			kinds[c] = 1
		}
	}
	return kinds
}()

func isPlainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}
