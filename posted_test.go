package maicontact_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
)

// A form of another site that posts to a page with the snippet comes without
// our Lax cookie. It must not replace the visitor, whose conversation would be
// lost to them.
func TestOtherSitesFormReplacesNoVisitor(t *testing.T) {
	s := newSite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		snippet, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(snippet))
	})
	b := s.browser()
	before := b.contact()
	posted := s.browser().send("POST", "/page", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate", "Origin", "https://evil.test")
	b.jar.SetCookies(shop, posted.Cookies()) // kept: it is a navigation
	if b.contact() != before || len(s.sim.Contacts()) != 1 {
		t.Errorf("the visitor lost their contact, %d contacts", len(s.sim.Contacts()))
	}
}
