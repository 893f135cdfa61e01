package background

import (
	"context"
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
