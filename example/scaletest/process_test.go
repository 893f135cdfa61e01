package scaletest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const site = "http://shop.example/"

var (
	signingKey    = []byte("0123456789abcdef0123456789abcdef")
	encryptionKey = []byte("fedcba9876543210fedcba9876543210")
)

// config is a site at the simulation; it lacks Store and Identify.
func config(sim *webchattest.Server) maicontact.Config {
	return maicontact.Config{
		Visitors:  maicontact.Visitors{Start: maicontact.OnLoad},
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: namespace,
		Sessions:  sessions.NewCookieStore(signingKey),
		Logger:    slog.New(slog.DiscardHandler),
	}
}

// memberOf is the member with that number and a revision of the profile.
func memberOf(n int, revision int64) *maicontact.Member {
	return &maicontact.Member{ID: person(n).ID, Profile: profileOf(n), Revision: revision}
}

// process is a server whose pages answer with the contact id.
type process struct {
	middleware *maicontact.Middleware
	handler    http.Handler
}

// run runs beside the server until the test ends. It returns when the process
// knows what changes elsewhere, so that sessions are believed.
func (p process) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.middleware.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	time.Sleep(100 * time.Millisecond)
}

func newProcess(t *testing.T, c maicontact.Config) process {
	t.Helper()
	m, err := maicontact.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return process{m, m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/plain" {
			return
		}
		id, err := maicontact.ContactID(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, id.Reveal())
	}))}
}

// visit makes a request with cookies and returns the cookies that come back.
func (p process) visit(t *testing.T, path string, cookies []*http.Cookie) []*http.Cookie {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", site+path, nil)
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Result().Cookies()
}

// counting is a store that counts reads and changes of rows.
type counting struct {
	contacts.Store
	reads, changes atomic.Int64
}

func (s *counting) Get(ctx context.Context, p contacts.Person) (contacts.Row, time.Time, error) {
	s.reads.Add(1)
	return s.Store.Get(ctx, p)
}

func (s *counting) Put(ctx context.Context, r contacts.Row, g contacts.Guard) (contacts.Row, error) {
	s.changes.Add(1)
	return s.Store.Put(ctx, r, g)
}
