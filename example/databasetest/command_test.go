package databasetest

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/mariadbtest"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The command takes the address of each server, makes the table there and works
// on it, and never prints the password.
func TestCommand(t *testing.T) {
	t.Parallel()
	program := buildCommand(t)
	onServers(t, func(t *testing.T, d database) {
		address := d.address
		if d.dialect == sqlstore.MySQL {
			address = mariadbtest.Address(t, address)
		}
		sim := webchattest.NewServer(webchattest.Options{})
		t.Cleanup(sim.Close)
		client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
		if err != nil {
			t.Fatal(err)
		}
		made, err := client.Create(t.Context(), webchat.Draft{InboxID: webchattest.DefaultInboxID, SourceID: "legacy"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			arguments string
			stdin     string
			status    int
			says      string
		}{
			{"migrate status", "", 1, "version 0 of"},
			{"migrate up", "", 0, ""},
			{"migrate status", "", 0, ""},
			{"import -", "member_id,contact_id\n1," + made.ID.Reveal() + "\n", 0, "linked"},
			{"show 1", "", 0, "generation 1"},
			{"audit", "", 0, ""},
			{"doctor", "", 0, ""},
			{"suspend 1", "", 0, ""},
			{"erase 1", "", 0, ""},
		} {
			status, said := command(t, program, step.stdin, address, sim, strings.Fields(step.arguments)...)
			if status != step.status || !strings.Contains(said, step.says) {
				t.Errorf("%s exits with %d and says %s", step.arguments, status, said)
			}
		}
		wrong, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		wrong.User, wrong.Path = url.UserPassword("nobody", "s3cret"), "/nothing"
		status, said := command(t, program, "", wrong.String(), sim, "migrate", "status")
		if status != 3 || strings.Contains(said, "s3cret") {
			t.Errorf("with another password it exits with %d and says %s", status, said)
		}
	})
}

// command runs the program and returns its exit status and all that it says.
func command(t *testing.T, program, stdin, address string, sim *webchattest.Server, arguments ...string) (int, string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), program, arguments...) // #nosec G204 -- the program of this repository
	run.Env = settingsOf(address, sim)
	var said bytes.Buffer
	run.Stdin, run.Stdout, run.Stderr = strings.NewReader(stdin), &said, &said
	_ = run.Run() // the status tells
	return run.ProcessState.ExitCode(), said.String()
}

// buildCommand builds the program, and returns where it is.
func buildCommand(t *testing.T) string {
	t.Helper()
	// The go command shall know that this test depends on the program.
	if _, err := os.ReadDir("../../cmd/maicontact"); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "maicontact")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = "../../cmd/maicontact"
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, said)
	}
	return program
}

func settingsOf(address string, sim *webchattest.Server) []string {
	return append(os.Environ(),
		"DATABASE_URL="+address, "SITE_NAMESPACE=shop", "MAIAGENT_BASE_URL="+sim.BaseURL(), "MAIAGENT_API_KEY="+webchattest.DefaultAPIKey,
		"MAIAGENT_INBOX_ID="+webchattest.DefaultInboxID, "MAIAGENT_WEBCHAT_ID="+webchattest.DefaultWebChatID, "MAIAGENT_CHAT_URL="+sim.ChatURL())
}
