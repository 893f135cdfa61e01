package maicontact

import (
	"strconv"
	"strings"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// entry is what the session remembers. It is bound to its owner: whoever
// reads it must compare the epoch of a member, or the place of a visitor, with
// those of the request, so that an entry left over from another person, inbox or
// namespace is a miss and never a leak. A visitor has no other name than the key
// in the entry.
type entry struct {
	place   string // of a visitor: that of the inbox and the namespace
	epoch   string // of the owner
	visitor string // the key of a visitor; empty: a member
	contact webchat.ContactID
	stamp   string    // of the member's profile when the entry was written
	checked time.Time // when the store was last asked, to the second
}

const (
	entryVersion = "2"
	entryFields  = 7
	longestEntry = 1024
)

// entryOf is the entry of the person whom a question asks for, now.
func (m *Middleware) entryOf(q *question) entry {
	e := entry{epoch: q.epoch, visitor: q.visitor, checked: time.Now()}
	if !q.isMember() {
		e.place = m.place
	}
	return e
}

// encode writes the entry as one string of plain fields, none of which can
// hold the separator. One string needs no gob registration and is what a
// session store handles fastest.
func (e entry) encode() string {
	var room [256]byte
	text := append(room[:0], entryVersion...)
	for _, field := range [...]string{e.place, e.epoch, e.visitor, e.contact.Reveal(), e.stamp} {
		text = append(append(text, '|'), field...)
	}
	return string(strconv.AppendInt(append(text, '|'), e.checked.Unix(), 10))
}

// decodeEntry reads what encode wrote. Anything else is no entry.
func decodeEntry(s string) (entry, bool) {
	if len(s) > longestEntry {
		return entry{}, false
	}
	var f [entryFields]string
	for i := range f {
		var more bool
		f[i], s, more = strings.Cut(s, "|")
		if more != (i < len(f)-1) {
			return entry{}, false
		}
	}
	if f[0] != entryVersion || f[2] == "" || (f[1] == "") != (f[3] == "") || f[3] != "" && !isVisitorKey(f[3]) {
		return entry{}, false
	}
	e := entry{place: f[1], epoch: f[2], visitor: f[3], stamp: f[5]}
	if f[4] != "" {
		id, err := webchat.ParseContactID(f[4])
		if err != nil {
			return entry{}, false
		}
		e.contact = id
	}
	seconds, err := strconv.ParseInt(f[6], 10, 64)
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
