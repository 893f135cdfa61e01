package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var (
	signingKey    = []byte("0123456789abcdef0123456789abcdef")
	encryptionKey = []byte("fedcba9876543210fedcba9876543210")
	secret        = []byte("00112233445566778899aabbccddeeff")
)

// recommendedStore is the session store that the library recommends. Its cookies
// are encrypted; those of the rivals are only signed.
func recommendedStore() (*sessions.CookieStore, error) {
	return maicontact.NewCookieStore(secret)
}

// gobStore is gorilla's own cookie store as its documentation sets it up.
func gobStore() sessions.Store { return sessions.NewCookieStore(signingKey) }

// alice is a member with all a member can have. The site's own way to know her
// costs nothing here: it is not ours to measure.
func alice() (*maicontact.Member, error) {
	metadata, err := webchat.RawQueryMetadata([]byte(`{"knowledgeBases":[{"knowledgeBaseId":"0f0f7e64-6c0c-4d8a-9d5f-2f4a9f6f0a11","hasUserSelectedAll":false}]}`))
	return &maicontact.Member{
		ID: "8a52cf94-42a5-43b5-8f0c-6f2f4a6a3d10",
		Profile: webchat.Profile{
			Name: "Alice Chen", Email: "alice.chen@example.com", Phone: "+886912345678",
			Avatar: "https://shop.example/avatars/alice.png", QueryMetadata: metadata,
		},
		Revision: 1763800000000000,
	}, err
}

// site is a site of ours whose only person is a member or, with none, a
// visitor. It runs what a site runs beside its server: without that each ask
// reads the row.
type site struct {
	simulation *webchattest.Simulation
	config     maicontact.Config
	rows       *countedStore
	middleware *maicontact.Middleware
	stop       func() error // ends what runs beside
}

// meetOn makes a site whose only person has come once, with their cookies.
func meetOn(store sessions.Store, member *maicontact.Member, open *closing) (*site, person, error) {
	s, err := newSite(store, member, nil)
	if err != nil {
		return nil, person{}, err
	}
	open.add(s.close)
	p, err := s.meet()
	return s, p, err
}

func newSite(store sessions.Store, member *maicontact.Member, change func(*maicontact.Config)) (*site, error) {
	simulation, err := webchattest.New(webchattest.Options{})
	if err != nil {
		return nil, err
	}
	s := &site{simulation: simulation}
	s.config = maicontact.Config{
		API: webchat.Config{
			BaseURL: "http://localhost/api", APIKey: webchattest.DefaultAPIKey,
			HTTPClient: &http.Client{Transport: inProcess{simulation}},
		},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "shop-production",
		Identify:  func(*http.Request) (*maicontact.Member, error) { return member, nil },
		Sessions:  store,
		Store:     maicontact.NewMemoryStore(),
		Logger:    slog.New(slog.DiscardHandler),
		Site:      maicontact.Site{Origin: "https://shop.example"},
		// A browser gets a newer entry once in Recheck; those here keep theirs.
		Timing: maicontact.Timing{Recheck: time.Hour},
		// The crowds here are all one client.
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad, Burst: -1, PerSecond: -1},
	}
	if change != nil {
		change(&s.config)
	}
	s.rows = &countedStore{Store: s.config.Store}
	s.config.Store = s.rows
	s.config.Cookie.Name = "__Host-maicontact"
	s.middleware, err = maicontact.New(s.config)
	if err != nil {
		simulation.Close()
		return nil, err
	}
	s.stop = runBeside(s.middleware)
	return s, nil
}

func (s *site) close() {
	_ = s.stop() // what had not ended is nothing that is measured
	s.simulation.Close()
}

// runBeside starts Run, and returns what ends it.
func runBeside(m *maicontact.Middleware) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// script is the script route as a site mounts it, inside of Handler.
func (s *site) script() http.Handler { return s.middleware.Handler(s.middleware.Script()) }

// person is somebody the site has met: their cookies, their contact and the
// script they get.
type person struct {
	cookies []*http.Cookie
	contact string
	script  []byte
}

// meet lets a browser ask for the script until its session answers alone: no
// cookie is written and no row is read. That is so once Run knows what has
// changed elsewhere. It checks that the browser is given the one contact that
// MaiAgent has.
func (s *site) meet() (person, error) {
	var p person
	for deadline := time.Now().Add(5 * time.Second); ; {
		before := s.rows.reads.Load()
		w, err := answer(s.script(), newRequest(0, p.cookies...))
		if err != nil {
			return p, err
		}
		set := w.Result().Cookies()
		if len(set) > 0 {
			p.cookies = set
		}
		if len(set) == 0 && s.rows.reads.Load() == before && bytes.Contains(w.Body.Bytes(), []byte(`"contactId"`)) {
			p.script = w.Body.Bytes()
			break
		}
		if time.Now().After(deadline) {
			return p, fmt.Errorf("there is no steady answer: %s", w.Body)
		}
		time.Sleep(time.Millisecond)
	}
	contacts := s.simulation.Contacts()
	if len(contacts) != 1 {
		return p, fmt.Errorf("MaiAgent has %d contacts, want one", len(contacts))
	}
	p.contact = contacts[0].ID
	if !bytes.Contains(p.script, []byte(`"contactId":"`+p.contact+`"`)) {
		return p, errors.New("the script has somebody else's contact")
	}
	return p, nil
}

// serve times the handler for somebody whose session must answer: it fails where
// rows were read. Now and then one may be, when the machine is so busy that Run
// is late.
func (s *site) serve(h http.Handler, r *http.Request, want int) func(*testing.B) {
	return s.ofSessions(serve(h, r, want))
}

func (s *site) ofSessions(bench func(*testing.B)) func(*testing.B) {
	return func(b *testing.B) {
		before := s.rows.reads.Load()
		bench(b)
		if reads := s.rows.reads.Load() - before; reads > int64(b.N/20) {
			b.Errorf("%d rows were read for %d requests", reads, b.N)
		}
	}
}

// entry is the value that our session keeps for a person.
func (s *site) entry(p person) (string, error) {
	session, err := s.config.Sessions.New(newRequest(0, p.cookies...), s.config.Cookie.Name)
	if err != nil {
		return "", err
	}
	text, _ := session.Values["entry"].(string)
	if text == "" {
		return "", errors.New("there is no entry in the session")
	}
	return text, nil
}

// inProcess is a transport that calls a handler directly.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	t.handler.ServeHTTP(w, served)
	return w.Result(), nil
}

// closing collects what is to be closed when a row is done.
type closing []func()

func (c *closing) add(f func()) { *c = append(*c, f) }

func (c *closing) close() {
	for _, f := range *c {
		f()
	}
}
