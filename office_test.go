package maicontact_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// from sends a request of a page of this browser from an address, and keeps the
// cookies of the reply.
func (b *browser) from(address, method, target string) answer {
	b.site.t.Helper()
	r := httptest.NewRequestWithContext(b.site.t.Context(), method, origin+target, nil)
	r.RemoteAddr = address
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", origin)
	for _, cookie := range b.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	response := w.Result()
	b.jar.SetCookies(r.URL, response.Cookies())
	if method == "POST" && response.StatusCode == 307 {
		return b.from(address, method, "/webchat.js"+response.Header.Get("Location"))
	}
	if method == "POST" {
		got := listen(b.site.t, response)
		id, _ := got.Config["contactId"].(string)
		return answer{Status: response.StatusCode, Contact: id, Reason: got.Reason}
	}
	return read(b.site.t, response)
}

// With the defaults an office of 500 people behind one address gets its chats when
// each first asks, opening it or loading a page.
func TestOffice(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("too many contacts for the race detector")
	}
	for name, start := range map[string]maicontact.Start{"on open": maicontact.OnOpen, "on load": maicontact.OnLoad} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors = maicontact.Visitors{Start: start} })
				contacts := map[string]bool{}
				for n := range 500 {
					b, method := s.browser(), "GET"
					if start == maicontact.OnOpen {
						for range 3 {
							b.from("203.0.113.9:1", "GET", "/webchat.js")
						}
						method = "POST"
					}
					got := b.from("203.0.113.9:1", method, "/webchat.js")
					if got.Contact == "" {
						t.Fatalf("number %d got %+v", n, got)
					}
					contacts[got.Contact] = true
					time.Sleep(10 * time.Minute / 500)
				}
				if len(contacts) != 500 {
					t.Errorf("%d contacts for 500 people", len(contacts))
				}
			})
		})
	}
}

// A flood from ten thousand addresses of forty networks takes no chat from visitors
// of other ones.
func TestFloodOfVisitors(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("too many requests for the race detector")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.Start = maicontact.OnLoad })
		asks, honest := 0, 0
		for second := range 20 {
			for range 250 {
				s.arrive(fmt.Sprintf("198.51.%d.%d:1", asks%10_000/250, asks%250)).Body.Close()
				asks++
				time.Sleep(4 * time.Millisecond)
			}
			if second == 0 {
				continue // forty networks that nobody has seen
			}
			honest++
			if got := s.browser().from(fmt.Sprintf("192.%d.2.1:1", honest), "GET", "/webchat.js"); got.Contact == "" {
				t.Errorf("honest visitor %d got %+v", honest, got)
			}
		}
		if n := len(s.sim.Contacts()); n > 20*50+50 {
			t.Errorf("%d contacts were made", n)
		}
	})
}

// Only opening takes from the limits, once: not looking at pages, and not bringing
// the cookie back.
func TestLookingTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.Burst = 2 })
		for range 200 {
			if got := s.browser().from("203.0.113.9:1", "GET", "/webchat.js"); got.Reason != "not opened" {
				t.Fatalf("looking: %+v", got)
			}
		}
		for n, want := range []string{"", "", "too many new visitors"} {
			b := s.browser()
			if got := b.from("203.0.113.9:1", "POST", "/webchat.js"); got.Reason != want || (got.Contact == "") != (want != "") {
				t.Errorf("opening %d: %+v, want the reason %q", n, got, want)
			}
		}
	})
}
