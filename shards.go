package maicontact

import (
	"hash/maphash"
	"runtime"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	// shardCount is how many parts a memory has. Whoever waits, waits for one
	// part: a sweep of the whole would keep every request waiting. Go's maps
	// grow by doubling; with this many, those of a full memory are well filled.
	shardCount = 120
	// sweepPause is how long a shard is at least left between two sweeps.
	sweepPause = time.Second
)

// shards is a memory bounded in time and in number. Looking something up takes
// the read lock of one shard. The zero shards is not ready; it is safe for
// concurrent use.
type shards struct {
	seed maphash.Seed
	all  [shardCount]shard
}

// shard is one part. Reading needs no more than known; whoever writes holds mu,
// so that a write can depend on what is there.
type shard struct {
	known *cache.Cache
	most  int

	mu    sync.Mutex
	swept time.Time // guarded by mu
}

// newShards makes a memory of about most values, at least one in each shard.
func newShards(most int) *shards {
	s := &shards{seed: maphash.MakeSeed()}
	for i := range s.all {
		// No clean-up interval: it would start a goroutine. Run sweeps.
		s.all[i].known = cache.New(cache.NoExpiration, 0)
		s.all[i].most = max(1, most/shardCount)
	}
	return s
}

// of returns the shard of a key.
func (s *shards) of(key string) *shard {
	return &s.all[maphash.String(s.seed, key)%shardCount]
}

// tag stands for a text in little room. Nobody can aim for the tag of another
// text: the seed is random. Two texts share one once in 2^64.
func (s *shards) tag(text string) uint64 { return maphash.String(s.seed, text) }

// sweep takes out what has run out, a shard at a time. Between two it lets those
// run who have waited for the first.
func (s *shards) sweep() {
	for i := range s.all {
		s.all[i].lockedSweep()
		runtime.Gosched()
	}
}

func (s *shard) lockedSweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
}

// sweep needs mu. It takes as long as the shard is big, so it rests a while.
func (s *shard) sweep() {
	if time.Since(s.swept) >= sweepPause {
		s.known.DeleteExpired()
		s.swept = time.Now()
	}
}

// put needs mu. It reports false when the shard is full of other values that
// have not run out; then nothing is remembered.
func (s *shard) put(key string, value any, d time.Duration) bool {
	if s.isFull() {
		s.sweep()
		if _, ok := s.known.Get(key); !ok && s.isFull() {
			return false
		}
	}
	s.known.Set(key, value, d)
	return true
}

func (s *shard) isFull() bool { return s.known.ItemCount() >= s.most }
