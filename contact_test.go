package maicontact_test

import (
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// A reason is logged once, however often a request asks, and a page gets it.
func TestContactOrReason(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	type found struct {
		id     webchat.ContactID
		reason maicontact.Reason
	}
	var got []found
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("forget") {
			if err := maicontact.Forget(r.Context()); err != nil {
				t.Error(err)
			}
		}
		if r.URL.Query().Has("late") {
			io.WriteString(w, "a page")
		}
		got = nil
		for range 3 {
			id, reason := maicontact.ContactOrReason(r.Context())
			got = append(got, found{id, reason})
		}
	})
	b := s.browser()
	b.login("u-alice")
	id, _ := webchat.ParseContactID(b.contact())
	for path, want := range map[string]found{
		"/page": {id: id}, "/page?forget": {reason: maicontact.Forgotten}, "/page?late": {reason: maicontact.TooLate},
	} {
		before := len(s.log.String())
		b.send("GET", path)
		if !reflect.DeepEqual(got, []found{want, want, want}) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		var logged []string
		if want.reason != "" {
			logged = []string{string(want.reason)}
		}
		if reasons := reasonsIn(s.log.String()[before:]); !reflect.DeepEqual(reasons, logged) {
			t.Errorf("%s: the log says %q, want %q", path, reasons, logged)
		}
	}
	if id, reason := maicontact.ContactOrReason(t.Context()); id != "" || reason != maicontact.Misconfigured {
		t.Errorf("without the middleware: %v, %q", id, reason)
	}
}
