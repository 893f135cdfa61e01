package sitetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// smallSite is a site of few pages, with the middleware and nothing else. In a
// page and in the policy, {{.Nonce}} is the nonce of the request, {{.Snippet}}
// the chat's inline element and {{.Chat}} the chat host. The person of the
// cookie "user" is logged in; POST /login?user= and POST /logout change it.
type smallSite struct {
	*httptest.Server
	t      *testing.T
	sim    *webchattest.Server
	policy string
	pages  map[string]string
	mu     sync.Mutex
	asked  []string // the paths that passed, in order
}

type nonceKey struct{}

func nonceOf(r *http.Request) string {
	nonce, _ := r.Context().Value(nonceKey{}).(string)
	return nonce
}

// newSmallSite opens a site with one page. The layers, the innermost first,
// stand around what renders the pages, inside the middleware.
func newSmallSite(t *testing.T, policy, html string, layers ...func(http.Handler) http.Handler) *smallSite {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	s := &smallSite{t: t, sim: sim, policy: policy, pages: map[string]string{"/": html}}
	mc, err := maicontact.New(maicontact.Config{
		Visitors:  maicontact.Visitors{Start: maicontact.OnLoad},
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: sim.ChatURL()},
		Namespace: "sitetest",
		Sessions:  sessions.NewCookieStore([]byte(strings.Repeat("s", 32)), []byte(strings.Repeat("e", 32))),
		Store:     maicontact.NewMemoryStore(),
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			user, err := r.Cookie("user")
			if err != nil {
				return nil, nil
			}
			return &maicontact.Member{ID: user.Value, Profile: webchat.Profile{Name: user.Value}}, nil
		},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /webchat.js", mc.Script())
	mux.Handle("POST /webchat.js", mc.Script())
	mux.Handle("GET /webchat-static.js", mc.StaticScript())
	mux.Handle("GET /webchat.json", mc.JSON())
	mux.Handle("POST /webchat.json", mc.JSON())
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `window.onload = () => notes.push('page onload');`)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "user", Value: r.FormValue("user"), Path: "/"})
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "user", Path: "/", MaxAge: -1})
	})
	mux.HandleFunc("GET /", s.servePage)
	var handler http.Handler = mux
	for _, layer := range layers {
		handler = layer(handler)
	}
	handler = mc.Handler(handler)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, rand.Text())))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *smallSite) servePage(w http.ResponseWriter, r *http.Request) {
	html, ok := s.pages[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	data := map[string]any{"Nonce": nonceOf(r)}
	if strings.Contains(html, ".Snippet") {
		snippet, err := maicontact.Snippet(r.Context(), nonceOf(r))
		if err != nil {
			s.t.Error(err)
		}
		data["Snippet"] = snippet
	}
	var out bytes.Buffer
	if err := template.Must(template.New("page").Parse(html)).Execute(&out, data); err != nil {
		s.t.Error(err)
	}
	if s.policy != "" {
		w.Header().Set("Content-Security-Policy", strings.NewReplacer("{{.Nonce}}", nonceOf(r), "{{.Chat}}", s.sim.ChatURL()).Replace(s.policy))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

// times is how often a path was asked for.
func (s *smallSite) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, asked := range s.asked {
		if asked == path {
			n++
		}
	}
	return n
}

// wantContacts wants MaiAgent to have contacts of these names, and no others.
func (s *smallSite) wantContacts(want ...string) {
	s.t.Helper()
	var names []string
	for _, c := range s.sim.Contacts() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, want) {
		s.t.Errorf("MaiAgent has the contacts %q, want %q", names, want)
	}
}
