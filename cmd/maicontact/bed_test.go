package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The secrets of the tests: nothing may print them that was not asked to.
const (
	canaryKey   = "canary-api-key-0123456789"
	canaryEmail = "canary@example.com"
	canaryPhone = "+886900000000"
)

// bed is a site's settings with a simulated MaiAgent and a SQLite file.
type bed struct {
	*testing.T
	sim   *webchattest.Server
	env   map[string]string
	path  string
	store contacts.Store
	scope contacts.Scope
	// ids are the contact ids that there are.
	ids map[string]webchat.ContactID
	// personal: what is printed now is personal data, as was asked for.
	personal bool
}

const patience = time.Minute

func newBed(t *testing.T, options webchattest.Options) *bed {
	t.Helper()
	options.APIKey = canaryKey
	b := &bed{T: t, sim: webchattest.NewServer(options), path: filepath.Join(t.TempDir(), "site.db"), ids: map[string]webchat.ContactID{}}
	t.Cleanup(b.sim.Close)
	b.env = map[string]string{
		"MAIAGENT_BASE_URL": b.sim.BaseURL(), "MAIAGENT_API_KEY": canaryKey, "MAIAGENT_INBOX_ID": webchattest.DefaultInboxID,
		"MAIAGENT_WEBCHAT_ID": webchattest.DefaultWebChatID, "MAIAGENT_CHAT_URL": b.sim.ChatURL(),
		"DATABASE_URL": "sqlite:" + b.path, "SITE_NAMESPACE": "shop-test",
	}
	b.scope = contacts.Scope{Namespace: "shop-test", InboxID: webchattest.DefaultInboxID}
	return b
}

// newSite is a bed with the table made.
func newSite(t *testing.T) *bed {
	t.Helper()
	b := newBed(t, webchattest.Options{})
	b.open()
	return b
}

func (b *bed) open() {
	b.Helper()
	b.run("migrate", "up").exits(exitDone)
	store, end, err := database{dialect: sqlstore.SQLite, path: b.path}.store(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(end)
	b.store = store
}

// outcome is what a command has said.
type outcome struct {
	*bed
	args           []string
	status         int
	stdout, stderr string
}

func (b *bed) run(args ...string) outcome {
	b.Helper()
	return b.feed("", args...)
}

func (b *bed) feed(stdin string, args ...string) outcome {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, process{args: args, env: func(name string) string { return b.env[name] }, stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr})
	o := outcome{b, args, status, stdout.String(), stderr.String()}
	for name, secret := range b.secrets() {
		if strings.Contains(o.stdout, secret) && name != b.revealed(args) || strings.Contains(o.stderr, secret) {
			b.Errorf("%v prints %s:\n%s\n%s", args, name, o.stdout, o.stderr)
		}
	}
	return o
}

// revealed is what a command was asked to print.
func (b *bed) revealed(args []string) string {
	for _, arg := range args {
		if arg == "--reveal" {
			return "the contact id of " + args[1]
		}
	}
	return ""
}

func (b *bed) secrets() map[string]string {
	all := map[string]string{"the key": canaryKey}
	if !b.personal {
		all["the email"], all["the phone"] = canaryEmail, canaryPhone
	}
	for id, contact := range b.ids {
		all["the contact id of "+id] = contact.Reveal()
	}
	return all
}

func (o outcome) exits(status int) outcome {
	o.Helper()
	if o.status != status {
		o.Fatalf("%v ends with %d and not with %d:\n%s\n%s", o.args, o.status, status, o.stdout, o.stderr)
	}
	return o
}

// says checks that the text is in what was printed.
func (o outcome) says(texts ...string) outcome {
	o.Helper()
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			o.Errorf("%v does not say %q:\n%s\n%s", o.args, text, o.stdout, o.stderr)
		}
	}
	return o
}

// lines reads what --json has printed.
func (o outcome) lines() (all []map[string]any) {
	o.Helper()
	for line := range strings.Lines(o.stdout) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			o.Fatalf("%v prints what is no JSON object: %q", o.args, line)
		}
		all = append(all, object)
	}
	return all
}

func profileOf(id string) webchat.Profile {
	return webchat.Profile{Name: "Name " + id, Email: canaryEmail, Phone: canaryPhone, QueryMetadata: webchat.NoAccess()}
}

// member makes a member whose contact is in step.
func (b *bed) member(id string) contacts.Row {
	b.Helper()
	return b.person(b.scope.Member(id), id, profileOf(id))
}

func (b *bed) person(p contacts.Person, name string, profile webchat.Profile) contacts.Row {
	b.Helper()
	contact := b.contact(identity.SourceID(p, 1), profile)
	b.ids[name] = contact
	at, err := contacts.Read(b.Context(), b.store, p)
	if err != nil {
		b.Fatal(err)
	}
	desired := contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}
	err = at.Change(b.Context(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row, err := row.SetDesired(desired, now)
		if err != nil {
			return row, err
		}
		if row, err = row.Claim(1, time.Minute, now); err != nil {
			return row, err
		}
		return row.Bind(1, contact, desired.Stamp, now)
	})
	if err != nil {
		b.Fatal(err)
	}
	return at.Row
}

// contact makes a contact at MaiAgent.
func (b *bed) contact(sourceID string, profile webchat.Profile) webchat.ContactID {
	b.Helper()
	client, err := webchat.NewClient(webchat.Config{BaseURL: b.sim.BaseURL(), APIKey: canaryKey})
	if err != nil {
		b.Fatal(err)
	}
	defer client.CloseIdleConnections()
	made, err := client.Create(b.Context(), webchat.Draft{InboxID: b.scope.InboxID, SourceID: sourceID, Profile: profile})
	if err != nil {
		b.Fatal(err)
	}
	return made.ID
}

func (b *bed) row(id string) contacts.Row {
	b.Helper()
	row, _, err := b.store.Get(b.Context(), b.scope.Member(id))
	if err != nil {
		b.Fatal(err)
	}
	return row
}

// table is all of it, to be compared.
func (b *bed) table() []contacts.Row {
	b.Helper()
	all, err := b.store.Rows(b.Context(), b.scope, contacts.Person{}, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	return all
}
