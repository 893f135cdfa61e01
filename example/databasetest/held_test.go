package databasetest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// No statement holds a connection while MaiAgent is called, whatever is done for
// a member: made, changed, suspended, reissued or erased.
func TestNoConnectionIsHeld(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.pool(t)
		store := d.openOn(t, db)
		sim := webchattest.NewServer(webchattest.Options{})
		t.Cleanup(sim.Close)
		var calls, held atomic.Int64
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			calls.Add(1)
			held.Add(int64(db.Stats().InUse))
			return http.DefaultTransport.RoundTrip(r)
		})}
		member := maicontact.Member{ID: "1", Profile: webchat.Profile{Name: "Alice"}, Revision: 1}
		mc, err := maicontact.New(maicontact.Config{
			API:     webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey, HTTPClient: client},
			InboxID: webchattest.DefaultInboxID, Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
			Namespace: "shop", Store: store, Logger: slog.New(slog.DiscardHandler),
			Identify: func(*http.Request) (*maicontact.Member, error) { return &member, nil },
			Sessions: sessions.NewCookieStore([]byte(strings.Repeat("k", 32))),
		})
		if err != nil {
			t.Fatal(err)
		}
		page := mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, _ := maicontact.ContactID(r.Context())
			_, _ = io.WriteString(w, id.Reveal())
		}))
		ask := func() string {
			w := httptest.NewRecorder()
			page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			return w.Body.String()
		}
		// By another pool, so that nobody but the library uses this one.
		other, of := d.open(t), contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}.Member("1")
		if ask() == "" {
			t.Fatal("no contact")
		}
		drop := func(_ any, err error) error { return err }
		for _, step := range []struct {
			name string
			run  func() error
		}{
			{"change", func() error {
				member.Profile.Name, member.Revision = "Alice B", 2
				return mc.UpdateMember(t.Context(), member)
			}},
			{"suspend", func() error { return mc.Suspend(t.Context(), "1") }},
			{"resume", func() error {
				err := mc.Resume(t.Context(), "1")
				ask()
				return err
			}},
			{"reissue", func() error { return drop(mc.Reissue(t.Context(), "1")) }},
			{"ask", func() error { ask(); return nil }},
			{"erase", func() error { return drop(mc.Erase(t.Context(), "1")) }},
		} {
			before := calls.Load()
			if err := step.run(); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
			for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				row, _, err := other.Get(t.Context(), of)
				if err == nil && calls.Load() > before && (row.State() == contacts.StateErased || row.Waiting == nil && row.Owner == 0 && row.Due.IsZero()) {
					break
				}
				if time.Since(start) > 20*time.Second {
					t.Fatalf("%s: the row stays %v, %v, after %d calls", step.name, row.State(), err, calls.Load()-before)
				}
			}
		}
		if n := held.Load(); n > 0 || calls.Load() == 0 {
			t.Errorf("%d connections were in use in %d calls", n, calls.Load())
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
