package background

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		for i := range 3 {
			if begun := g.Begin(2); begun != (i < 2) {
				t.Errorf("number %d begun: %t", i, begun)
			}
		}
		g.End()
		if !g.Begin(2) {
			t.Error("no place was given back")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if left := g.Close(ctx); left != 2 {
			t.Errorf("%d left, want 2", left)
		}
		if g.Begin(9) {
			t.Error("begun after the close")
		}
		var group sync.WaitGroup
		for range 2 { // several may wait
			group.Go(func() {
				if left := g.Close(t.Context()); left != 0 {
					t.Errorf("%d left", left)
				}
			})
		}
		synctest.Wait()
		g.End()
		g.End()
		group.Wait()
		if left := g.Close(t.Context()); left != 0 || g.Begin(9) {
			t.Errorf("%d left", left)
		}
		g.Open()
		if !g.Begin(9) {
			t.Error("not open again")
		}
	})
}

// Cut ends the contexts of what is under way, and of what was counted in before;
// what is let in after Open has its time again.
func TestCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		log := slog.New(slog.DiscardHandler)
		untilEnd := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		began, ended := time.Now(), make(chan error)
		go func() { ended <- g.Do(t.Context(), time.Minute, 9, log, untilEnd) }()
		if !g.Begin(9) {
			t.Fatal("not begun")
		}
		synctest.Wait()
		g.Cut()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("under way: %v", err)
		}
		if err := g.Finish(t.Context(), time.Minute, log, untilEnd); !errors.Is(err, context.Canceled) {
			t.Errorf("counted in before: %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
		g.Open()
		if err := g.Do(t.Context(), time.Minute, 9, log, untilEnd); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after Open: %v", err)
		}
	})
}
