package reconcile

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/webchat"
)

// maxUnseen bounds the people who are counted as waiting for their access.
const maxUnseen = 10_000

// vendor is what a process has learnt of how its MaiAgent behaves, where the
// documents leave it open. The zero vendor has learnt nothing. It is safe for
// concurrent use.
type vendor struct {
	none   atomic.Int64 // the [webchat.NoneStyle] that was seen to work
	tells  atomic.Bool  // some reply has told a contact's access
	silent atomic.Bool  // some read of a contact has not

	readsTell atomic.Bool // some contact that was read by its id has told its access

	settingLog background.Every
	unseenLog  background.Every

	added sync.Map // the keys that it adds to access

	mu     sync.Mutex
	nulls  []webchat.Field              // text fields that may not be null
	unseen map[contacts.Person]struct{} // whose access was not seen
}

// noteReply learns from a contact in any reply.
func (v *vendor) noteReply(c webchat.Contact) {
	if c.AccessTold {
		v.tells.Store(true)
	}
}

// noteRead learns from a contact that was read by its id.
func (v *vendor) noteRead(c webchat.Contact) {
	v.noteReply(c)
	if c.AccessTold {
		v.readsTell.Store(true)
	}
}

// isSilent reports whether MaiAgent has never told the access of any contact.
func (v *vendor) isSilent() bool { return v.silent.Load() && !v.tells.Load() }

// noteSilence notes that a contact which was read did not tell its access.
func (v *vendor) noteSilence(ctx context.Context, log *slog.Logger) {
	if v.silent.CompareAndSwap(false, true) && !v.tells.Load() {
		log.WarnContext(ctx, "maicontact: MaiAgent does not tell the permissions of contacts, so that a change of them is taken for done when it answers with success; nobody can see whether it is")
	}
}

func (v *vendor) addRefusedNull(f webchat.Field) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.nulls, f) {
		v.nulls = append(v.nulls[:len(v.nulls):len(v.nulls)], f) // whoever reads has the former
	}
}

func (v *vendor) refusedNulls() []webchat.Field {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.nulls
}

// countUnseen counts a person whose access was not seen. It returns how many there are
// when it is time to log that again, and 0 otherwise.
func (v *vendor) countUnseen(p contacts.Person, now time.Time) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unseen == nil {
		v.unseen = map[contacts.Person]struct{}{}
	}
	if len(v.unseen) < maxUnseen {
		v.unseen[p] = struct{}{}
	}
	if v.unseenLog.Count(now) == 0 {
		return 0
	}
	return len(v.unseen)
}

// forgetUnseen takes out a person whose access was seen.
func (v *vendor) forgetUnseen(p contacts.Person) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.unseen, p)
}

// newKeys returns those of the keys that MaiAgent was not known to add.
func (v *vendor) newKeys(keys []string) (news []string) {
	for _, key := range keys {
		if _, known := v.added.LoadOrStore(key, nil); !known {
			news = append(news, key)
		}
	}
	return news
}
