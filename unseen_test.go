package maicontact_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
)

// A page with the snippet that nobody sees makes no contact for a member
// either.
func TestPagesNobodySeesOfAMember(t *testing.T) {
	for name, header := range map[string][]string{
		"HEAD":     nil,
		"prefetch": {"Sec-Purpose", "prefetch"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			s.member("u-alice", alice)
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				snippet, _ := maicontact.Snippet(r.Context(), "")
				io.WriteString(w, string(snippet))
			})
			b := s.browser()
			b.login("u-alice")
			method := "GET"
			if name == "HEAD" {
				method = name
			}
			b.send(method, "/page", header...)
			if n := len(s.sim.Contacts()); n != 0 {
				t.Errorf("%d contacts were made", n)
			}
		})
	}
}
