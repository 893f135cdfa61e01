package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// maxReadme is how long the README may be.
const maxReadme = 200

// The README's program is built as it stands, in a module of its own that its
// commands make, and run against the simulation: a visitor opens the chat, Alice
// logs in and has hers, and the end of the program waits for what is under way.
func TestReadmeProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs SIGTERM")
	}
	readme := readFile(t, "../README.md")
	if n := strings.Count(readme, "\n"); n > maxReadme {
		t.Errorf("README.md has %d lines, at most %d are wanted", n, maxReadme)
	}
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	site := startProgram(t, buildProgram(t, readme), maiagent)

	browser := newCustomer(t, site.address)
	if page := browser.get("/"); !strings.Contains(page, `<script src="/webchat.js" defer></script>`) {
		t.Fatalf("the page does not load the chat:\n%s", page)
	}
	if script := browser.get("/webchat.js"); !strings.Contains(script, "no chat: not opened") {
		t.Errorf("a visitor who has not opened the chat gets\n%s", script)
	}
	if opened := browser.post("/webchat.js"); !strings.Contains(opened, `"contactId"`) || len(maiagent.Contacts()) != 1 {
		t.Fatalf("a visitor who opens the chat gets\n%s", opened)
	}
	visitor := maiagent.Contacts()[0].ID

	browser.post("/login")
	script := browser.get("/webchat.js")
	contacts := maiagent.Contacts()
	if len(contacts) != 2 {
		t.Fatalf("%d contacts, want the visitor's and Alice's", len(contacts))
	}
	for _, c := range contacts {
		if isAlice := c.Name == "Alice Chen"; strings.Contains(script, c.ID) != isAlice || isAlice == (c.ID == visitor) {
			t.Errorf("the script is not for Alice alone (contact of %q)", c.Name)
		}
	}
	browser.post("/logout")
	if script := browser.get("/webchat.js"); !strings.Contains(script, "no chat: not opened") {
		t.Errorf("after the logout the script is\n%s", script)
	}

	// A contact is being made when the program is told to end. Its request waits no
	// longer than the budget; Run waits for the contact.
	maiagent.ResetRequests()
	maiagent.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: webchattest.CreateContact, Delay: 2*time.Second + time.Second})
	reply := make(chan string, 1)
	go func() { reply <- newCustomer(t, site.address).post("/webchat.js") }()
	waitFor(t, "the creation to begin", func() bool { return len(maiagent.Requests()) > 0 })
	if err := site.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if opened := <-reply; !strings.Contains(opened, `"reason":"budget"`) {
		t.Errorf("a request that was under way got\n%s", opened)
	}
	if err := site.command.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if n := len(maiagent.Contacts()); n != 3 {
		t.Errorf("the program ended before the contact was made: %d contacts", n)
	}
}

// buildProgram follows the README: a module, the program, the library (this one).
func buildProgram(t *testing.T, readme string) string {
	t.Helper()
	dir := t.TempDir()
	name := regexp.MustCompile(`(?m)^go mod init (\S+)$`).FindStringSubmatch(readme)
	library := regexp.MustCompile(`(?m)^go get (\S+)$`).FindStringSubmatch(readme)
	needs := regexp.MustCompile(`Go (1\.\d+) or newer`).FindStringSubmatch(readme)
	if name == nil || library == nil || needs == nil {
		t.Fatal("README.md does not say which Go it needs, or lacks `go mod init` or `go get`")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	goMod := readFile(t, filepath.Join(root, "go.mod"))
	if !strings.HasPrefix(goMod, "module "+library[1]+"\n") || !strings.Contains(goMod, "\ngo "+needs[1]+".") {
		t.Errorf("README.md asks for %s and Go %s, which go.mod does not say", library[1], needs[1])
	}
	program := ""
	for _, block := range goBlocks(readme) {
		if strings.HasPrefix(block.text, "package main\n") {
			program = block.text
		}
	}
	if program == "" {
		t.Fatal("README.md has no whole program")
	}
	writeFile(t, filepath.Join(dir, "main.go"), program)
	writeFile(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %[3]s => %s\n", name[1], needs[1], library[1], root))
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, filepath.Join(root, "go.sum")))
	binary := filepath.Join(dir, "site")
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", binary, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the program of README.md does not build: %v\n%s", err, out)
	}
	return binary
}

// runningProgram is the README's program.
type runningProgram struct {
	command *exec.Cmd
	address string
	log     *bytes.Buffer // to be read after its end
}

func startProgram(t *testing.T, binary string, maiagent *webchattest.Server) *runningProgram {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	p := &runningProgram{command: exec.CommandContext(ctx, binary), log: &bytes.Buffer{}}
	p.command.Env = append(os.Environ(),
		"ADDR=127.0.0.1:0", "SESSION_KEY="+strings.Repeat("5c", 32),
		"MAIAGENT_BASE_URL="+maiagent.BaseURL(), "MAIAGENT_CHAT_URL="+maiagent.ChatURL(),
		"MAIAGENT_API_KEY="+webchattest.DefaultAPIKey, "MAIAGENT_INBOX_ID="+webchattest.DefaultInboxID,
		"MAIAGENT_WEBCHAT_ID="+webchattest.DefaultWebChatID)
	p.command.Stderr = write
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	started := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(started)
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			p.log.WriteString(lines.Text() + "\n")
			if _, address, ok := strings.Cut(lines.Text(), "open http://"); ok {
				started <- "http://" + strings.TrimSuffix(address, "/")
			}
		}
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-ended
		read.Close()
	})
	if p.address = <-started; p.address == "" {
		t.Fatalf("the program of README.md does not start:\n%s", p.log)
	}
	return p
}

// customer is a browser that has the page of the README's program open.
type customer struct {
	t      *testing.T
	client *http.Client
	site   string
}

func newCustomer(t *testing.T, site string) *customer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Error(err)
	}
	return &customer{t, &http.Client{Jar: jar, Timeout: 30 * time.Second}, site}
}

func (c *customer) get(path string) string  { return c.ask(http.MethodGet, path) }
func (c *customer) post(path string) string { return c.ask(http.MethodPost, path) }

func (c *customer) ask(method, path string) string {
	c.t.Helper()
	address, err := url.JoinPath(c.site, path)
	if err != nil {
		c.t.Error(err)
		return ""
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, nil)
	if err != nil {
		c.t.Error(err)
		return ""
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", c.site)
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Error(err)
		return ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Errorf("%s %s: %d, %v", method, path, response.StatusCode, err)
	}
	return string(body)
}

// waitFor waits until it is so, for ten seconds at most.
func waitFor(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !isSo(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
