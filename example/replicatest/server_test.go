package replicatest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/internal/output"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

var clockCall = regexp.MustCompile(`\btime\.(Now|Since)\b`)

// build makes the server, with the library on a wall clock that can be set: each
// of its calls of time.Now and time.Since becomes one of package wall.
func build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}`, "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	wall, err := filepath.Abs("testdata/wall/wall.go")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{filepath.Join(root, "internal", "wall", "wall.go"): wall}
	directory, calls := t.TempDir(), 0
	for i, path := range strings.Fields(string(out)) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if found := len(clockCall.FindAll(text, -1)); found > 0 {
			calls += found
			changed := clockCall.ReplaceAllString(string(text), "wall.$1")
			changed = strings.Replace(changed, "\nimport (", "\nimport \"github.com/maicontact/maicontact/internal/wall\"\n\nimport (", 1)
			changed += "\nvar (\n\t_ time.Time\n\t_ = wall.Now // a comment may speak of it, and nothing else\n)\n"
			replace[path] = filepath.Join(directory, fmt.Sprint(i, ".go"))
			err = os.WriteFile(replace[path], []byte(changed), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if calls < 10 {
		t.Fatalf("the library asks for the time at %d places only", calls)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err := errors.Join(err, os.WriteFile(filepath.Join(directory, "overlay.json"), overlay, 0o600)); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(directory, "server")
	out, err = exec.CommandContext(t.Context(), "go", "build", "-tags", "wall", "-overlay", filepath.Join(directory, "overlay.json"), "-o", program, "./testdata/server").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return program
}

// server is a process, and its way to the database.
type server struct {
	url    string
	cable  *cable
	stderr output.Buffer
}

// startServer starts a process whose wall clock is wrong by so much.
func startServer(t *testing.T, program string, sim *webchattest.Server, database string, timing maicontact.Timing, clock time.Duration) *server {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cable: newCable(t, address.Host)}
	address.Host = s.cable.listener.Addr().String()
	text, err := json.Marshal(timing)
	if err != nil {
		t.Fatal(err)
	}
	options := sim.Options()
	command := exec.Command(program)
	command.Env = []string{
		"DATABASE_URL=" + address.String(), "TIMING=" + string(text), "CLOCK=" + clock.String(), "NAMESPACE=" + namespace,
		"BASE_URL=" + sim.BaseURL(), "API_KEY=" + options.APIKey, "INBOX_ID=" + options.InboxID, "WEBCHAT_ID=" + options.WebChatID,
	}
	command.Stderr = &s.stderr
	stdout, err := command.StdoutPipe()
	if err := errors.Join(err, command.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, s.stderr.String())
	}
	s.url = strings.TrimSpace(line)
	return s
}

// post tells the server something.
func (s *server) post(t *testing.T, path string, form url.Values) {
	t.Helper()
	response, err := http.PostForm(s.url+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("%s: %s", path, text)
	}
}

func (s *server) setClock(t *testing.T, by time.Duration) {
	t.Helper()
	s.post(t, "/clock", url.Values{"by": {by.String()}})
}

func (s *server) erase(t *testing.T, member string) {
	t.Helper()
	s.post(t, "/erase", url.Values{"member": {member}})
}

// person is somebody at a browser, whose cookies count at all servers.
type person struct {
	member string // empty: a visitor
	jar    http.CookieJar
}

func newPerson(member string) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // without options it cannot fail
	}
	return &person{member, jar}
}

// as returns the person as somebody else in a browser with a copy of the cookies.
func (p *person) as(t *testing.T, member string, s *server) *person {
	t.Helper()
	other := newPerson(member)
	address, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	other.jar.SetCookies(address, p.jar.Cookies(address))
	return other
}

func (p *person) ask(t *testing.T, s *server) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0")
	if p.member != "" {
		r.Header.Set("Member", p.member)
	}
	response, err := (&http.Client{Jar: p.jar}).Do(r)
	if err != nil {
		t.Fatalf("%v: %s", err, s.stderr.String())
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// cable carries connections to PostgreSQL, and can be cut.
type cable struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: listener, to: to, open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		listener.Close()
		c.set(true)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.carry(conn)
		}
	}()
	return c
}

// set cuts the cable, or mends it.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for conn := range c.open {
			conn.Close()
		}
	}
}

func (c *cable) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return false
	}
	c.open[conn] = true
	return true
}

func (c *cable) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer to.Close()
	if !c.add(from) || !c.add(to) {
		return
	}
	go func() {
		_, _ = io.Copy(to, from)
		to.Close()
	}()
	_, _ = io.Copy(from, to)
}
