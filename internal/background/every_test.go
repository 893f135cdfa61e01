package background

import (
	"testing"
	"time"
)

func TestEvery(t *testing.T) {
	var e Every
	start := time.Now()
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {0, 0}, {59 * time.Second, 0}, {time.Minute, 3}, {time.Minute + time.Second, 0}, {3 * time.Minute, 2}} {
		if got := e.Count(start.Add(step.after)); got != step.want {
			t.Errorf("after %v: %d, want %d", step.after, got, step.want)
		}
	}
}
