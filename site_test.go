package maicontact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"sync"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// site is a small web site with maicontact around it and a simulated MaiAgent
// behind it.
type site struct {
	t       *testing.T
	mc      *maicontact.Middleware
	sim     *webchattest.Simulation
	store   contacts.Store
	handler http.Handler
	mux     *http.ServeMux
	log     *syncBuffer

	mu       sync.Mutex
	members  map[string]maicontact.Member
	identify func(*http.Request) (*maicontact.Member, error) // replaces the usual one
}

const origin = "http://shop.test"

// newSite builds a site. change may alter the configuration and the
// simulation's options before they are used.
func newSite(t *testing.T, change func(*maicontact.Config, *webchattest.Options)) *site {
	t.Helper()
	s := &site{t: t, members: map[string]maicontact.Member{}, log: &syncBuffer{}}
	options := webchattest.Options{}
	c := maicontact.Config{
		API:       webchat.Config{BaseURL: "http://localhost/api", APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "shop-test", Cookie: maicontact.Cookie{Name: "maicontact"},
		Identify: s.whoIs,
		Sessions: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210fedcba9876543210")),
		Store:    maicontact.NewMemoryStore(),
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad}, // see open_test.go for the other
		Logger:   slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c, &options)
	}
	sim, err := webchattest.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	if c.API.HTTPClient == nil {
		c.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(sim)}
	}
	s.sim, s.store = sim, c.Store
	s.build(c)
	return s
}

// build makes the middleware, as a start of the server does.
func (s *site) build(c maicontact.Config) {
	s.t.Helper()
	mc, err := maicontact.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mc = mc
	s.mux = http.NewServeMux()
	s.mux.Handle("/webchat.js", mc.Script())
	s.mux.Handle("/webchat.json", mc.JSON())
	s.mux.Handle("/webchat-static.js", mc.StaticScript())
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a page") })
	s.handler = mc.Handler(s.mux)
}

func (s *site) whoIs(r *http.Request) (*maicontact.Member, error) {
	s.mu.Lock()
	identify := s.identify
	s.mu.Unlock()
	if identify != nil {
		return identify(r)
	}
	c, err := r.Cookie("user")
	if err != nil || c.Value == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.members[c.Value]
	if !ok {
		return nil, errors.New("no such account")
	}
	return &m, nil
}

// member adds or changes an account; each change raises its revision.
func (s *site) member(id string, profile webchat.Profile) maicontact.Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := maicontact.Member{ID: id, Profile: profile, Revision: s.members[id].Revision + 1}
	s.members[id] = m
	return m
}

func (s *site) identifyBy(f func(*http.Request) (*maicontact.Member, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identify = f
}

// run runs the reconciler until the test ends.
func (s *site) run() (stop func() error) {
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.mc.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

// browser is one person's browser.
type browser struct {
	site *site
	jar  *cookiejar.Jar
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{site: s, jar: jar}
}

var shop, _ = url.Parse(origin)

func (b *browser) login(user string) {
	b.jar.SetCookies(shop, []*http.Cookie{{Name: "user", Value: user, Path: "/"}})
}
func (b *browser) logout() { b.login("") }

func (b *browser) cookie(name string) string {
	for _, c := range b.jar.Cookies(shop) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// send makes a request with the browser's cookies and fetch metadata.
func (b *browser) send(method, path string, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(b.site.t.Context(), method, origin+path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "script")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, c := range b.jar.Cookies(shop) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	response := w.Result()
	b.jar.SetCookies(shop, response.Cookies())
	return response
}

var configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
var reasonLine = regexp.MustCompile(`(?m)^// maicontact: no chat: (.*)$`)

// answer is what a script told the browser.
type answer struct {
	Contact string
	Reason  string
	Status  int
	Config  map[string]any
}

func read(t *testing.T, response *http.Response) answer {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: response.StatusCode}
	if m := configLine.FindSubmatch(body); m != nil {
		if err := json.Unmarshal(m[1], &a.Config); err != nil {
			t.Fatalf("the configuration is not JSON: %v", err)
		}
		a.Contact, _ = a.Config["contactId"].(string)
	}
	if m := reasonLine.FindSubmatch(body); m != nil {
		a.Reason = string(m[1])
	}
	return a
}

// ask loads the chat script.
func (b *browser) ask() answer {
	b.site.t.Helper()
	return read(b.site.t, b.send("GET", "/webchat.js"))
}

// contact loads the chat script and wants a contact in it.
func (b *browser) contact() string {
	b.site.t.Helper()
	a := b.ask()
	if a.Contact == "" {
		b.site.t.Fatalf("no contact: %+v\n%s", a, b.site.log)
	}
	return a.Contact
}

// upstream returns the contact at the simulation.
func (s *site) upstream(id string) webchattest.Contact {
	s.t.Helper()
	c, ok := s.sim.Contact(id)
	if !ok {
		s.t.Fatal("MaiAgent does not know the contact")
	}
	return c
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
