package session

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/gorilla/sessions"
)

func TestIsolated(t *testing.T) {
	type mine struct{}
	store := sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), mine{}, 1))
	r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
	g, _ := store.Get(r, "app")
	g.Values["k"] = 1
	copied := r.WithContext(&Isolated{Context: r.Context()})
	other, _ := store.Get(copied, "app")
	if other == g || len(other.Values) != 0 {
		t.Error("the copy has the handler's session")
	}
	other.Values["k"] = 2
	// The copy has a registry of its own, and the handler's is as it was.
	if again, _ := store.Get(copied, "app"); again != other {
		t.Error("the copy forgets its session")
	}
	if again, _ := store.Get(r, "app"); again != g || g.Values["k"] != 1 {
		t.Error("the handler's session has changed")
	}
	// Twice is as good as once; everything else shines through.
	deep := &Isolated{Context: &Isolated{Context: r.Context()}}
	if sessions.GetRegistry(r.WithContext(deep)) == sessions.GetRegistry(r) || deep.Value(mine{}) != 1 {
		t.Error("isolated twice")
	}
	child, stop := context.WithCancel(deep)
	defer stop()
	cancel(context.DeadlineExceeded)
	<-child.Done()
	if context.Cause(child) != context.DeadlineExceeded {
		t.Error(context.Cause(child))
	}
}

func TestHasCookie(t *testing.T) {
	s := &Sessions{options: Options{Name: "s"}}
	for line, want := range map[string]bool{
		"": false, "s=": true, "s": false, "a=1; s=2": true, "ss=1": false, "a=s=1": false, " s =1": true, "S=1": false,
	} {
		if got := s.HasCookie(&http.Request{Header: http.Header{"Cookie": {line}}}); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
	if s.HasCookie(new(http.Request)) {
		t.Error("a cookie of nothing")
	}
}

// What a browser sends is found as net/http finds it.
func FuzzRawCookie(f *testing.F) {
	for _, line := range []string{"s=abc", "a=1; s=abc", " s = abc ;s=d", "ss=1;s=2", "s", "s=", "a=s=1", ";;s=x", "s\t=y", `s="abc"`, "s=a b", "s=\xff; s=1"} {
		f.Add(line, "")
	}
	f.Add("a=1", "s=2; s=3")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{Header: http.Header{"Cookie": {first, second}}}
		want, err := r.Cookie("s")
		got, ok := rawCookie(r.Header, "s")
		if err != nil || want.Value == "" {
			return
		}
		if !ok {
			t.Fatalf("%q, %q: %q is not found", first, second, want.Value)
		}
		// One that net/http passes over verifies nowhere, and is then left to
		// the store, which finds what net/http finds.
		if isText(got) && got != "" && want.Value != got && !want.Quoted {
			t.Errorf("%q, %q: %q, net/http says %q", first, second, got, want.Value)
		}
	})
}

// A context that ends in time costs those that are derived from it no goroutine, be
// there a value between them or not.
func TestIsolatedNeedsNoGoroutines(t *testing.T) {
	for _, between := range []bool{false, true} {
		ctx := context.Context(&Isolated{Context: t.Context(), Isolation: &Isolation{Within: time.Minute}})
		if between {
			type key struct{}
			ctx = context.WithValue(ctx, key{}, 1)
		}
		before := runtime.NumGoroutine()
		for range 10 {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			if _, ok := derived.Deadline(); !ok {
				t.Fatal("it does not end in time")
			}
		}
		if n := runtime.NumGoroutine(); n != before {
			t.Errorf("between %v: %d goroutines, and %d before", between, n, before)
		}
	}
}
