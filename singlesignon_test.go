package maicontact_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
)

// A request without fetch metadata, origin and cookie passes because nobody's
// id can be read. Where a proxy in front names the person (a header from
// single sign-on, a client certificate, an address), there is somebody: a page
// of another site with referrerpolicy="no-referrer" would read a member's id.
// Browsers send no fetch metadata to plain http addresses at all.
func TestMemberWithoutCookieIsNotGivenToAnybody(t *testing.T) {
	s := newSite(t, nil)
	alice := s.member("u-alice", alice)
	s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
		if r.Header.Get("X-Remote-User") == "alice" { // set by the proxy
			return &alice, nil
		}
		return nil, nil
	})
	for _, path := range []string{"/webchat.js", "/webchat.json"} {
		r := httptest.NewRequest("GET", origin+path, nil)
		r.Header.Set("X-Remote-User", "alice")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		for _, c := range s.sim.Contacts() {
			if text := w.Body.String(); strings.Contains(text, c.ID) {
				t.Errorf("%s: status %d, and the member's contact id", path, w.Code)
			}
		}
	}
	if n := len(s.sim.Contacts()); n != 0 {
		t.Errorf("%d contacts were made", n)
	}
}
