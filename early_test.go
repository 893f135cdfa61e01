package maicontact_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Something of the site's around the route may ask for the contact of every
// request. The route decides by who reads its answer all the same: a page that could
// be anybody's is not told of a member who is known by an address, visitors can open
// the chat, and listed pages read their own answer.
func TestAskedBeforeTheRoute(t *testing.T) {
	const listed = "https://www.listed.example"
	type outcome struct {
		status           int
		location, reason string
		contact          bool
		cookies          int
	}
	for name, test := range map[string]struct {
		method string
		header http.Header
		member bool
		want   outcome
	}{
		"a page that may be anybody's, and a member": {"GET", http.Header{}, true, outcome{status: 200, reason: "cross-site"}},
		"our page, and a member":                     {"GET", http.Header{"Sec-Fetch-Site": {"same-origin"}}, true, outcome{status: 200, contact: true, cookies: 1}},
		"a listed page, and a member": {"GET", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {listed}}, true,
			outcome{status: 200, contact: true, cookies: 1}},
		"a listed page, and a visitor": {"GET", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {listed}}, false,
			outcome{status: 200, reason: "not opened"}},
		"a visitor opens": {"POST", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Dest": {"empty"}, "Origin": {origin}}, false,
			outcome{status: 307, location: "?kept", cookies: 1}},
	} {
		for when, before := range map[string]bool{"": false, ", asked before": true} {
			t.Run(name+when, func(t *testing.T) {
				s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Site.AllowedOrigins = []string{listed}
					c.Identify = func(*http.Request) (*maicontact.Member, error) {
						if !test.member {
							return nil, nil
						}
						return &maicontact.Member{ID: "u-by-address", Profile: webchat.Profile{Name: "Alice"}}, nil
					}
				})
				handler := s.mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if before {
						maicontact.ContactID(r.Context())
					}
					s.mux.ServeHTTP(w, r)
				}))
				r := httptest.NewRequestWithContext(t.Context(), test.method, origin+"/webchat.js", nil)
				r.Header = test.header.Clone()
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				got := outcome{
					status: w.Code, location: w.Header().Get("Location"), contact: configLine.Match(w.Body.Bytes()), cookies: len(w.Header()["Set-Cookie"]),
				}
				if found := reasonLine.FindSubmatch(w.Body.Bytes()); found != nil {
					got.reason = string(found[1])
				}
				want := test.want
				if before && test.member {
					want.cookies = 1 // of the entry, for who asked before
				}
				if got != want {
					t.Errorf("%+v, want %+v", got, want)
				}
			})
		}
	}
}
