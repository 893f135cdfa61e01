package maicontact_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// OnAsk is told once of each request that asked, and can do no harm.
func TestOnAsk(t *testing.T) {
	type key struct{}
	var told []string
	panics := false
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.OnAsk = func(ctx context.Context, a maicontact.Ask) {
			_, err := maicontact.ContactID(ctx) // must not wait for itself
			told = append(told, fmt.Sprint(string(a.Reason), " ", ctx.Value(key{}), " ", err == maicontact.ErrNoMiddleware))
			if panics {
				panic("the hook's words")
			}
		}
	})
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		maicontact.ContactID(r.Context())
		maicontact.ContactOrReason(r.Context())
		h, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(h))
	})
	inner := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "traced")))
	})
	b := s.browser()
	b.contact()
	b.send("GET", "/page")
	b.send("GET", "/") // asks for nothing
	b.send("GET", "/webchat.js", "Sec-Fetch-Site", "cross-site")
	b.send("GET", "/webchat.json", "Sec-Purpose", "prefetch")
	panics = true
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) { return nil, maicontact.ErrNoChat })
	if r := b.send("GET", "/page"); r.StatusCode != 200 {
		t.Errorf("status %d", r.StatusCode)
	}
	s.identifyBy(nil)
	s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	if a := s.browser().ask(); a.Reason != "unavailable" {
		t.Errorf("answer %+v", a)
	}
	want := []string{
		" traced true", " traced true", "cross-site traced true", "prefetch traced true", "declined traced true", "unavailable traced true",
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if strings.Contains(s.log.String(), "the hook's words") || !strings.Contains(s.log.String(), "maicontact: panic") {
		t.Error("the log repeats what the hook said, or does not tell that it panicked")
	}
}

// OnAsk is told how long the request waited, and not of whom was not looked for.
func TestAskDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []maicontact.Ask
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
			c.OnAsk = func(_ context.Context, a maicontact.Ask) { told = append(told, a) }
			c.Timing.Budget = time.Second
		})
		b := s.browser()
		slow := s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Delay: 300 * time.Millisecond, Operation: webchattest.CreateContact})
		b.contact()
		b.contact()
		slow()
		s.sim.Inject(webchattest.Fault{Kind: webchattest.Hang})
		s.browser().ask()
		b.send("GET", "/webchat.js", "Sec-Fetch-Site", "cross-site")
		want := []maicontact.Ask{
			{Duration: 300 * time.Millisecond}, {}, {Reason: maicontact.Budget, Duration: time.Second}, {Reason: maicontact.CrossSite},
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
		s.sim.ClearFaults()
	})
}
