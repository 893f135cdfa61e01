package modeltest

import (
	"slices"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
)

// smallest takes steps out of a run that fails, as long as it goes on failing
// by the same rule, for half a minute at most, and returns it with its
// particulars. A step stands for many of rapid's draws, so that this comes
// further than rapid's own shrinking. Goroutines and jitter are left to chance,
// so each run gets several tries.
func smallest(t *testing.T, p plan, rule, details string, open func(*testing.T) []contacts.Store) (plan, string) {
	end := time.Now().Add(30 * time.Second)
	for size := len(p.Steps) / 2; size > 0; {
		removed := false
		for at := 0; at < len(p.Steps) && time.Now().Before(end); {
			fewer := p
			fewer.Steps = slices.Delete(slices.Clone(p.Steps), at, min(at+size, len(p.Steps)))
			fails := false
			for range 5 {
				got, why := run(t, fewer, control{}, open)
				if fails = got == rule; fails {
					p, details, removed = fewer, why, true
					break
				}
			}
			if !fails {
				at += size
			}
		}
		if !removed {
			size /= 2
		}
	}
	return p, details
}
