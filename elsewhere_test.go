package maicontact_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
)

// Another site that loads a page with the snippet as a picture, a frame, a
// fetch or a style sheet, or posts to it, makes no visitor: its browser sends
// none of our cookies there, and most would keep none.
func TestOtherSitesMakeNoVisitorByPages(t *testing.T) {
	for name, header := range map[string][]string{
		"img":           {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"},
		"script":        {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "script", "Sec-Fetch-Mode", "no-cors"},
		"fetch":         {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "no-cors"},
		"fetch, cors":   {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.test"},
		"iframe":        {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"},
		"a sibling img": {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
				snippet, _ := maicontact.Snippet(r.Context(), "")
				io.WriteString(w, string(snippet))
			})
			for range 3 {
				s.browser().send("GET", "/page", header...) // no cookie is kept
			}
			if n := len(s.sim.Contacts()); n != 0 {
				t.Errorf("%d contacts were made", n)
			}
		})
	}
}
