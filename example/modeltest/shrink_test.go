package modeltest

import (
	"slices"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
)

// smallest takes steps out of a run that fails, as long as it goes on failing
// by the same rule, for half a minute at most. A step stands for many of
// rapid's draws, so that this comes further than rapid's own shrinking.
func smallest(t *testing.T, p plan, rule string, open func(*testing.T) []maicontact.Store) plan {
	end := time.Now().Add(30 * time.Second)
	for size := len(p.Steps) / 2; size > 0; {
		removed := false
		for at := 0; at < len(p.Steps) && time.Now().Before(end); {
			fewer := p
			fewer.Steps = slices.Delete(slices.Clone(p.Steps), at, min(at+size, len(p.Steps)))
			if got, _ := run(t, fewer, control{}, open); got == rule {
				p, removed = fewer, true
			} else {
				at += size
			}
		}
		if !removed {
			size /= 2
		}
	}
	return p
}
