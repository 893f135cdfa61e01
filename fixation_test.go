package maicontact_test

import (
	"net/http"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Sessions that are kept on the server have one id for as long as they last. Whoever
// has copied it, or has planted it, must not find the next person of that browser in it.
func TestCopiedSessionID(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) sessions.Store{
		"files": func(t *testing.T) sessions.Store {
			return sessions.NewFilesystemStore(t.TempDir(), []byte("0123456789abcdef0123456789abcdef"))
		},
		"map": func(*testing.T) sessions.Store { return newMapStore() },
		"cookie": func(*testing.T) sessions.Store {
			return sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
		},
	}
	before := map[string]func(b *browser){
		"a member":  func(b *browser) { b.login("u-alice") },
		"a visitor": func(*browser) {},
	}
	for kept, store := range stores {
		for first, arrive := range before {
			t.Run(first+", "+kept, func(t *testing.T) {
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store(t) })
				s.member("u-alice", alice)
				s.member("u-bob", bob)
				b, thief := s.browser(), s.browser()
				arrive(b)
				b.contact()
				copied := b.cookie("maicontact")
				b.login("u-bob")
				bobs := b.contact()
				b.logout()
				next := b.contact()
				thief.jar.SetCookies(shop, []*http.Cookie{{Name: "maicontact", Value: copied, Path: "/"}})
				if got := thief.ask().Contact; got == next || got == bobs {
					t.Error("who has copied the id of a former session has the contact of the next person")
				}
				if b.contact() != next {
					t.Error("the visitor is another")
				}
			})
		}
	}
}
