package maicontact_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
)

// A site that is wrapped twice by mistake, say in main and by a router's Use,
// still has one answer for a request.
func TestHandlerTwiceForgets(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	s.mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		snippet, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(snippet))
	})
	inner := s.mc.Handler(s.mux)
	s.handler = s.mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" { // another person logs in: middleware of the site
			if err := maicontact.Forget(r.Context()); err != nil {
				t.Error(err)
			}
		}
		inner.ServeHTTP(w, r)
	}))
	b := s.browser()
	b.login("u-alice")
	b.contact()
	if a := read(t, b.send("GET", "/login")); a.Contact != "" || a.Reason != "forgotten" {
		t.Errorf("after Forget the page got a contact: %t, reason %q", a.Contact != "", a.Reason)
	}
}

func TestHandlerTwiceMakesOneVisitor(t *testing.T) {
	s := newSite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		snippet, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(snippet))
	})
	inner := s.mc.Handler(s.mux)
	s.handler = s.mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = maicontact.ContactID(r.Context())
		inner.ServeHTTP(w, r)
	}))
	r := s.browser().send("GET", "/page")
	if n, cookies := len(s.sim.Contacts()), len(r.Cookies()); n != 1 || cookies != 1 {
		t.Errorf("one page view made %d contacts and %d cookies", n, cookies)
	}
}
