package maicontact_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// hangingSessions is a session store on the server whose calls do not return while
// they are told to wait.
type hangingSessions struct {
	*mapStore
	read, save chan struct{} // nil: it does not wait
}

func (s *hangingSessions) New(r *http.Request, name string) (*sessions.Session, error) {
	if hang := s.read; hang != nil { // which the test takes away when it ends
		<-hang
	}
	return s.mapStore.New(r, name)
}

func (s *hangingSessions) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if hang := s.save; hang != nil {
		<-hang
	}
	return s.mapStore.Save(r, w, session)
}

// goroutines is how many there are. Of those that runtime.NumGoroutine counts some are
// the runtime's own.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	return 1 + strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "\n\ngoroutine ")
}

// While the session store hangs, pages and the script go on within Timing.Budget in
// all; the log says so once a minute; and what hangs is bounded and ends with it.
func TestSessionStoreHangs(t *testing.T) {
	const budget = 3 * time.Second
	for hangs, which := range map[string]struct{ read, save bool }{"reading": {read: true}, "writing": {save: true}, "both": {true, true}} {
		for name, ask := range map[string]func(s *site, member, visitor *browser) *http.Response{
			"a visitor's script": func(s *site, _, _ *browser) *http.Response { return s.browser().send("GET", "/webchat.js") },
			"a visitor opens": func(s *site, _, _ *browser) *http.Response {
				return s.browser().send("POST", "/webchat.js", "Origin", origin, "Sec-Fetch-Dest", "empty")
			},
			"a known visitor's script": func(_ *site, _, visitor *browser) *http.Response { return visitor.send("GET", "/webchat.js") },
			"a member's script":        func(_ *site, member, _ *browser) *http.Response { return member.send("GET", "/webchat.js") },
			"another member's script": func(s *site, member, _ *browser) *http.Response {
				member.login("u-bob")
				return member.send("GET", "/webchat.json")
			},
			"a new member's page": func(s *site, _, _ *browser) *http.Response {
				b := s.browser()
				b.login("u-bob")
				return b.send("GET", "/page")
			},
			"a member's page": func(_ *site, member, _ *browser) *http.Response { return member.send("GET", "/page") },
			"a logout":        func(_ *site, member, _ *browser) *http.Response { return member.send("POST", "/logout") },
		} {
			t.Run(hangs+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var warnings syncBuffer
					store := &hangingSessions{mapStore: newMapStore()}
					s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
						c.Sessions, c.Timing.Budget = store, budget
						c.Logger = slog.New(slog.NewTextHandler(&warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))
					})
					s.mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
						maicontact.ContactID(r.Context())
						io.WriteString(w, "a page")
					})
					s.mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
						maicontact.Logout(r.Context())
						http.Redirect(w, r, "/", http.StatusSeeOther)
					})
					s.member("u-alice", alice)
					s.member("u-bob", bob)
					defer s.run()()
					synctest.Wait()
					member, visitor := s.browser(), s.browser()
					member.login("u-alice")
					member.contact()
					visitor.contact()
					time.Sleep(time.Hour) // what is remembered is to be looked at again

					before, hang := goroutines(), make(chan struct{})
					if which.read {
						store.read = hang
					}
					if which.save {
						store.save = hang
					}
					for range 2 {
						began := time.Now()
						response := ask(s, member, visitor)
						if took := time.Since(began); took > budget || response.StatusCode >= 400 {
							t.Errorf("status %d after %s, want an answer within %s", response.StatusCode, took, budget)
						}
					}
					synctest.Wait()
					lines := strings.Count(warnings.String(), "level=")
					waits := goroutines() > before
					if want := map[bool]int{true: 1}[waits]; lines != want {
						t.Errorf("%d lines in the log, want %d:\n%s", lines, want, warnings.String())
					}
					for _, want := range []string{"level=WARN", "Config.Sessions", "Timing.Budget"} {
						if waits && !strings.Contains(warnings.String(), want) {
							t.Errorf("the log does not say %q:\n%s", want, warnings.String())
						}
					}
					close(hang)
					store.read, store.save = nil, nil
					synctest.Wait()
					time.Sleep(time.Minute)
					synctest.Wait()
					if after := goroutines(); after > before {
						t.Errorf("%d goroutines, %d before", after, before)
					}
					again := s.browser()
					again.login("u-alice")
					again.contact()
				})
			})
		}
	}
}

// A session store that hangs for everybody holds a bounded number of goroutines,
// and those who come then do not wait at all. With no budget to wait it is waited
// for no longer than the default.
func TestSessionStoreHangsForAll(t *testing.T) {
	for name, budget := range map[string]time.Duration{"a budget": time.Second, "none": -1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &hangingSessions{mapStore: newMapStore(), read: make(chan struct{})}
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) {
					c.Sessions, c.Timing.Budget, c.Logger = store, budget, slog.New(slog.DiscardHandler)
				})
				const asks, most = 6000, 4096 + 100
				before, done := runtime.NumGoroutine(), make(chan time.Duration, asks)
				for n := range asks {
					go func() {
						began := time.Now()
						s.arrive(fmt.Sprintf("10.0.%d.%d:1", n/250, n%250)).Body.Close()
						done <- time.Since(began)
					}()
				}
				atOnce := 0
				for range asks {
					took := <-done
					if took > 2*time.Second {
						t.Fatalf("somebody waited for %s", took)
					}
					if took == 0 {
						atOnce++
					}
				}
				if held := runtime.NumGoroutine() - before; held > most || held < 1000 || atOnce < asks-most {
					t.Errorf("%d goroutines are held, and %d did not wait", held, atOnce)
				}
				close(store.read)
				synctest.Wait()
			})
		})
	}
}
