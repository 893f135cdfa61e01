package resolve

import (
	"strconv"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
)

// NewQuestion asks for the contact of a member with that profile. The fingerprint of the
// access is left out, because only a row is compared by it: that saves a hash for
// everybody whose session has the answer.
func NewQuestion(p contacts.Person, profile webchat.Profile, revision int64) Question {
	var room [96]byte
	text := profile.AppendFingerprint(identity.AppendDigest(room[:0], p))
	length := len(text) - identity.DigestLength
	if revision != 0 {
		// A profile that changed and changed back is a new one.
		text = strconv.AppendInt(append(text, '.'), revision, 36)
	}
	both := string(text)
	q := Question{Person: p, Owner: both[:identity.DigestLength], Profile: both[identity.DigestLength:]}
	q.Desired = contacts.Desired{Profile: profile, Stamp: contacts.Stamp{Profile: q.Profile[:length]}, Revision: revision}
	return q
}
