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
	// maxRecalled bounds that memory. When it is full it starts empty again. That costs
	// one read of the store per person, and no search for what has expired.
	maxRecalled = 100_000
)

// memory remembers the answers that this process found a moment ago. It is
// bounded in time and in number, and safe for concurrent use.
type memory struct {
	seed  maphash.Seed
	known *cache.Cache // owner -> recalled
	most  int
}

// recalled is an answer for a profile. A hash of the profile is enough: the seed is
// random, so that nobody can make a profile with the hash of another one.
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

// put copies the owner, which may be a slice of a whole session's text.
func (m *memory) put(owner, profile string, a Answer) {
	if m.known.ItemCount() >= m.most {
		m.known.Flush()
	}
	m.known.SetDefault(strings.Clone(owner), recalled{maphash.String(m.seed, profile), a})
}

func (m *memory) forget(owner string) { m.known.Delete(owner) }
