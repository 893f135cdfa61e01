package session

import (
	"net/http"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/sessions"
)

// browsers is a request as a browser sends it, with the cookies given.
func browsers(h http.Header) *http.Request {
	r := with(h)
	r.Header.Set("Cookie", "_ga=GA1.1.1234567890.1760000000; theme=dark; "+r.Header.Get("Cookie"))
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// racing reports whether the race detector is on, which allocates.
func racing() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func TestOpenAllocates(t *testing.T) {
	if racing() {
		t.Skip("the race detector allocates")
	}
	s := sessionsOf(t, siteStore(t, "ab"))
	r := browsers(saved(t, s, member))
	if n := testing.AllocsPerRun(200, func() {
		if !open(r.Context(), s, r).Found {
			t.Fatal("not found")
		}
	}); n > 2 {
		t.Errorf("%v allocations, want 2 at most", n)
	}
}

// getOf returns what gorilla does in each request: get the session through the
// registry of the request.
func getOf(b *testing.B, store sessions.Store) func() {
	base := browsers(saved(b, sessionsOf(b, store), member))
	return func() {
		r := *base
		g, err := store.Get(&r, "maicontact")
		if err != nil || g.IsNew {
			b.Fatal("not found")
		}
	}
}

func openOf(b *testing.B, store sessions.Store) func() {
	s := sessionsOf(b, store)
	r := browsers(saved(b, s, member))
	return func() {
		if !open(r.Context(), s, r).Found {
			b.Fatal("not found")
		}
	}
}

// BenchmarkOpen reads a known member's entry from its cookie.
func BenchmarkOpen(b *testing.B) {
	gorilla, ours := getOf(b, sessions.NewCookieStore(gorillaKey)), openOf(b, siteStore(b, "ab"))
	for name, work := range map[string]func(){
		"plain Get": gorilla, "ours": ours, "Get of ours": getOf(b, siteStore(b, "ab")), "Open of gorilla": openOf(b, sessions.NewCookieStore(gorillaKey)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				work()
			}
		})
	}
	// By turns, so that both have the same machine.
	b.Run("ratio to plain Get", func(b *testing.B) {
		const turn = 200
		timed := func(work func()) (d time.Duration) {
			began := time.Now()
			for range turn {
				work()
			}
			return time.Since(began)
		}
		var theirs, own time.Duration
		for b.Loop() {
			theirs += timed(gorilla)
			own += timed(ours)
		}
		b.ReportMetric(own.Seconds()/theirs.Seconds(), "ratio")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkSave writes an entry and its cookie.
func BenchmarkSave(b *testing.B) {
	for name, store := range map[string]sessions.Store{"ours": siteStore(b, "ab"), "gorilla": sessions.NewCookieStore(gorillaKey)} {
		s := sessionsOf(b, store)
		r := browsers(nil)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.Save(http.Header{}, r, &Opened{}, member, true, time.Hour) != nil {
					b.Fatal("not saved")
				}
			}
		})
	}
}
