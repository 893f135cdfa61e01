package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The process itself: it starts with nothing but a place for its files, says
// where it is and whom it talks to, ends well when told to, and remembers.
func TestProcess(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	b := (&site{t: t}).browser()
	var contactID string
	for range 2 {
		command := exec.CommandContext(t.Context(), os.Args[0])
		command.Env = []string{asCommand + "=1", "ADDR=127.0.0.1:0", "XDG_CACHE_HOME=" + cache, "SESSION_KEY=" + canarySessionKey, "CHAT_VISITORS=on-load"}
		var stderr bytes.Buffer
		command.Stderr = &stderr
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		lines.Scan()
		address := lines.Text()
		lines.Scan()
		if !regexp.MustCompile(`^shop: http://127\.0\.0\.1:\d+/$`).MatchString(address) || !strings.HasPrefix(lines.Text(), "chat: the built-in simulation of MaiAgent") {
			t.Errorf("it says %q and %q", address, lines.Text())
		}
		b.site.url = strings.TrimSuffix(strings.TrimPrefix(address, "shop: "), "/")
		if contactID == "" {
			b.signUp("ana@example.com", "Ana")
		}
		id := b.contactID()
		if contactID != "" && contactID != id {
			t.Error("the member has another contact after the restart")
		}
		contactID = id
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("it ended with %v: %s", err, &stderr)
		}
		if log := stderr.String(); strings.Contains(log, contactID) || strings.Contains(log, canarySessionKey) || strings.Contains(log, "Ana") {
			t.Error("the log holds a secret")
		}
	}
	data, err := os.ReadFile(filepath.Join(cache, "maicontact-example", "shop.db.maiagent.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Contacts []webchattest.Contact }
	if err := json.Unmarshal(data, &kept); err != nil || len(kept.Contacts) != 1 || kept.Contacts[0].ID != contactID || kept.Contacts[0].Name != "Ana" {
		t.Errorf("the simulation kept %d contacts, %v", len(kept.Contacts), err)
	}
	if info, err := os.Stat(filepath.Join(cache, "maicontact-example")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory is open to others: %v, %v", info.Mode(), err)
	}
}

func TestProcessMisconfigured(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = []string{asCommand + "=1", "HOME=" + t.TempDir(), "MAIAGENT_BASE_URL=https://api.example", "SESSION_KEY=short"}
	out, err := command.CombinedOutput()
	const want = `shop: the settings are wrong:
  SESSION_KEY: must be at least 32 bytes, written as hex or base64; make one with: openssl rand -hex 32
  MAIAGENT_API_KEY: is required when MAIAGENT_BASE_URL is set
  MAIAGENT_INBOX_ID: is required when MAIAGENT_BASE_URL is set
  MAIAGENT_WEBCHAT_ID: is required when MAIAGENT_BASE_URL is set
`
	if command.ProcessState.ExitCode() != exitMisconfigured || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
}

func TestCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	directory := t.TempDir()
	noContacts, noDatabase := filepath.Join(directory, "a.db"), filepath.Join(directory, "b.db")
	for _, name := range []string{noContacts + ".maiagent.json", noDatabase} {
		if err := os.WriteFile(name, bytes.Repeat([]byte("something else"), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		addr, database, says string
	}{
		"port taken":               {taken.Addr().String(), "sqlite:" + directory + "/c.db", "cannot listen on ADDR"},
		"database unreachable":     {"127.0.0.1:0", "postgres://canary-user:canary-password@" + closed.Addr().String() + "/shop", "cannot open the database"},
		"contacts cannot be read":  {"127.0.0.1:0", "sqlite:" + noContacts, "cannot start the simulated MaiAgent"},
		"database is another file": {"127.0.0.1:0", "sqlite:" + noDatabase, "cannot open the database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var stdout, stderr bytes.Buffer
			env := map[string]string{"ADDR": test.addr, "DATABASE_URL": test.database, "SESSION_KEY": canarySessionKey, "XDG_CACHE_HOME": directory}
			code := run(ctx, func(name string) string { return env[name] }, &stdout, &stderr)
			if code != exitFailure || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "shop: "+test.says) ||
				strings.Contains(stderr.String(), "canary-password") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
			}
		})
	}
}

// A request under way is answered before the shop ends.
func TestRequestsAreFinished(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sim.Inject(webchattest.Fault{Operation: webchattest.CreateContact, Kind: webchattest.Slow, Delay: slowness})
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	answered := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, s.url+"/", nil)
		if err != nil {
			answered <- err.Error()
			return
		}
		response, err := b.client.Do(r)
		if err != nil {
			answered <- err.(*url.Error).Err.Error()
			return
		}
		response.Body.Close()
		answered <- response.Status
	}()
	s.eventually("the page is being made", func() bool { return s.sim.Count("") > s.asked })
	if code := s.stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if status := <-answered; status != "200 OK" {
		t.Errorf("the request under way got %s", status)
	}
	if n := len(s.sim.Contacts()); n != 1 {
		t.Errorf("MaiAgent has %d contacts", n)
	}
}

func TestURLOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"0.0.0.0:80":     "http://127.0.0.1:80/",
		"[::]:8080":      "http://127.0.0.1:8080/",
		"[::1]:8080":     "http://[::1]:8080/",
	} {
		addr, err := net.ResolveTCPAddr("tcp", text)
		if err != nil {
			t.Fatal(err)
		}
		if got := urlOf(addr); got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
}
