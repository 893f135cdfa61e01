package background

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Every limits a log line to one a minute. The zero Every is ready. It is safe for
// concurrent use.
type Every struct {
	mu    sync.Mutex
	last  time.Time
	times int
}

// Warn writes a warning, with how often it was due since the last one. It writes none,
// and only counts, when that is less than a minute ago.
func (e *Every) Warn(ctx context.Context, log *slog.Logger, message string, args ...any) {
	if n := e.Count(time.Now()); n > 0 {
		log.WarnContext(ctx, message, append(args, "times", n)...)
	}
}

// Count counts one more time. It returns how often it was called since it last
// said so, and 0 when that is less than a minute ago.
func (e *Every) Count(now time.Time) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.times++
	if !e.last.IsZero() && now.Sub(e.last) < time.Minute {
		return 0
	}
	n := e.times
	e.last, e.times = now, 0
	return n
}
