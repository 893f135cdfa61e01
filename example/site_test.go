package main

import (
	"bufio"
	"context"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/example/internal/output"
	"github.com/maicontact/maicontact/example/internal/postgrestest"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// asCommand makes the test binary be the command, for tests that need a
// process of its own.
const asCommand = "EXAMPLE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	// The tests mostly wait for the shop.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	postgrestest.Main(m, mariadbtest.Stop)
}

const (
	canaryAPIKey     = "canary-api-key-4d1f"
	canarySessionKey = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	password         = "canary-password-77"
	patience         = 30 * time.Second
)

// site is a shop that runs in the test's process, on a simulated MaiAgent of
// the test's own.
type site struct {
	t    *testing.T
	sim  *webchattest.Server
	env  map[string]string
	url  string
	stop func() int
	// asked is what MaiAgent had been asked when the shop opened: whether the
	// settings fit.
	asked int

	stdout, stderr *output.Buffer

	mu      sync.Mutex
	cookies []string // the values of all that were set
}

// newSite starts a shop on a database and a MaiAgent of its own.
func newSite(t *testing.T) *site {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{APIKey: canaryAPIKey})
	t.Cleanup(sim.Close)
	return newSiteOn(t, sim, "sqlite:"+t.TempDir()+"/shop #1?.db")
}

// newSiteOn starts a shop with more settings, each a name and a value.
func newSiteOn(t *testing.T, sim *webchattest.Server, database string, settings ...string) *site {
	t.Helper()
	s := &site{t: t, sim: sim, env: map[string]string{
		"ADDR":                "127.0.0.1:0",
		"DATABASE_URL":        database,
		"SESSION_KEY":         canarySessionKey,
		"CHAT_VISITORS":       "on-load",
		"MAIAGENT_BASE_URL":   sim.URL,
		"MAIAGENT_API_KEY":    canaryAPIKey,
		"MAIAGENT_INBOX_ID":   webchattest.DefaultInboxID,
		"MAIAGENT_WEBCHAT_ID": webchattest.DefaultWebChatID,
		"MAIAGENT_CHAT_URL":   sim.ChatURL(),
	}}
	for i := 0; i < len(settings); i += 2 {
		s.env[settings[i]] = settings[i+1]
	}
	s.start()
	t.Cleanup(func() {
		s.sim.ClearFaults()
		if code := s.stop(); code != exitOK {
			t.Errorf("the shop exited with %d", code)
		}
		s.checkLog()
		if t.Failed() {
			t.Logf("the shop's log:\n%s", s.stderr)
		}
	})
	return s
}

// start starts the shop, again after stop.
func (s *site) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	s.stdout, s.stderr = &output.Buffer{}, &output.Buffer{}
	done := make(chan int, 1)
	go func() {
		code := run(ctx, func(name string) string { return s.env[name] }, io.MultiWriter(write, s.stdout), s.stderr)
		write.Close()
		done <- code
	}()
	stopped := sync.OnceValue(func() int {
		cancel()
		select {
		case code := <-done:
			return code
		case <-time.After(patience):
			s.t.Error("the shop does not stop")
			return -1
		}
	})
	s.stop = stopped
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		s.t.Fatalf("the shop did not start: %s", s.stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "shop: ")
	if !ok {
		s.t.Fatalf("the first line is %q", line)
	}
	s.url = strings.TrimSuffix(address, "/")
	s.asked = s.sim.Count("")
}

func (s *site) restart() {
	s.t.Helper()
	if code := s.stop(); code != exitOK {
		s.t.Fatalf("the shop exited with %d", code)
	}
	s.checkLog()
	s.start()
}

// checkLog looks for what must never be in a log.
func (s *site) checkLog() {
	s.t.Helper()
	log := strings.ToLower(s.stderr.String() + s.stdout.String())
	secrets := []string{canaryAPIKey, canarySessionKey, password}
	s.mu.Lock()
	secrets = append(secrets, s.cookies...)
	s.mu.Unlock()
	for _, c := range s.sim.All() {
		secrets = append(secrets, c.ID, c.Email, c.Phone)
		if c.Name != "Anonymous" {
			secrets = append(secrets, c.Name)
		}
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(log, strings.ToLower(secret)) {
			s.t.Errorf("the log holds %q", secret)
		}
	}
}

// contact returns MaiAgent's record of a contact.
func (s *site) contact(id string) webchattest.Contact {
	s.t.Helper()
	c, ok := s.sim.Contact(id)
	if !ok {
		s.t.Fatalf("MaiAgent has no contact %q", id)
	}
	return c
}

// row returns the row of the contact management table that has the contact. What
// MaiAgent calls the person by must be made of that row's person alone, and tell
// nobody who that is.
func (s *site) row(contactID string) contacts.Row {
	s.t.Helper()
	row := s.look(func(table *sqlstore.Store) (contacts.Row, error) {
		return table.ByContact(s.t.Context(), webchattest.DefaultInboxID, webchat.ContactID(contactID))
	})
	if sent := s.contact(contactID).SourceID; !opaqueToken.MatchString(sent) || sent != identity.SourceID(row.Person, row.Generation) {
		s.t.Errorf("MaiAgent calls the person %q", sent)
	}
	return row
}

// rowOf returns a person's row.
func (s *site) rowOf(p contacts.Person) contacts.Row {
	s.t.Helper()
	return s.look(func(table *sqlstore.Store) (contacts.Row, error) {
		row, _, err := table.Get(s.t.Context(), p)
		return row, err
	})
}

// look looks into the table, beside the shop.
func (s *site) look(f func(*sqlstore.Store) (contacts.Row, error)) contacts.Row {
	s.t.Helper()
	at, err := parseDatabase(s.env["DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := openDatabase(s.t.Context(), at)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	table, err := sqlstore.Open(s.t.Context(), db.DB, at.dialect)
	if err != nil {
		s.t.Fatal(err)
	}
	defer table.Close()
	row, err := f(table)
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

var opaqueToken = regexp.MustCompile(`^[a-z0-9]{40,64}$`)

// eventually waits until something is so.
func (s *site) eventually(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
