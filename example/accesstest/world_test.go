package accesstest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	secondInbox = "33333333-3333-4333-8333-333333333333"
	otherKey    = "not-a-real-key-of-another"
	basicBase   = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	vipBase     = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
	publicBase  = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
)

// The accesses that people of the site may have.
var (
	none   webchat.QueryMetadata
	basic  = access(basicBase)
	vip    = access(basicBase, vipBase)
	public = access(publicBase)
)

func access(bases ...string) webchat.QueryMetadata {
	var p webchat.Permissions
	for _, id := range bases {
		p.KnowledgeBases = append(p.KnowledgeBases, webchat.KnowledgeBase{ID: id, All: true})
	}
	m, err := p.QueryMetadata()
	if err != nil {
		panic(err) // it is a constant
	}
	return m
}

// world is a site, its MaiAgent, and what the site has allowed last.
type world struct {
	t      *testing.T
	sim    *webchattest.Simulation
	config maicontact.Config
	mc     *maicontact.Middleware
	page   http.Handler
	log    *log
	stop   func()

	mu      sync.Mutex
	members map[string]maicontact.Member

	owners map[string]string // contact id -> who was given it
	blind  bool              // nobody can see what MaiAgent does
}

// options is what differs between worlds.
type options struct {
	simulation webchattest.Options
	timing     maicontact.Timing
	store      contacts.Store
	blind      bool
}

func newWorld(t *testing.T, o options) *world {
	w := &world{t: t, members: map[string]maicontact.Member{}, owners: map[string]string{}, log: &log{}, blind: o.blind}
	o.simulation.OtherInboxIDs = []string{secondInbox}
	sim, err := webchattest.New(o.simulation)
	if err != nil {
		t.Fatal(err)
	}
	w.sim = sim
	keys, err := maicontact.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	w.config = maicontact.Config{
		API:     webchat.Config{BaseURL: "http://localhost/api", APIKey: webchattest.DefaultAPIKey, HTTPClient: &http.Client{Transport: webchattest.InProcess(sim)}},
		InboxID: webchattest.DefaultInboxID, Widget: webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: "access-test", Identify: w.whoIs, Sessions: keys, Store: o.store, Timing: o.timing,
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad, Profile: webchat.Profile{QueryMetadata: public}},
		Logger:   slog.New(slog.NewTextHandler(w.log, nil)),
	}
	w.start()
	return w
}

// start is a start of the server.
func (w *world) start() {
	mc, err := maicontact.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mc = mc
	mux := http.NewServeMux()
	mux.Handle("/webchat.json", mc.JSON())
	w.page = mc.Handler(mux)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = mc.Run(ctx) }()
	w.stop = func() { cancel(); <-ended }
}

func (w *world) close() {
	w.stop()
	w.sim.Close()
}

func (w *world) whoIs(r *http.Request) (*maicontact.Member, error) {
	id := r.Header.Get("Test-Member")
	if id == "" {
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.members[id]
	return &m, nil
}

// set is a change of a member's account, which the site tells of.
func (w *world) set(id string, change func(*webchat.Profile)) {
	w.mu.Lock()
	m := w.members[id]
	m.ID, m.Revision = id, m.Revision+1
	change(&m.Profile)
	w.members[id] = m
	w.mu.Unlock()
	if err := w.mc.UpdateMember(w.t.Context(), m); err != nil {
		w.t.Errorf("update: %v", err)
	}
}

// allowed is what the person may be answered from.
func (w *world) allowed(who string) webchat.QueryMetadata {
	if who == "" {
		return w.config.Visitors.Profile.QueryMetadata
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.members[who].Profile.QueryMetadata
}

// browser is one person's.
type browser struct {
	world  *world
	member string // empty: a visitor
	jar    map[string]string
}

func (w *world) browser(member string) *browser {
	return &browser{world: w, member: member, jar: map[string]string{}}
}

type answer struct {
	ID     string
	Reason string
}

// ask asks for the chat, and looks what MaiAgent would answer from if it is
// given.
func (b *browser) ask() answer {
	w := b.world
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://shop.example/webchat.json", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	if b.member != "" {
		r.Header.Set("Test-Member", b.member)
	}
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	allowed := w.allowed(b.member)
	rec := httptest.NewRecorder()
	w.page.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if b.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	var reply struct {
		Config struct {
			ContactID string `json:"contactId"`
		}
		Reason string
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &reply); err != nil {
		w.t.Fatalf("reply %q: %v", rec.Body, err)
	}
	a := answer{reply.Config.ContactID, reply.Reason}
	if a.ID != "" {
		w.check(b, a.ID, allowed)
	}
	return a
}

// check fails when the id is not the person's, or MaiAgent has more for it than
// is allowed.
func (w *world) check(b *browser, id string, allowed webchat.QueryMetadata) {
	w.t.Helper()
	who := "member " + b.member
	if b.member == "" {
		who = fmt.Sprintf("visitor %p", b)
	}
	if owner, known := w.owners[id]; known && owner != who {
		w.t.Fatalf("%s was given the contact of %s", who, owner)
	}
	w.owners[id] = who
	raw, ok := w.sim.AccessOf(id)
	if !ok || w.blind {
		return // it gets no answer at all; or nobody can see it
	}
	held := none
	if len(raw) > 0 && string(raw) != "null" {
		var err error
		if held, err = webchat.RawQueryMetadata(raw); err != nil {
			w.t.Fatalf("MaiAgent holds what cannot be read: %v", err)
		}
	}
	if same, _ := allowed.SeenIn(held); !same {
		w.t.Fatalf("%s is given the chat, and MaiAgent answers from %s; allowed is %s\n%s", who, raw, allowed.JSON(), w.log)
	}
}

// until asks until the answer is as wanted.
func (b *browser) until(what string, patience time.Duration, ok func(answer) bool) answer {
	b.world.t.Helper()
	var a answer
	pause := 20 * time.Millisecond
	for begun := time.Now(); time.Since(begun) < patience; pause = min(2*pause, patience/50) {
		if a = b.ask(); ok(a) {
			return a
		}
		time.Sleep(pause)
	}
	b.world.t.Fatalf("%s: the answer is %+v after %v\n%s", what, a, patience, b.world.log)
	return a
}

func given(a answer) bool    { return a.ID != "" }
func withheld(a answer) bool { return a.ID == "" }

// eventually waits until it holds.
func (w *world) eventually(what string, patience time.Duration, ok func() bool) {
	w.t.Helper()
	pause := 20 * time.Millisecond
	for begun := time.Now(); time.Since(begun) < patience; pause = min(2*pause, patience/50) {
		if ok() {
			return
		}
		time.Sleep(pause)
	}
	w.t.Fatalf("%s: not after %v\n%s", what, patience, w.log)
}

// log keeps the last lines.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	if len(l.lines) > 60 {
		l.lines = l.lines[len(l.lines)-40:]
	}
	return len(p), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var text string
	for _, line := range l.lines {
		text += line
	}
	return text
}
