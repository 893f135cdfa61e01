package background

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type key struct{}

// The work keeps the values of its context, not its end, and has a time of its
// own.
func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		log := slog.New(slog.DiscardHandler)
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		cancel()
		fault, start := errors.New("fault"), time.Now()
		err := g.Do(ctx, time.Second, 1, log, func(ctx context.Context) error {
			if ctx.Err() != nil || ctx.Value(key{}) != "value" {
				t.Errorf("error %v, value %v", ctx.Err(), ctx.Value(key{}))
			}
			if err := g.Do(ctx, time.Second, 1, log, nil); !errors.Is(err, ErrClosed) {
				t.Errorf("one too many: %v", err)
			}
			<-ctx.Done()
			return fault
		})
		if err != fault || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if left := g.Close(t.Context()); left != 0 {
			t.Errorf("%d left", left)
		}
		if err := g.Do(ctx, time.Second, 1, log, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after the close: %v", err)
		}
	})
}

// A panic ends in an error. The log says where, and nothing of what panicked.
func TestPanic(t *testing.T) {
	var g Group
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	err := g.Do(t.Context(), time.Second, 1, log, func(context.Context) error { panic("alice@shop.test") })
	if !errors.Is(err, ErrPanic) {
		t.Error(err)
	}
	if left := g.Close(t.Context()); left != 0 {
		t.Errorf("%d left", left)
	}
	got := text.String()
	if !strings.Contains(got, "type=string") || !strings.Contains(got, "TestPanic") || strings.Contains(got, "alice") {
		t.Errorf("the log says %s", got)
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Sleep(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
