package sitetest

import (
	"bufio"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/output"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

const (
	apiKey     = "canary-api-key-4d1f"
	sessionKey = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	password   = "canary-password-77"
	patience   = time.Minute

	adminPassword = "canary-admin-password-3c"
)

// world is one shop in a process of its own, a simulated MaiAgent, and the
// front that the browser meets.
type world struct {
	t   *testing.T
	sim *webchattest.Server
	*front
	visitors string // CHAT_VISITORS
}

// newWorld opens a shop on a database of its own.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, "on-load")
}

// newWorldOf opens one whose visitors get their contact then.
func newWorldOf(t *testing.T, visitors string) *world {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{APIKey: apiKey})
	t.Cleanup(sim.Close)
	w := &world{t: t, sim: sim, front: newFront(t, sim), visitors: visitors}
	w.leadTo(w.startShop())
	return w
}

// startShop starts the process and returns its address. When the test ends,
// the process must end well and have printed no secret.
func (w *world) startShop() string {
	t := w.t
	t.Helper()
	var log output.Buffer
	command := exec.Command(program)
	command.Stderr = &log
	command.Env = []string{
		"ADDR=127.0.0.1:0",
		"DATABASE_URL=sqlite:" + t.TempDir() + "/shop.db",
		"SESSION_KEY=" + sessionKey,
		"CHAT_VISITORS=" + w.visitors,
		"ADMIN_PASSWORD=" + adminPassword,
		"TRUSTED_ORIGIN=" + w.origin(shopHost),
		"MAIAGENT_BASE_URL=" + w.sim.URL,
		"MAIAGENT_API_KEY=" + apiKey,
		"MAIAGENT_INBOX_ID=" + webchattest.DefaultInboxID,
		"MAIAGENT_WEBCHAT_ID=" + webchattest.DefaultWebChatID,
		"MAIAGENT_CHAT_URL=" + w.origin(chatHost),
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(io.Discard, lines)
	}()
	t.Cleanup(func() {
		w.sim.ClearFaults()
		_ = command.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		<-copied
		if err := command.Wait(); err != nil {
			t.Errorf("the shop ended with %v: %s", err, log.String())
		}
		w.checkLog(log.String())
	})
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "shop: ")
	if err != nil || !ok {
		t.Fatalf("the shop says %q, %v: %s", line, err, log.String())
	}
	return strings.TrimSuffix(address, "/")
}

func (w *world) checkLog(log string) {
	w.t.Helper()
	secrets := []string{apiKey, sessionKey, password, adminPassword}
	for _, c := range w.sim.All() {
		secrets = append(secrets, c.ID, c.Email, c.Phone)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(strings.ToLower(log), strings.ToLower(secret)) {
			w.t.Errorf("the log holds %q", secret)
		}
	}
}

// ids are the contact ids that MaiAgent has given out.
func (w *world) ids() []string {
	var list []string
	for _, c := range w.sim.All() {
		list = append(list, c.ID)
	}
	return list
}

// holdsID reports whether a text has a contact id in it, in any case.
func (w *world) holdsID(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(w.ids(), func(id string) bool { return strings.Contains(text, strings.ToLower(id)) })
}

// contacts are the names of MaiAgent's contacts, in alphabetical order.
func (w *world) contacts() string {
	var names []string
	for _, c := range w.sim.Contacts() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (w *world) wantContacts(want string) {
	w.t.Helper()
	if got := w.contacts(); got != want {
		w.t.Errorf("MaiAgent has the contacts %q, want %q", got, want)
	}
}
