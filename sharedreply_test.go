package maicontact_test

import (
	"encoding/gob"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/sessions"
	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
)

// withGob lets gob write what the tests put into a session.
func withGob() {
	gob.Register(map[string]int{})
	gob.Register(time.Time{})
}

// A value of the session may itself be changed by the handler while a leg asks.
// The race detector is the judge.
func TestSharedSessionHoldsAMap(t *testing.T) {
	withGob()
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			s.identifyBy(func(r *http.Request) (*maicontact.Member, error) {
				session, _ := s.sessions.Get(r, "site")
				basket, _ := session.Values["basket"].(map[string]int)
				_ = basket["tea"]
				return nil, nil
			})
			s.mux.HandleFunc("POST /basket", func(w http.ResponseWriter, r *http.Request) {
				session, _ := s.sessions.Get(r, "site")
				session.Values["basket"] = map[string]int{"tea": 1}
				if err := session.Save(r, w); err != nil {
					t.Error(err)
				}
			})
			s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
				session, _ := s.sessions.Get(r, "site")
				basket := session.Values["basket"].(map[string]int)
				var id webchat.ContactID
				g, ctx := errgroup.WithContext(r.Context())
				g.Go(maicontact.ContactInto(ctx, &id))
				for range 200 {
					basket["tea"]++
				}
				if err := g.Wait(); err != nil || id == "" {
					t.Errorf("id %v, error %v", id, err)
				}
			})
			for range 10 {
				b := s.browser()
				b.send("POST", "/basket")
				b.send("GET", "/page", "Sec-Fetch-Dest", "document")
			}
		})
	}
}

// What else a reply does to the cookie of the session is not undone.
func TestSharedSessionLeavesTheLogoutAlone(t *testing.T) {
	for name, test := range map[string]struct {
		handler func(*testing.T, sharing, http.ResponseWriter, *http.Request)
		want    string // a line of Set-Cookie that must stay; empty: there may be none
	}{
		"at another path": {func(t *testing.T, s sharing, w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Set-Cookie", "site=; Path=/old; Max-Age=0")
			session, _ := s.sessions.Get(r, "site")
			if err := session.Save(r, w); err != nil {
				t.Error(err)
			}
		}, "site=; Path=/old; Max-Age=0"},
		"with a value that is none": {func(t *testing.T, s sharing, w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Set-Cookie", "site=d\u00e9connect\u00e9; Path=/; Max-Age=0")
		}, "site=d\u00e9connect\u00e9; Path=/; Max-Age=0"},
		"by Clear-Site-Data": {func(t *testing.T, s sharing, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Clear-Site-Data", `"cookies"`)
		}, ""},
		"by Clear-Site-Data for all": {func(t *testing.T, s sharing, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Clear-Site-Data", `"*"`)
		}, ""},
		"by Logout alone": {func(t *testing.T, s sharing, w http.ResponseWriter, r *http.Request) {
			if err := maicontact.Logout(r.Context(), maicontact.ClearCookies); err != nil {
				t.Error(err)
			}
		}, ""},
	} {
		for kind, store := range sharedStores(t) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := newSharing(t, store)
				s.mux.HandleFunc("POST /change", func(w http.ResponseWriter, r *http.Request) {
					if _, err := maicontact.ContactID(r.Context()); err != nil {
						t.Error(err)
					}
					test.handler(t, s, w, r)
				})
				b := s.browserOf("u-alice")
				if name == "by Logout alone" {
					b.contact()
				}
				lines := b.send("POST", "/change", "Sec-Fetch-Dest", "document").Header["Set-Cookie"]
				if test.want == "" && len(lines) > 0 || test.want != "" && (len(lines) == 0 || lines[0] != test.want) {
					t.Errorf("Set-Cookie %q, want %q to stay", lines, test.want)
				}
				if name != "at another path" && len(lines) > 1 {
					t.Errorf("the login is back: %q", lines)
				}
			})
		}
	}
}

// A session that was given up without being saved costs nobody the page.
func TestSharedSessionWithoutValues(t *testing.T) {
	for name, store := range sharedStores(t) {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, store)
			s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
				if _, err := maicontact.ContactID(r.Context()); err != nil {
					t.Error(err)
				}
				session, _ := s.sessions.Get(r, "site")
				session.Values, session.Options = nil, nil
			})
			b := s.browserOf("u-alice")
			if r := b.send("GET", "/page", "Sec-Fetch-Dest", "document"); r.StatusCode != 200 {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	}
}

// What a store does not give back exactly as it was put in, such as a time's
// monotonic clock, keeps nobody from being known again.
func TestSharedSessionWithATimeInIt(t *testing.T) {
	withGob()
	s := newSharing(t, sharedStores(t)["cookie store"])
	inner := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := s.sessions.Get(r, "site")
		session.Values["seen"] = time.Now()
		if err := session.Save(r, w); err != nil {
			t.Error(err)
		}
		inner.ServeHTTP(w, r)
	})
	b := s.browser()
	if first, second := b.contact(), b.contact(); first != second || len(s.sim.Contacts()) != 1 {
		t.Errorf("the visitor has %d contacts", len(s.sim.Contacts()))
	}
}

// A request that began before a logout, and ends after it, does not bring the
// login back where the store can tell. (What is in a cookie alone, nobody can
// take back.)
func TestSharedSessionOfALateRequest(t *testing.T) {
	for name, logout := range map[string]func(*sessions.Session){
		"destroyed":     func(s *sessions.Session) { s.Options.MaxAge = -1 },
		"emptied":       func(s *sessions.Session) { clear(s.Values) },
		"another login": func(s *sessions.Session) { s.Values["user"] = "u-bob" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSharing(t, sharedStores(t)["filesystem store"])
			asked, left := make(chan struct{}), make(chan struct{})
			s.mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
				if _, err := maicontact.ContactID(r.Context()); err != nil {
					t.Error(err)
				}
				close(asked)
				<-left
			})
			s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
				session, _ := s.sessions.Get(r, "site")
				logout(session)
				if err := session.Save(r, w); err != nil {
					t.Error(err)
				}
			})
			b := s.browserOf("u-alice")
			thief := s.browser() // or another tab, with the same cookie
			thief.jar.SetCookies(shop, b.jar.Cookies(shop))
			late := make(chan struct{})
			go func() {
				defer close(late)
				thief.send("GET", "/slow", "Sec-Fetch-Dest", "document")
			}()
			<-asked
			b.send("POST", "/logout")
			close(left)
			<-late
			want := map[string]string{"another login": "u-bob"}[name]
			if got := thief.who(); got != want {
				t.Errorf("%q is logged in, want %q", got, want)
			}
		})
	}
}
