package maicontact

import (
	"strconv"
	"strings"
	"time"
)

// question asks the resolver for the contact of one subject.
type question struct {
	owner string
	stamp string // of the member's profile and revision; empty for a visitor
	// always: nothing but the store may answer. Without a revision, permissions
	// that changed and changed back look as if they never had.
	always bool

	// Of a member.
	key      Key
	wanted   Wanted
	revision int64 // as the application gave it; 0: it gives none

	// Of a visitor.
	isNew bool      // the key was made for this request
	since time.Time // when the key was made
}

func newMemberQuestion(c *Config, m *Member, began time.Time) question {
	q := question{key: NewKey(c.Namespace, c.InboxID, m.ID), revision: m.Revision}
	q.owner = q.key.owner()
	q.wanted = Wanted{Profile: m.Profile.Normalized(), Revision: m.Revision}
	q.wanted.Stamp = StampOf(q.wanted.Profile)
	if m.Revision == 0 {
		q.wanted.Revision = began.UnixMicro()
	}
	q.stamp = q.wanted.Stamp.Profile
	q.always = m.Revision == 0 && !m.Profile.QueryMetadata.IsZero()
	if m.Revision != 0 {
		// A profile that changed and changed back is a new one: its last
		// change may not be confirmed yet.
		q.stamp += "." + strconv.FormatInt(m.Revision, 36)
	}
	return q
}

func newVisitorQuestion(c *Config, key string) question {
	return question{owner: owner(c.Namespace, visitorKind, key)}
}

// visitorOf returns the visitor key of an owner in this namespace.
func visitorOf(namespace, owner string) (key string, ok bool) {
	key, ok = strings.CutPrefix(owner, namespace+":"+visitorKind+":")
	if !ok || len(key) < 26 || len(key) > longestPart || strings.Contains(key, ":") {
		return "", false
	}
	return key, true
}

func (q question) isMember() bool { return q.key != Key{} }

// flight names what may be asked once for all: the subject and, for a member,
// the profile that is to be true.
func (q question) flight() string { return q.owner + "|" + q.stamp }

// isNewTo reports whether the row must be told of the question's profile.
func (q question) isNewTo(row Contact) bool {
	return row.Wanted.Profile != q.wanted.Stamp.Profile || q.revision > row.Revision
}
