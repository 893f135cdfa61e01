package maicontact_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// slowSessions answer after a while.
type slowSessions struct {
	*mapStore
	takes time.Duration
}

func (s *slowSessions) New(r *http.Request, name string) (*sessions.Session, error) {
	time.Sleep(s.takes)
	return s.mapStore.New(r, name)
}

// A leg that is given up while the session is read leaves the reading to the next:
// whoever is there keeps their contact.
func TestLegGivenUpWhileTheSessionIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowSessions{mapStore: newMapStore(), takes: 100 * time.Millisecond}
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
		s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond)
			defer cancel()
			maicontact.ContactID(ctx)
			id, _ := maicontact.ContactID(r.Context())
			io.WriteString(w, id.Reveal())
		})
		s.member("u-alice", alice)
		defer s.run()()
		synctest.Wait()
		member, visitor := s.browser(), s.browser()
		member.login("u-alice")
		for name, b := range map[string]*browser{"member": member, "visitor": visitor} {
			want := b.contact()
			got, _ := io.ReadAll(b.send("GET", "/page").Body)
			if string(got) != want {
				t.Errorf("%s: the page got %q, want the contact of before", name, got)
			}
			if b.contact() != want {
				t.Errorf("%s: another contact afterwards", name)
			}
		}
	})
}
