package edgetest

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	tagged = `<!doctype html><html><head><script src="/webchat.js" defer></script></head><body>`
	static = `<!doctype html><html><head><script src="/webchat-static.js" defer></script></head><body>`
)

// shop is a site with the middleware, and a simulated MaiAgent. Whoever the
// cookie "user" names is logged in.
type shop struct {
	t      *testing.T
	sim    *webchattest.Server
	mc     *maicontact.Middleware
	mux    *http.ServeMux
	server *httptest.Server
	url    string
	port   string

	mu    sync.Mutex
	times map[string]int // by method and path
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, sim: webchattest.NewServer(webchattest.Options{}), mux: http.NewServeMux(), times: map[string]int{}}
	s.mc = s.middleware("shop-test", nil)
	s.mux.Handle("/webchat.js", s.mc.Script())
	s.mux.Handle("/webchat.json", s.mc.JSON())
	s.mux.Handle("/webchat-static.js", s.mc.StaticScript())
	s.mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	handler := s.mc.Handler(s.mux)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.times[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	s.url = s.server.URL
	s.port = s.url[strings.LastIndex(s.url, ":")+1:]
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
		s.sim.Close()
	})
	return s
}

func (s *shop) middleware(namespace string, change func(*maicontact.Config)) *maicontact.Middleware {
	s.t.Helper()
	c := maicontact.Config{
		Visitors:  maicontact.Visitors{Start: maicontact.OnLoad},
		API:       webchat.Config{BaseURL: s.sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: s.sim.URL},
		Namespace: namespace,
		Sessions:  sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store:     maicontact.NewMemoryStore(),
		Logger:    slog.New(slog.DiscardHandler),
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			c, err := r.Cookie("user")
			if err != nil || c.Value == "" {
				return nil, nil
			}
			return &maicontact.Member{ID: c.Value, Profile: webchat.Profile{Name: c.Value}, Revision: 1}, nil
		},
	}
	if change != nil {
		change(&c)
	}
	mc, err := maicontact.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return mc
}

// page serves HTML at a pattern of the mux.
func (s *shop) page(pattern, html string, header ...string) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		io.WriteString(w, html)
	})
}

func (s *shop) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times[what]
}

// quiet waits until nothing was asked for longer than tabs wait before they ask.
func (s *shop) quiet() {
	s.t.Helper()
	last, since := "", time.Now()
	for end := time.Now().Add(25 * time.Second); time.Since(since) < 1500*time.Millisecond; time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		now := fmt.Sprint(s.times)
		s.mu.Unlock()
		if now != last {
			last, since = now, time.Now()
		}
		if time.Now().After(end) {
			s.t.Log("never quiet")
			return
		}
	}
}

// chatter is the name of the contact whose id the page holds.
func (s *shop) chatter(tab *chromium.Tab) string {
	s.t.Helper()
	id := chromium.Eval[string](tab, `(window.maiagentChatbotConfig || {}).contactId || ''`)
	if c, ok := s.sim.Contact(id); ok {
		return c.Name
	}
	return ""
}

func login(tab *chromium.Tab, user string) {
	tab.SetCookie("user", user)
}

// settled waits until the page has loaded and the loader is in the state.
func settled(tab *chromium.Tab, state string) {
	tab.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().state === '` + state + `'`)
}
