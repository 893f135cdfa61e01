package resolve

import (
	"hash/maphash"
	"strings"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	// recallTime is how long an answer is remembered in the process.
	recallTime = 30 * time.Second
	// mostRecalled bounds that memory. When it is full it begins anew: the store is
	// asked once more of each person, and nothing has to look for what has run out.
	mostRecalled = 100_000
)

// memory remembers the answers that this process found a moment ago. It is
// bounded in time and in number, and safe for concurrent use.
type memory struct {
	seed  maphash.Seed
	known *cache.Cache // owner -> recalled
	most  int
}

// recalled is an answer for a profile, of which a tag is enough: nobody can aim
// for the tag of another one, as the seed is random.
type recalled struct {
	profile uint64
	answer  Answer
}

func newMemory(most int) *memory {
	// No clean-up interval: it would start a goroutine, and keep requests waiting.
	return &memory{seed: maphash.MakeSeed(), known: cache.New(recallTime, 0), most: most}
}

// get returns the owner's answer where it was given for this profile.
func (m *memory) get(owner, profile string) (Answer, bool) {
	item, ok := m.known.Get(owner)
	known, _ := item.(recalled)
	return known.answer, ok && known.profile == maphash.String(m.seed, profile)
}

// put copies what it keeps: an owner may be a part of a whole session.
func (m *memory) put(owner, profile string, a Answer) {
	if m.known.ItemCount() >= m.most {
		m.known.Flush()
	}
	m.known.SetDefault(strings.Clone(owner), recalled{maphash.String(m.seed, profile), a})
}

func (m *memory) forget(owner string) { m.known.Delete(owner) }
