package maicontact

import (
	"strconv"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// question asks the resolver for the contact of one subject.
type question struct {
	epoch string // of the owner
	stamp string // of the member's profile and revision; empty for a visitor
	// always: nothing but the store may answer. Without a revision, permissions
	// that changed and changed back look as if they never had.
	always bool

	// Of a member.
	key         Key
	profile     webchat.Profile
	fingerprint string // of the profile
	revision    int64  // as the application gave it; 0: it gives none
	began       int64  // when the request began, in microseconds

	// Of a visitor.
	visitor string    // the key
	isNew   bool      // it was made for this request
	since   time.Time // when it was made
}

func newMemberQuestion(c *Config, m *Member, began int64) question {
	q := question{key: NewKey(c.Namespace, c.InboxID, m.ID), profile: m.Profile, revision: m.Revision, began: began}
	q.epoch = q.key.epoch()
	var room [64]byte
	stamp := m.Profile.AppendFingerprint(room[:0])
	length := len(stamp)
	q.always = m.Revision == 0 && !m.Profile.QueryMetadata.IsZero()
	if m.Revision != 0 {
		// A profile that changed and changed back is a new one: its last
		// change may not be confirmed yet.
		stamp = strconv.AppendInt(stamp, m.Revision, 36)
	}
	q.stamp = string(stamp)
	q.fingerprint = q.stamp[:length]
	return q
}

// newVisitorQuestion is that of a visitor who has just been given the key.
func newVisitorQuestion(c *Config, key string) question {
	return question{
		visitor: key, epoch: epochOfSubject(c.InboxID, c.Namespace, visitorKind, key),
		isNew: true, since: time.Now(),
	}
}

func (q question) isMember() bool { return q.key != Key{} }

// wanted is what the store is told.
func (q question) wanted() Wanted {
	w := Wanted{
		Profile:  q.profile.Normalized(),
		Stamp:    Stamp{Profile: q.fingerprint, Access: q.profile.AccessFingerprint()},
		Revision: q.revision,
	}
	if q.revision == 0 {
		w.Revision = q.began
	}
	return w
}

// flight names what may be asked once for all: the subject and, for a member,
// the profile that is to be true.
func (q question) flight() string { return q.epoch + "|" + q.stamp }

// isNewTo reports whether the row must be told of the question's profile.
func (q question) isNewTo(row Contact) bool {
	return row.Wanted.Profile != q.fingerprint || q.revision > row.Revision
}
