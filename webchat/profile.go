package webchat

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode"
)

// AnonymousName is the name of a contact nobody gave a name to.
const AnonymousName = "Anonymous"

// maxNameRunes is the longest name the service stores, in characters.
const maxNameRunes = 255

// Profile is what is told to MaiAgent about a person. Empty fields are not
// known. It prints as "[private]" by fmt and slog; encoding/json writes it
// whole and reads it back, so that a profile can be kept until it is sent.
type Profile struct {
	private `yaml:"-"`

	Name   string `json:"name,omitempty"`
	Email  string `json:"email,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Avatar string `json:"avatar,omitempty"` // URL of a picture

	// QueryMetadata says what the assistant may use to answer this person.
	// The zero value is not sent, and the service's own default applies.
	QueryMetadata QueryMetadata `json:"queryMetadata,omitzero"`
}

// Normalized returns the profile as it is sent: text is valid UTF-8 without
// control characters or outer white space, a name with nothing to see becomes
// [AnonymousName], and one over 255 characters is shortened without cutting
// through a character. Normalizing twice changes nothing.
func (p Profile) Normalized() Profile {
	p.Name = shorten(clean(p.Name), maxNameRunes)
	if !visible(p.Name) {
		p.Name = AnonymousName
	}
	p.Email, p.Phone, p.Avatar = clean(p.Email), clean(p.Phone), clean(p.Avatar)
	return p
}

// Fingerprint identifies the normalized profile, query metadata included: two
// profiles that would be sent alike have the same one. It has 22 characters
// that are safe in URLs.
func (p Profile) Fingerprint() string {
	var room [fingerprintLength]byte
	return string(p.AppendFingerprint(room[:0]))
}

// AppendFingerprint appends the fingerprint to b.
func (p Profile) AppendFingerprint(b []byte) []byte {
	p = p.Normalized()
	return appendFingerprint(b, "profile", p.Name, p.Email, p.Phone, p.Avatar, p.QueryMetadata.object)
}

// AccessFingerprint identifies the query metadata alone, that is, what this
// person may be told. It is "-" when there is none.
func (p Profile) AccessFingerprint() string {
	if p.QueryMetadata.IsZero() {
		return "-"
	}
	var room [fingerprintLength]byte
	return string(appendFingerprint(room[:0], "access", p.QueryMetadata.object))
}

const fingerprintLength = 22

// appendFingerprint hashes the fields with their lengths, so that moving a
// character from one field to the next changes the result.
func appendFingerprint(b []byte, fields ...string) []byte {
	var room [512]byte
	text := room[:0]
	for _, field := range fields {
		text = binary.BigEndian.AppendUint64(text, uint64(len(field)))
		text = append(text, field...)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.AppendEncode(b, sum[:16])
}

// clean makes s valid UTF-8, turns control characters into spaces and trims.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// isClean tells plain ASCII, which is what most profiles hold.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// visible reports whether s shows anything at all when printed.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r)
	})
}

// shorten cuts s to at most limit characters. It moves the cut a little to the
// left when it would fall inside what a person sees as one character, such as
// a letter and its accent or a family emoji.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s // a character has a byte at least
	}
	runes := []rune(cut(s, limit+1)) // one more shows whether there is more
	if len(runes) <= limit {
		return s
	}
	const reach = 32 // longer clusters are not text; cut them anywhere
	end := limit
	for at := limit; at > max(0, limit-reach); at-- {
		if !insideCluster(runes, at) {
			end = at
			break
		}
	}
	return strings.TrimSpace(string(runes[:end]))
}

// insideCluster reports whether a cut before runes[at] would split a cluster.
func insideCluster(runes []rune, at int) bool {
	next, last := runes[at], runes[at-1]
	if extends(next) || last == zeroWidthJoiner {
		return true
	}
	if !regional(next) || !regional(last) {
		return false
	}
	// Flags are pairs of regional indicators: count back to see which half.
	n := 0
	for i := at - 1; i >= 0 && regional(runes[i]); i-- {
		n++
	}
	return n%2 == 1
}

const zeroWidthJoiner = '\u200D'

// extends reports whether r belongs to the character before it.
func extends(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner ||
		(r >= 0x1F3FB && r <= 0x1F3FF) || // skin tones
		(r >= 0xE0020 && r <= 0xE007F) // flag tags
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
