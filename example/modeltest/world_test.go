package modeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	namespace = "model"
	origin    = "http://shop.test"
	cookie    = "chat" // the middleware's session
	appCookie = "app"  // the site's own: who is logged in
)

// version is one state of an account. Its content tells it from every other
// one of the account, but for a change back. Members are twins: the same
// content looks the same.
type version struct{ content, level int }

func (v version) profile() webchat.Profile {
	p := webchat.Profile{Name: fmt.Sprintf("State %d", v.content), Email: fmt.Sprintf("%d@shop.test", v.content)}
	if v.content%2 == 1 {
		p.Phone = fmt.Sprintf("+88690000%04d", v.content)
	}
	if v.level > 0 {
		metadata, err := webchat.RawQueryMetadata(fmt.Appendf(nil, `{"level":%d}`, v.level))
		if err != nil {
			panic(err)
		}
		p.QueryMetadata = metadata
	}
	return p
}

// levelOf reads the query metadata that a version has written.
func levelOf(metadata []byte) int {
	if len(metadata) == 0 || string(metadata) == "null" {
		return 0
	}
	var m struct{ Level int }
	if err := json.Unmarshal(metadata, &m); err != nil {
		panic(err)
	}
	return m.Level
}

// account is a member as the site knows them, and what the model knows of what
// the library was told.
type account struct {
	id       string
	versions []version // none: they have not signed up
	contents int
	told     int       // the newest version the library took for sure; -1: none
	erased   time.Time // the tombstone; zero: none
	epoch    int       // counts erasures, restorations and reissues
	reset    time.Time // when the last of them was
	turned   time.Time // when the row last got to desire other permissions
	tellings []*telling
}

// telling is a request or an UpdateMember that tells the library of a version.
type telling struct {
	version      int
	began, ended time.Time // zero: it has not ended
}

// tell begins a telling. The caller holds w.mu.
func (w *world) tell(member, version int) *telling {
	a := &w.accounts[member]
	it := &telling{version: version, began: time.Now()}
	a.tellings = append(a.tellings, it)
	return it
}

// flight is longer than any work that a request has left behind.
const flight = 30 * second

// tellingEnds ends a telling, at once or when a flight is over. Nil is none.
func (w *world) tellingEnds(it *telling, leaves bool) {
	if it == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if it.ended = time.Now(); leaves {
		it.ended = it.ended.Add(flight)
	}
}

// isLast reports whether no older version is told at the same time, so that
// this one is the last for sure.
func (a *account) isLast(it *telling) bool {
	for _, other := range a.tellings {
		if other.version < it.version && (other.ended.IsZero() || other.ended.After(it.began)) {
			return false
		}
	}
	return true
}

type replica struct {
	pulse   *pulse
	mc      *maicontact.Middleware
	handler http.Handler
	cancel  context.CancelFunc
	ended   chan struct{} // Run has returned
}

type browser struct {
	cookies map[string]string
	old     []string // former values of our cookie
}

// world is everything that there is in one run.
type world struct {
	plan     plan
	sim      *webchattest.Simulation
	stores   []contacts.Store // one for each replica
	session  *sessions.CookieStore
	troubles troubles
	control  control
	log      *slog.Logger
	under    sync.WaitGroup // requests and operations
	serving  sync.WaitGroup // requests that MaiAgent has not ended
	landing  atomic.Int64   // Puts that come late
	resting  chan struct{}  // closed when nothing happens any more

	mu       sync.Mutex
	replicas [replicas]*replica // nil: down
	accounts [members]account
	browsers [browsers]browser
	persons  map[contacts.Person]*known
	sources  map[string]contacts.Person // by source id
	void     map[string]time.Time       // contact id -> when the row that had it ended it
	guests   map[string]string          // our cookie of a visitor -> contact id
	left     map[string]departure       // contact id of a visitor -> when they logged in
	quiet    [replicas]time.Time        // when the store last gave the replica no answer
	owners   map[int64]claimant         // of claims
	trouble  [replicas]time.Time        // when the store last gave the replica trouble
	rule     string                     // what did not hold
	details  string
}

// control switches a part of the design off, to see that the model notices.
type control struct {
	lawless   bool // a Put asks for no version, so that claims keep nobody out
	blind     bool // searches find nothing
	doubtless bool // nobody keeps in mind that a write may still land
	deaf      bool // nobody hears what has changed elsewhere
}

// run plays a plan and returns what did not hold, and the particulars.
func run(t *testing.T, p plan, c control, open func(t *testing.T) []contacts.Store) (rule, details string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p, c, open(t))
		defer w.close()
		for i := range w.replicas {
			w.start(i)
		}
		for i, member := range []int{0, 0, 1} { // the last browser is a visitor's
			w.step(step{Kind: login, Browse: i, Member: member, Replica: i})
		}
		for _, s := range p.Steps {
			w.step(s)
			time.Sleep(ms)
			w.checkOne()
			w.checkHeld()
			if w.failed() {
				break
			}
		}
		close(w.resting)
		w.under.Wait()
		if !w.failed() {
			w.rest()
		}
		rule, details = w.rule, w.details
	})
	return rule, details
}

func newWorld(t *testing.T, p plan, c control, stores []contacts.Store) *world {
	sim, err := webchattest.New(webchattest.Options{
		SearchLag: p.Lag, AllowDuplicateSourceIDs: p.Duplicates, ConflictStatus: p.Conflict,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		plan: p, sim: sim, stores: stores, control: c, resting: make(chan struct{}),
		persons: map[contacts.Person]*known{}, owners: map[int64]claimant{}, sources: map[string]contacts.Person{}, void: map[string]time.Time{},
		guests: map[string]string{}, left: map[string]departure{},
		session: sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		log:     slog.New(slog.DiscardHandler),
	}
	if verbose {
		w.log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	// Ids that a careless key would take for one another.
	for i, id := range [members]string{"user-1", "user-1:g1", "USER 1"} {
		w.accounts[i] = account{id: id, told: -1}
		w.know(w.personOf(i))
	}
	for i := range w.browsers {
		w.browsers[i].cookies = map[string]string{}
	}
	return w
}

func (w *world) close() {
	w.under.Wait()
	for _, r := range w.replicas {
		if r != nil {
			r.pulse.crashAfter(0)
			<-r.ended
		}
	}
	w.sim.Close()
	w.serving.Wait()
	w.awaitLandings()
	time.Sleep(time.Minute) // for what replicas that crashed do without effect
}

// awaitLandings waits for the Puts that come late.
func (w *world) awaitLandings() {
	for w.landing.Load() > 0 {
		time.Sleep(100 * ms)
	}
}

func (w *world) fail(rule, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failLocked(rule, format, args...)
}

// failLocked is fail for a caller that holds w.mu.
func (w *world) failLocked(rule, format string, args ...any) {
	if w.rule == "" {
		w.rule, w.details = rule, fmt.Sprintf(format, args...)
	}
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rule != ""
}

func (w *world) start(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.replicas[i]; r != nil && r.pulse.lives() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &replica{pulse: newPulse(cancel), cancel: cancel, ended: make(chan struct{})}
	mc, err := maicontact.New(maicontact.Config{
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		API: webchat.Config{
			BaseURL: "http://localhost/api", APIKey: webchattest.DefaultAPIKey,
			HTTPClient: &http.Client{Transport: &wire{
				pulse: r.pulse, to: w.sim, serving: &w.serving, latency: w.plan.Latency, blind: w.control.blind,
			}},
		},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: namespace, Cookie: maicontact.Cookie{Name: cookie},
		Identify: w.identify,
		Sessions: w.session,
		Store:    &gated{pulse: r.pulse, inner: w.stores[i], world: w, replica: i},
		Logger:   w.log.With("replica", i),
	})
	if err != nil {
		panic(err)
	}
	r.mc = mc
	mux := http.NewServeMux()
	mux.Handle("/webchat.js", mc.Script())
	mux.HandleFunc("POST /login", w.serveLogin)
	mux.HandleFunc("POST /erase", serveVisitor(mc.EraseVisitor))
	mux.HandleFunc("POST /reissue", serveVisitor(mc.ReissueVisitor))
	r.handler = mc.Handler(mux)
	w.replicas[i] = r
	go func() {
		defer close(r.ended)
		_ = mc.Run(ctx) // that something is left when it ends is part of the model
	}()
}

// running returns a replica, or nil when it is down.
func (w *world) running(i int) *replica {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.replicas[i]; r != nil && r.pulse.lives() {
		return r
	}
	return nil
}

// stop ends a replica in order: it drains, and then takes no requests.
func (w *world) stop(i int) {
	if r := w.running(i); r != nil {
		r.cancel()
		<-r.ended
		if r.pulse.lives() {
			w.checkLetGo(r.pulse)
		}
		r.pulse.crashAfter(0)
	}
}

// serveLogin logs in, over another login too, and out. Half of the members are
// of a careful site, which tells the middleware.
func (w *world) serveLogin(rw http.ResponseWriter, r *http.Request) {
	s, _ := w.session.Get(r, appCookie)
	user := r.FormValue("user")
	if user == "" {
		delete(s.Values, "user")
	} else {
		s.Values["user"] = user
	}
	if isCareful(user) {
		if err := maicontact.Forget(r.Context()); err != nil {
			panic(err)
		}
	}
	if err := s.Save(r, rw); err != nil {
		panic(err)
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// serveVisitor is what visitors may do to what is kept of them.
func serveVisitor(do func(context.Context) (bool, error)) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		a := r.Context().Value(askedKey{}).(*asked)
		a.done, a.err = do(r.Context())
	}
}

// asked is what is known of one request.
type asked struct {
	browser, replica int
	began            time.Time
	epoch            [members]int
	done             bool // of a visitor
	err              error

	sent   string      // our cookie
	got    string      // our cookie after it
	read   atomic.Bool // its own flight has read the row
	mu     sync.Mutex
	member int // -1: a visitor
	seen   int // the version that Identify told
	it     *telling
}

type askedKey struct{}

func (w *world) identify(r *http.Request) (*maicontact.Member, error) {
	a := r.Context().Value(askedKey{}).(*asked)
	s, err := w.session.Get(r, appCookie)
	if err != nil {
		return nil, err
	}
	user, _ := s.Values["user"].(string)
	if user == "" {
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.accounts {
		if w.accounts[i].id == user {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.member, a.seen = i, len(w.accounts[i].versions)-1
			a.it = w.tell(i, a.seen)
			m := w.member(i)
			return &m, nil
		}
	}
	return nil, fmt.Errorf("no such account")
}

// member is an account as the library is told of it. The caller holds w.mu.
func (w *world) member(i int) maicontact.Member {
	a := w.accounts[i]
	m := maicontact.Member{ID: a.id, Profile: a.versions[len(a.versions)-1].profile()}
	if w.plan.Revisions {
		m.Revision = int64(len(a.versions))
	}
	return m
}

// send makes a request with the browser's cookies. The reply is nil when the
// replica crashed meanwhile.
func (w *world) send(ctx context.Context, r *replica, browser int, method, target string, lost bool) *http.Response {
	request := httptest.NewRequestWithContext(ctx, method, origin+target, nil)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Sec-Fetch-Dest", "script")
	a := ctx.Value(askedKey{}).(*asked)
	w.mu.Lock()
	for name, value := range w.browsers[browser].cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a.sent = w.browsers[browser].cookies[cookie]
	a.got = a.sent
	w.mu.Unlock()
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	if !r.pulse.lives() {
		return nil
	}
	response := recorder.Result()
	for _, c := range response.Cookies() {
		if c.Name == cookie {
			a.got = c.Value
		}
	}
	if lost {
		return response
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &w.browsers[browser]
	for _, c := range response.Cookies() {
		if old := b.cookies[cookie]; c.Name == cookie && old != "" {
			b.old = append(b.old, old)
		}
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return response
}

// within does something that takes time, and waits for it so long; then it
// goes on by itself.
func (w *world) within(d time.Duration, do func()) {
	done := make(chan struct{})
	w.under.Go(func() {
		defer close(done)
		do()
	})
	select {
	case <-done:
	case <-time.After(d):
	}
}

// departure is a visitor who has logged in, as a replica has seen.
type departure struct {
	at    time.Time
	pulse *pulse
}

// departs notes that a replica knows that whoever had the cookie has logged in.
// The caller holds w.mu.
func (w *world) departs(sent string, p *pulse) {
	if id, ok := w.guests[sent]; ok && w.left[id].pulse == nil {
		w.left[id] = departure{time.Now(), p}
	}
}

// silent notes that the store gave a replica no answer.
func (w *world) silent(replica int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet[replica] = time.Now()
}
