package admin

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	canaryKey   = "canary-api-key-4d1f"
	canaryName  = "Canary Name"
	canaryMail  = "canary-mail@example.org"
	canaryPhone = "+886999888777"
	origin      = "http://shop.test"
)

var secret = []byte("canary-secret-0123456789abcdef-0123456789")

// bed is an admin page over a site and a simulated MaiAgent.
type bed struct {
	*Handler
	t       *testing.T
	site    *maicontact.Middleware
	sim     *webchattest.Simulation
	store   contacts.Store
	scope   contacts.Scope
	calls   *operate.CallLog
	log     *lines
	done    []Action
	looks   error // what Authorize says
	acts    error // what AuthorizeActions says
	asked   []string
	members map[string]maicontact.Member
}

func newBed(t *testing.T, change func(*Config, *maicontact.Config)) *bed {
	t.Helper()
	b := &bed{t: t, store: contacts.NewMemoryStore(), calls: operate.NewCallLog(0), log: &lines{}, members: map[string]maicontact.Member{}}
	var err error
	if b.sim, err = webchattest.New(webchattest.Options{APIKey: canaryKey}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.sim.Close)
	b.scope = contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}
	log := slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	site := maicontact.Config{
		API:     webchat.Config{BaseURL: "http://localhost/api", APIKey: canaryKey, OnCall: b.calls.Add, MaxAttempts: 1, HTTPClient: b.client()},
		InboxID: b.scope.InboxID, Namespace: b.scope.Namespace, Logger: log,
		Widget:   webchat.Widget{WebChatID: webchattest.DefaultWebChatID, ChatURL: "http://localhost"},
		Sessions: sessions.NewCookieStore(secret), Store: b.store,
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			m, ok := b.members[r.Header.Get("User")]
			if !ok {
				return nil, nil
			}
			return &m, nil
		},
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		Timing:   maicontact.Timing{Budget: 10 * time.Second},
	}
	c := Config{
		Authorize:        func(r *http.Request) error { b.asked = append(b.asked, "look"); return b.looks },
		AuthorizeActions: func(r *http.Request) error { b.asked = append(b.asked, "act"); return b.acts },
		Secret:           secret, Calls: b.calls, Logger: log,
		OnAction: func(_ context.Context, a Action) { b.done = append(b.done, a) },
	}
	if change != nil {
		change(&c, &site)
	}
	if b.site, err = maicontact.New(site); err != nil {
		t.Fatal(err)
	}
	c.Site = b.site
	if b.Handler, err = New(c); err != nil {
		t.Fatal(err)
	}
	return b
}

// client reaches the simulation without a network, so that tests may run under
// synctest.
func (b *bed) client() *http.Client { return &http.Client{Transport: webchattest.InProcess(b.sim)} }

// run runs the middleware's Run until the test ends.
func (b *bed) run() {
	ctx, cancel := context.WithCancel(b.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.site.Run(ctx); err != nil {
			b.t.Error(err)
		}
	})
	b.t.Cleanup(func() { cancel(); running.Wait() })
}

// member has a member ask for the chat, and returns their contact.
func (b *bed) member(id string) webchat.ContactID {
	b.t.Helper()
	b.members[id] = maicontact.Member{ID: id, Profile: webchat.Profile{Name: canaryName, Email: canaryMail, Phone: canaryPhone}, Revision: b.members[id].Revision + 1}
	return b.ask(id)
}

func (b *bed) ask(id string) (found webchat.ContactID) {
	r := httptest.NewRequestWithContext(b.t.Context(), "GET", origin+"/", nil)
	r.Header.Set("User", id)
	b.site.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, _ = maicontact.ContactID(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return found
}

// person is the person's row as the table has it.
func (b *bed) row(id string) contacts.Row {
	b.t.Helper()
	row, _, err := b.store.Get(b.t.Context(), b.scope.Member(id))
	if err != nil {
		b.t.Fatal(err)
	}
	return row
}

// change changes a row as another server does.
func (b *bed) change(id string, f func(*contacts.Row)) {
	b.t.Helper()
	row, now, err := b.store.Get(b.t.Context(), b.scope.Member(id))
	if err != nil {
		row = contacts.New(b.scope.Member(id), now)
	}
	f(&row)
	if _, err := b.store.Put(b.t.Context(), row, contacts.Guard{}); err != nil {
		b.t.Fatal(err)
	}
}

// reply is an answer as a whole.
type reply struct {
	*http.Response
	body string
}

// text is what people read of it.
func (r reply) text() string {
	_, body, _ := strings.Cut(r.body, "</style>")
	text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))
	return strings.Join(strings.Fields(text), " ")
}

// says wants a status and texts.
func (r reply) says(t *testing.T, status int, texts ...string) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("status %d, want %d: %s", r.StatusCode, status, r.text())
	}
	for _, text := range texts {
		if !strings.Contains(r.text(), text) {
			t.Errorf("it does not say %q: %s", text, r.text())
		}
	}
	return r
}

// send sends a request as a browser does from one of the pages.
func (b *bed) send(method, path string, form url.Values, header ...string) reply {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, origin+path, body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	response := w.Result()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{response, string(text)}
}

func (b *bed) get(path string) reply { b.t.Helper(); return b.send("GET", path, nil) }

// find looks a member up, and returns the path of their page.
func (b *bed) find(id string) string {
	b.t.Helper()
	r := b.send("POST", "/admin/person", url.Values{"member": {id}}).says(b.t, http.StatusSeeOther)
	return r.Header.Get("Location")
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
