package webchattest

import (
	"slices"
	"sync"
	"time"
)

// landings are the writes that were sent and have not happened yet. The zero
// value is empty.
type landings struct {
	mu   sync.Mutex
	list []*landing
}

type landing struct{ do func() }

// later keeps a write until it is time, or until Land when d is zero. The write
// never happens when the Simulation is closed before.
func (s *Simulation) later(d time.Duration, do func()) {
	l := &landing{do: do}
	s.late.mu.Lock()
	s.late.list = append(s.late.list, l)
	s.late.mu.Unlock()
	if d > 0 {
		go func() {
			if s.sleep(d) {
				s.land(l)
			}
		}()
	}
}

func (s *Simulation) land(l *landing) {
	s.late.mu.Lock()
	at := slices.Index(s.late.list, l)
	if at >= 0 {
		s.late.list = slices.Delete(s.late.list, at, at+1)
	}
	s.late.mu.Unlock()
	if at >= 0 {
		l.do()
	}
}

// Land makes the writes that [LateLanding] holds back happen now, in the order
// they came, and returns how many those were.
func (s *Simulation) Land() int {
	s.late.mu.Lock()
	list := slices.Clone(s.late.list)
	s.late.mu.Unlock()
	for _, l := range list {
		s.land(l)
	}
	return len(list)
}
