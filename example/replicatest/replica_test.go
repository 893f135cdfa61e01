package replicatest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestMain(m *testing.M) {
	// The tests mostly wait, so more of them than there are processors may run
	// at once.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	postgrestest.Main(m, mariadbtest.Stop)
}

const namespace = "replicas"

var scope = contacts.Scope{Namespace: namespace, InboxID: webchattest.DefaultInboxID}

// forgetful is a MaiAgent that keeps no source id unique, and whose search lags.
var forgetful = webchattest.Options{AllowDuplicateSourceIDs: true, SearchLag: 200 * time.Millisecond}

// replica is one server, with a pool of its own.
type replica struct {
	*maicontact.Middleware
	store   *sqlstore.Store
	handler http.Handler
}

// database is one that several servers share.
type database struct {
	dialect sqlstore.Dialect
	open    func(t testing.TB) *sql.DB
}

// databases make new ones.
var databases = map[string]func(t testing.TB) database{
	"PostgreSQL": func(t testing.TB) database {
		address := postgrestest.URL(t)
		return database{sqlstore.PostgreSQL, func(t testing.TB) *sql.DB { return postgrestest.OpenURL(t, address) }}
	},
	"MariaDB": func(t testing.TB) database {
		dsn := mariadbtest.DSN(t)
		return database{sqlstore.MySQL, func(t testing.TB) *sql.DB { return mariadbtest.Open(t, dsn) }}
	},
}

// newReplica makes a server whose Run runs until the test ends.
func newReplica(t *testing.T, sim *webchattest.Server, in database) *replica {
	t.Helper()
	db := in.open(t)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	store, err := sqlstore.Open(t.Context(), db, in.dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	m, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID},
		Namespace: namespace,
		Identify:  identify,
		Sessions:  sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
		Store:     store,
		Timing: maicontact.Timing{
			Budget: 20 * time.Second, SearchLag: 500 * time.Millisecond, WriteDoubt: 1500 * time.Millisecond, Lease: 3 * time.Second,
		},
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		Limits:   maicontact.Limits{CallsPerSecond: -1},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return &replica{m, store, m.Handler(http.HandlerFunc(serveContact))}
}

// identify believes what a header says.
func identify(r *http.Request) (*maicontact.Member, error) {
	id := r.Header.Get("Member")
	if id == "" {
		return nil, nil
	}
	return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: "Member " + id}, Revision: 1}, nil
}

// answer is what a page says of the contact.
type answer struct {
	ID     string
	Reason maicontact.Reason
}

func serveContact(w http.ResponseWriter, r *http.Request) {
	id, reason := maicontact.ContactOrReason(r.Context())
	_ = json.NewEncoder(w).Encode(answer{id.Reveal(), reason})
}

// ask asks as a member, or as the visitor who has the cookies, which it returns.
func (r *replica) ask(ctx context.Context, member string, cookies ...*http.Cookie) (answer, []*http.Cookie, error) {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://shop.example/", nil)
	request.Header.Set("User-Agent", "Mozilla/5.0")
	if member != "" {
		request.Header.Set("Member", member)
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		return a, nil, err
	}
	if (a.ID == "") == (a.Reason == "") {
		return a, nil, errors.New("there is neither a contact nor a reason, or both")
	}
	return a, w.Result().Cookies(), nil
}

// liveOf returns the live contacts that a person has at MaiAgent.
func liveOf(sim *webchattest.Server, p contacts.Person) (list []webchattest.Contact) {
	ids := map[string]bool{}
	for generation := range 20 {
		ids[identity.SourceID(p, generation+1)] = true
	}
	for _, c := range sim.Contacts() {
		if ids[c.SourceID] {
			list = append(list, c)
		}
	}
	return list
}

// eventually tries until it holds, for as long as anything here may take.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for start := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("it did not happen: %s", what)
		}
	}
}
