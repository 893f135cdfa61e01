package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/postgrestest"
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
	postgrestest.Main(m)
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

	stdout, stderr *output

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

func newSiteOn(t *testing.T, sim *webchattest.Server, database string) *site {
	t.Helper()
	s := &site{t: t, sim: sim, env: map[string]string{
		"ADDR":                "127.0.0.1:0",
		"DATABASE_URL":        database,
		"SESSION_KEY":         canarySessionKey,
		"MAIAGENT_BASE_URL":   sim.URL,
		"MAIAGENT_API_KEY":    canaryAPIKey,
		"MAIAGENT_INBOX_ID":   webchattest.DefaultInboxID,
		"MAIAGENT_WEBCHAT_ID": webchattest.DefaultWebChatID,
		"MAIAGENT_CHAT_URL":   sim.ChatURL(),
	}}
	s.start()
	t.Cleanup(func() {
		s.sim.ClearFaults()
		if code := s.stop(); code != exitOK {
			t.Errorf("the shop exited with %d", code)
		}
		s.checkLog()
	})
	return s
}

// start starts the shop, again after stop.
func (s *site) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	s.stdout, s.stderr = &output{}, &output{}
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

// eventually waits until something is so.
func (s *site) eventually(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// browser is a person's browser: it has cookies and follows no redirects by
// itself.
type browser struct {
	site   *site
	client *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{
		Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is a reply with its body read.
type reply struct {
	*http.Response
	body string
}

func (b *browser) do(method, path string, body io.Reader, header ...string) reply {
	b.site.t.Helper()
	r, err := http.NewRequestWithContext(b.site.t.Context(), method, b.site.url+path, body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	b.site.mu.Lock()
	defer b.site.mu.Unlock()
	for _, c := range response.Cookies() {
		b.site.cookies = append(b.site.cookies, c.Value)
	}
	return reply{response, string(text)}
}

func (b *browser) get(path string) reply {
	b.site.t.Helper()
	return b.do(http.MethodGet, path, nil, "Sec-Fetch-Site", "none")
}

// post sends a form of name, value pairs, as a page of the shop does.
func (b *browser) post(path string, form ...string) reply {
	b.site.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(values.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// submit is post that must be accepted.
func (b *browser) submit(path string, form ...string) {
	b.site.t.Helper()
	if r := b.post(path, form...); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		b.site.t.Fatalf("POST %s: %d to %q", path, r.StatusCode, r.Header.Get("Location"))
	}
}

func (b *browser) signUp(email, name string) {
	b.site.t.Helper()
	b.submit("/signup", "email", email, "name", name, "phone", "+351 912 000 111", "password", password)
}

func (b *browser) logIn(email string) {
	b.site.t.Helper()
	b.submit("/login", "email", email, "password", password)
}

// script is the chat script as the browser got it.
type script struct {
	config map[string]any // nil: no chat
	reason string
}

func (s script) contactID() string {
	id, _ := s.config["contactId"].(string)
	return id
}

var (
	configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
	reasonLine = regexp.MustCompile(`(?m)^// maicontact: no chat: (.*)$`)
)

// script asks for the chat script as the shop's page does.
func (b *browser) script() script {
	b.site.t.Helper()
	r := b.do(http.MethodGet, "/webchat.js", nil,
		"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script")
	if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "private, no-store" {
		b.site.t.Fatalf("the script: %d, Cache-Control %q", r.StatusCode, r.Header.Get("Cache-Control"))
	}
	lines := configLine.FindAllStringSubmatch(r.body, -1)
	if strings.Count(r.body, "maiagentChatbotConfig") != len(lines) || len(lines) > 1 {
		b.site.t.Fatalf("the script has %d lines of configuration", len(lines))
	}
	var s script
	if reason := reasonLine.FindStringSubmatch(r.body); reason != nil {
		s.reason = reason[1]
	}
	if len(lines) == 0 {
		if s.reason == "" {
			b.site.t.Fatal("the script says neither who nor why not")
		}
		return s
	}
	if err := json.Unmarshal([]byte(lines[0][1]), &s.config); err != nil {
		b.site.t.Fatalf("the configuration is not JSON: %v", err)
	}
	return s
}

// contactID asks for the chat script, which must have a contact.
func (b *browser) contactID() string {
	b.site.t.Helper()
	s := b.script()
	if s.contactID() == "" {
		b.site.t.Fatalf("the script has no contact: %q", s.reason)
	}
	return s.contactID()
}

func (b *browser) address() *url.URL {
	address, err := url.Parse(b.site.url)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return address
}

// cookies are the names of the browser's cookies for the shop.
func (b *browser) cookies() []string {
	var names []string
	for _, c := range b.client.Jar.Cookies(b.address()) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

// output is a buffer that may be written to and read at once.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
