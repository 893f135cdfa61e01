package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	b := newBed(t, webchattest.Options{})
	b.run("migrate", "status").exits(exitFindings).says("version 0 of 1: behind; run: maicontact migrate up")
	if _, err := os.Stat(b.path); !errors.Is(err, os.ErrNotExist) {
		t.Error("asking for the status has made the file")
	}
	b.run("migrate", "up", "--show-sql").exits(exitDone).says("CREATE TABLE maicontact_contacts")
	b.run("migrate", "status").exits(exitFindings)
	b.run("migrate", "up").exits(exitDone).says("SQLite: the schema has version 1 of 1: up to date")
	if info, err := os.Stat(b.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v, %v", info, err)
	}
	b.run("migrate", "status", "--show-sql").exits(exitDone).says("up to date")
	got := b.run("--json", "migrate", "status").exits(exitDone).lines()
	if len(got) != 1 || got[0]["version"] != 1.0 || got[0]["newest"] != 1.0 || got[0]["state"] != "up to date" || got[0]["database"] != "SQLite" {
		t.Errorf("it tells %v", got)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.run("show", "7").exits(exitDone).says("member 7: settled\n  They have their chat.\n", "contact    …", ", generation 1\n", "access     confirmed")
	got := b.run("show", "7", "--json").exits(exitDone).lines()
	if len(got) != 1 || got[0]["state"] != "settled" || got[0]["id"] != "7" || got[0]["handedOut"] != true || got[0]["contactId"] != nil {
		t.Errorf("it tells %v", got)
	}
	b.run("show", "7", "--reveal").exits(exitDone).says(b.ids["7"].Reveal())
	b.feed(b.ids["7"].Reveal()+"\n", "show", "--by-contact").exits(exitDone).says("member 7: settled")
	b.run("show", "8").exits(exitFindings)
	b.feed("11111111-2222-4333-8444-555555555555", "show", "--by-contact").exits(exitFindings)
	b.feed("7", "show", "--by-contact").exits(exitUsage)
	b.run("show").exits(exitUsage)
	b.run("show", "7", "--by-contact").exits(exitUsage)

	b.person(b.scope.Visitor("visitor-key-canary"), "the visitor", webchat.Profile{})
	o := b.feed(b.ids["the visitor"].Reveal(), "show", "--by-contact").exits(exitDone).says("visitor: settled")
	if strings.Contains(o.stdout, "visitor-key-canary") {
		t.Error("the visitor's key is printed")
	}
	b.env["SITE_NAMESPACE"] = "shop-other"
	b.feed(b.ids["7"].Reveal(), "show", "--by-contact").exits(exitFindings).says("shop-test")
}

// Until MaiAgent has taken it a suspension is not confirmed, whatever was before.
func TestSuspendWhileMaiAgentIsDown(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	b.run("suspend", "7").exits(exitFindings).says("member 7: suspended", "suspension not confirmed")
	if got := b.run("show", "7", "--json").exits(exitDone).lines(); got[0]["suspensionConfirmed"] != false {
		t.Errorf("it tells %v", got)
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.run("restore", "7").exits(exitFindings)
	b.run("erase", "7").exits(exitDone).says("member 7: erased")
	if n := len(b.sim.Contacts()); n != 0 {
		t.Errorf("MaiAgent has %d contacts", n)
	}
	b.run("reissue", "7").exits(exitFindings)
	b.run("suspend", "7").exits(exitFindings)
	b.run("restore", "7").exits(exitDone).says("member 7: idle")
	b.run("erase", "nobody").exits(exitDone).says("erased") // so that they never get one
}

func TestEraseWhileMaiAgentIsDown(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	b.run("erase", "7").exits(exitFindings).says("member 7: erasing", "not complete at MaiAgent yet")
	if b.row("7").Life != contacts.Erasing {
		t.Error("the erasure is not in the table")
	}
}

// What the table has against a reissue is a finding, and no failure of the command.
func TestReissueOfWhoIsSuspended(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.run("suspend", "7").exits(exitDone)
	b.run("reissue", "7").exits(exitFindings).says("the person is suspended")
}

func TestReissue(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	b.feed(b.ids["7"].Reveal(), "reissue", "--by-contact").exits(exitDone).says("member 7: idle")
	if row := b.row("7"); row.Generation != 2 || row.ContactID != "" || len(b.sim.Contacts()) != 0 {
		t.Errorf("generation %d, %d contacts", row.Generation, len(b.sim.Contacts()))
	}
	b.run("reissue", "8").exits(exitFindings)
	b.person(b.scope.Visitor("visitor-key-canary"), "the visitor", webchat.Profile{})
	if o := b.feed(b.ids["the visitor"].Reveal(), "reissue", "--by-contact").exits(exitDone).says("visitor: idle"); len(b.sim.Contacts()) != 0 || strings.Contains(o.stdout, "canary") {
		t.Errorf("%d contacts; it tells %s", len(b.sim.Contacts()), o.stdout)
	}
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	profile := profileOf("7")
	profile.QueryMetadata = mustMetadata(t, `{"plan":"vip"}`)
	b.person(b.scope.Member("7"), "7", profile)
	o := b.run("suspend", "7", "--json").exits(exitDone)
	if got := o.lines(); got[0]["state"] != "suspended" || got[0]["lastCall"] == nil {
		t.Errorf("it tells %v", got)
	}
	if got := b.sim.Contacts()[0].QueryMetadata; strings.Contains(string(got), "vip") {
		t.Errorf("MaiAgent still has %s", got)
	}
	if got := o.lines()[0]; got["suspensionConfirmed"] != true || got["accessConfirmed"] != false {
		t.Errorf("it tells %v", got)
	}
	if o := b.run("show", "7").exits(exitDone).says("suspension confirmed"); strings.Contains(o.stdout, "not confirmed") {
		t.Errorf("it tells of what is not to be: %s", o.stdout)
	}
	b.run("resume", "7").exits(exitDone)
	if row := b.row("7"); row.Life != contacts.Live {
		t.Error("the member is not resumed")
	}
	b.run("resume", "8").exits(exitFindings)

	file := filepath.Join(t.TempDir(), "access.json")
	b.run("suspend", "7", "--access", file).exits(exitUsage).says("--access: the file cannot be read")
	for text, code := range map[string]int{"no JSON": exitUsage, `{"plan":"terms of use"}`: exitDone} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.run("suspend", "7", "--access", file).exits(code)
	}
	if got := b.sim.Contacts()[0].QueryMetadata; !strings.Contains(string(got), "terms of use") {
		t.Errorf("MaiAgent has %s", got)
	}
	b.run("resume", "7").exits(exitDone)

	b.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	b.run("suspend", "7").exits(exitFindings).says("member 7: suspended", "not complete at MaiAgent yet")
}

func mustMetadata(t *testing.T, text string) webchat.QueryMetadata {
	t.Helper()
	m, err := webchat.RawQueryMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestUsage(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.run("--help").exits(exitDone).says("Operate a site", "migrate")
	b.run("migrate", "up", "--help").exits(exitDone).says("--show-sql")
	b.run("help").exits(exitDone).says("Operate a site", "--webchat-id=ID", "--inbox-id=UUID")
	b.run("help", "migrate", "up").exits(exitDone).says("--show-sql")
	b.run("help", "nonsense").exits(exitUsage)
	if o := b.run("--version").exits(exitDone); !strings.HasPrefix(o.stdout, "maicontact ") || !strings.Contains(o.stdout, runtime.Version()) {
		t.Errorf("the version is %q", o.stdout)
	}
	b.run().exits(exitUsage)
	b.run("nonsense").exits(exitUsage)
	b.run("show", "7", "--nonsense").exits(exitUsage)
	b.env["DATABASE_URL"] = "sqlite:" + b.path + ".missing"
	b.run("show", "7").exits(exitFailure).says("does not exist")
	b.env["DATABASE_URL"] = "sqlite:" + b.write("text", strings.Repeat("something else", 1000))
	for _, args := range [][]string{{"show", "7"}, {"migrate", "status"}, {"migrate", "up"}} {
		b.run(args...).exits(exitUsage).says("maicontact: the settings are wrong:\n  DATABASE_URL: names a file that is no SQLite database; check the path\n")
	}
	b.env = map[string]string{}
	b.run("show", "7").exits(exitUsage).says(
		"MAIAGENT_API_KEY: is required", "MAIAGENT_INBOX_ID: is required", "SITE_NAMESPACE: must be", "DATABASE_URL: is required")
}

// Flags go before the environment, and the key may stand in a file.
func TestFlags(t *testing.T) {
	t.Parallel()
	b := newSite(t)
	b.member("7")
	key := b.path + ".key"
	if err := os.WriteFile(key, []byte(canaryKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := b.env
	b.env = map[string]string{"SITE_NAMESPACE": "shop-wrong"}
	b.run("show", "7", "--base-url", env["MAIAGENT_BASE_URL"], "--api-key-file", key, "--inbox-id", env["MAIAGENT_INBOX_ID"],
		"--database-url", env["DATABASE_URL"], "--namespace", "shop-test").exits(exitDone).says("member 7: settled")
}
