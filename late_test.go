package maicontact_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A handler that asks long after its request began, as over a connection that
// it keeps, gets no contact that was erased meanwhile: Recheck counts from the
// ask.
func TestLateAskOfALongRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := maicontact.NewMemoryStore()
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Store = store })
		s.member("u-alice", alice)
		b := s.browser()
		b.login("u-alice")
		b.contact()
		s.mux.HandleFunc("GET /long", func(w http.ResponseWriter, r *http.Request) {
			s.change(alicePerson, erased) // by another server
			time.Sleep(time.Hour)
			if id, err := maicontact.ContactID(r.Context()); err == nil || id != "" {
				t.Error("the erased contact was handed out")
			}
		})
		b.send("GET", "/long", "Sec-Fetch-Dest", "document")
	})
}
