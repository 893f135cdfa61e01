package maicontact_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A page that takes longer than Timing.Budget by itself costs nobody their session:
// what counts is the time that the store was waited for.
func TestSlowPageKeepsItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = time.Second
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.Sessions, c.Timing.Budget = newMapStore(), budget
		})
		s.mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
			maicontact.ContactID(r.Context())
			time.Sleep(2 * budget)
			io.WriteString(w, "a page")
		})
		s.mux.HandleFunc("POST /slow-logout", func(w http.ResponseWriter, r *http.Request) {
			maicontact.ContactID(r.Context())
			time.Sleep(2 * budget)
			maicontact.Logout(r.Context())
			io.WriteString(w, "bye")
		})
		s.member("u-alice", alice)
		b := s.browser()
		for range 3 {
			b.send("GET", "/slow")
		}
		if n := len(s.sim.Contacts()); n != 1 {
			t.Errorf("a visitor has %d contacts after three slow pages", n)
		}
		member := s.browser()
		member.login("u-alice")
		if response := member.send("GET", "/slow"); len(response.Header["Set-Cookie"]) != 1 {
			t.Errorf("a member's slow page sets the cookies %q", response.Header["Set-Cookie"])
		}
		if response := member.send("POST", "/slow-logout"); len(response.Header["Set-Cookie"]) != 1 {
			t.Errorf("a slow logout sets the cookies %q", response.Header["Set-Cookie"])
		}
	})
}

// A page waits for Identify, where that goes by its request's context, no longer than
// Timing.Budget, or the usual one where that is less.
func TestSlowIdentify(t *testing.T) {
	for name, how := range map[string]func(ctx context.Context){
		"waits for it":      func(ctx context.Context) { <-ctx.Done() },
		"derives one":       func(ctx context.Context) { child, stop := context.WithCancel(ctx); defer stop(); <-child.Done() },
		"looks at the time": func(ctx context.Context) { until, _ := ctx.Deadline(); time.Sleep(time.Until(until) + 1) },
		"asks time and again": func(ctx context.Context) {
			for ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
		},
	} {
		for budget, want := range map[time.Duration]time.Duration{-1: 2 * time.Second, time.Second: 2 * time.Second, 5 * time.Second: 5 * time.Second} {
			t.Run(fmt.Sprint(name, ", ", budget), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Timing.Budget = budget })
					s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
						how(r.Context())
						return nil, r.Context().Err()
					})
					began := time.Now()
					a := s.browser().ask()
					if took := time.Since(began); a.Reason != "unavailable" || took < want || took > want+time.Millisecond {
						t.Errorf("%+v after %v, want it after %v", a, took, want)
					}
				})
			})
		}
	}
}
