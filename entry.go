package maicontact

import (
	"strconv"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// entry is what the session remembers. It is bound to its owner: whoever
// reads it must compare the epoch with that of the request's own subject, so
// that an entry left over from another person, inbox or namespace is a miss and
// never a leak.
type entry struct {
	epoch   string // of the owner
	visitor string // the key of a visitor; empty: a member
	contact webchat.ContactID
	stamp   string    // of the member's profile when the entry was written
	checked time.Time // when the store was last asked, to the second
}

const (
	entryVersion = "2"
	longestEntry = 1024
)

// encode writes the entry as one string of plain fields, none of which can
// hold the separator. One string needs no gob registration and is what a
// session store handles fastest.
func (e entry) encode() string {
	return strings.Join([]string{
		entryVersion, e.epoch, e.visitor, e.contact.Reveal(), e.stamp, strconv.FormatInt(e.checked.Unix(), 10),
	}, "|")
}

// decodeEntry reads what encode wrote. Anything else is no entry.
func decodeEntry(s string) (entry, bool) {
	if len(s) > longestEntry {
		return entry{}, false
	}
	var f [6]string
	for i := range f {
		var more bool
		f[i], s, more = strings.Cut(s, "|")
		if more != (i < len(f)-1) {
			return entry{}, false
		}
	}
	if f[0] != entryVersion || f[1] == "" || f[2] != "" && !isVisitorKey(f[2]) {
		return entry{}, false
	}
	e := entry{epoch: f[1], visitor: f[2], stamp: f[4]}
	if f[3] != "" {
		id, err := webchat.ParseContactID(f[3])
		if err != nil {
			return entry{}, false
		}
		e.contact = id
	}
	seconds, err := strconv.ParseInt(f[5], 10, 64)
	if err != nil {
		return entry{}, false
	}
	e.checked = time.Unix(seconds, 0)
	return e, true
}

// isVisitorKey accepts what rand.Text makes.
func isVisitorKey(s string) bool {
	return len(s) >= 26 && len(s) <= longestPart && isPlainText(s)
}
