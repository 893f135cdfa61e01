package maicontact_test

import (
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
