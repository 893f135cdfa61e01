package resolve

import (
	"hash/maphash"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	// recallTime is how long an answer is remembered in the process.
	recallTime = 30 * time.Second
	// mostRecalled bounds that memory. When it is full, the store is asked.
	mostRecalled = 100_000
	// partCount is how many parts the memory has. Whoever waits, waits for one
	// part: a sweep of the whole would keep every request waiting.
	partCount = 120
	// sweepPause is how long a part is at least left between two sweeps.
	sweepPause = time.Second
)

// memory remembers the answers that this process found a moment ago. It is
// bounded in time and in number, and safe for concurrent use.
type memory struct {
	seed  maphash.Seed
	parts [partCount]part
}

// part is one part. Reading needs no more than known; whoever writes holds mu.
type part struct {
	known *cache.Cache // owner -> recalled
	most  int

	mu    sync.Mutex
	swept time.Time // guarded by mu
}

// recalled is an answer for a profile, of which a tag is enough: nobody can aim
// for the tag of another one, as the seed is random.
type recalled struct {
	profile uint64
	answer  Answer
}

func newMemory(most int) *memory {
	m := &memory{seed: maphash.MakeSeed()}
	for i := range m.parts {
		// No clean-up interval: it would start a goroutine. Run sweeps.
		m.parts[i].known = cache.New(recallTime, 0)
		m.parts[i].most = max(1, most/partCount)
	}
	return m
}

func (m *memory) of(owner string) *part {
	return &m.parts[maphash.String(m.seed, owner)%partCount]
}

// get returns the owner's answer where it was given for this profile.
func (m *memory) get(owner, profile string) (Answer, bool) {
	item, ok := m.of(owner).known.Get(owner)
	if !ok {
		return Answer{}, false
	}
	known := item.(recalled)
	return known.answer, known.profile == maphash.String(m.seed, profile)
}

// put copies what it keeps: an owner may be a part of a whole session.
func (m *memory) put(owner, profile string, a Answer) {
	p := m.of(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known.ItemCount() >= p.most {
		p.sweep()
		if _, ok := p.known.Get(owner); !ok && p.known.ItemCount() >= p.most {
			return
		}
	}
	p.known.SetDefault(strings.Clone(owner), recalled{maphash.String(m.seed, profile), a})
}

func (m *memory) forget(owner string) {
	p := m.of(owner)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known.Delete(owner)
}

// sweep takes out what has run out, a part at a time. Between two it lets those
// run who have waited for the first.
func (m *memory) sweep() {
	for i := range m.parts {
		p := &m.parts[i]
		p.mu.Lock()
		p.sweep()
		p.mu.Unlock()
		runtime.Gosched()
	}
}

// sweep needs mu. It takes as long as the part is big, so it rests a while.
func (p *part) sweep() {
	if time.Since(p.swept) >= sweepPause {
		p.known.DeleteExpired()
		p.swept = time.Now()
	}
}
