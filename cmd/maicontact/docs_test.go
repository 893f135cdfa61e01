package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Every block of shell in the pages runs, one after the other, on one site for
// each page, and ends well. Nothing of it prints a secret.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for page, least := range map[string]int{"operate.md": 10, "from-own-table.md": 3} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			dir := runDocument(t, page, least)
			if page != "operate.md" {
				return
			}
			if exported, err := os.ReadFile(filepath.Join(dir, "member-43.json")); err != nil || !strings.Contains(string(exported), `"memberId": "43"`) {
				t.Errorf("the export is %s, %v", exported, err)
			}
		})
	}
}

// runDocument returns the directory that the page's commands have run in.
func runDocument(t *testing.T, page string, least int) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < least {
		t.Fatalf("the document has %d blocks", len(blocks))
	}
	b := newBed(t, webchattest.Options{})
	bin, dir := t.TempDir(), t.TempDir()
	self, err := filepath.Abs(os.Args[0])
	if err == nil {
		err = os.Symlink(self, filepath.Join(bin, "maicontact"))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, leaked, _ := strings.Cut(b.legacy("44"), ",")
	for name, content := range map[string]string{
		"mapping.csv": header + b.legacy("42") + "\n44," + leaked + "\n", "contact-id": strings.Split(b.legacy("43"), ",")[1] + "\n", "leaked-id": leaked + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commands := 0
	for _, block := range blocks {
		shell := exec.CommandContext(t.Context(), "/bin/sh", "-e", "-c", block[1])
		shell.Dir = dir
		shell.Env = []string{asCommand + "=1", "PATH=" + bin, "SCRATCH_INBOX_ID=" + webchattest.DefaultInboxID}
		for name, value := range b.env {
			shell.Env = append(shell.Env, name+"="+value)
		}
		out, err := shell.CombinedOutput()
		if err != nil {
			t.Errorf("%v of\n%s\n%s", err, block[1], out)
		}
		for name, secret := range b.secrets() {
			if strings.Contains(string(out), secret) {
				t.Errorf("%s is printed by\n%s", name, block[1])
			}
		}
		commands += strings.Count(block[1], "maicontact ")
	}
	t.Logf("%d commands", commands)
	return dir
}

// Every command and every flag of the document is there, and every command is in
// the document.
func TestOperateDocumentIsWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	b := newBed(t, webchattest.Options{})
	help := b.run("--help").exits(exitDone).stdout
	_, commands, _ := strings.Cut(help, "Commands:\n")
	for _, line := range regexp.MustCompile(`(?m)^  (\w+)`).FindAllStringSubmatch(commands, -1) {
		if !strings.Contains(string(text), "maicontact "+line[1]) {
			t.Errorf("the document says nothing of %s", line[1])
		}
	}
}
