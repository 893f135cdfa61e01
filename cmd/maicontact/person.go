package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
)

// personArguments name a person. A contact id is never on the command line, where every
// user of the machine could read it.
type personArguments struct {
	Member    string `arg:"" optional:"" help:"The member's business user ID."`
	ByContact bool   `help:"The person, member or visitor, whose contact id stands on standard input."`
}

func (p personArguments) find(ctx context.Context, a *app, o *operate.Operator) (contacts.Person, error) {
	switch {
	case p.ByContact && p.Member != "":
		return contacts.Person{}, fmt.Errorf("%w: give a business user ID or --by-contact, not both", errUsage)
	case !p.ByContact && p.Member == "":
		return contacts.Person{}, fmt.Errorf("%w: give a business user ID, or --by-contact with the contact id on standard input", errUsage)
	case !p.ByContact:
		return o.Member(p.Member)
	}
	id, err := readContact(a)
	if err != nil {
		return contacts.Person{}, err
	}
	return o.Owner(ctx, id)
}

// readContact reads a contact id from standard input.
func readContact(a *app) (webchat.ContactID, error) {
	line := bufio.NewScanner(a.stdin)
	line.Scan()
	id, err := webchat.ParseContactID(strings.TrimSpace(line.Text()))
	if err != nil {
		return "", fmt.Errorf("%w: the first line of standard input must be a contact id, a UUID", errUsage)
	}
	return id, nil
}

type showCommand struct {
	personArguments
	Reveal bool `help:"Print the contact id, too. Whoever has it can chat as that person."`
}

type (
	eraseCommand   struct{ personArguments }
	restoreCommand struct{ personArguments }
	reissueCommand struct{ personArguments }
	suspendCommand struct {
		personArguments
		Access string `help:"File with the query metadata, a JSON object, that MaiAgent holds meanwhile: that of the site's Config.SuspendedAccess. Default: access to nothing." placeholder:"FILE"`
	}
	resumeCommand struct{ personArguments }
)

// statusResult is a person's status as commands write it.
type statusResult struct {
	operate.Status
	ContactID string `json:"contactId,omitempty"` // only with --reveal
}

func statusOf(s operate.Status) statusResult {
	s.Reason = withoutPackages(s.Reason)
	return statusResult{Status: s}
}

func (r statusResult) text() string {
	var b strings.Builder
	name := r.Kind
	if r.ID != "" {
		name += " " + operate.DisplayID(r.ID)
	}
	fmt.Fprintf(&b, "%s: %s", name, r.State)
	if means := operate.Meaning(r.State); means != "" {
		b.WriteString("\n  " + means)
	}
	row := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-11s"+format, append([]any{label}, args...)...)
	}
	switch {
	case r.ContactID != "":
		row("contact", "%s", r.ContactID)
	case r.HasContact && r.HandedOut:
		row("contact", "…%s, generation %d", r.ContactEnd, r.Generation)
	case r.HasContact:
		row("contact", "…%s, generation %d, not handed out", r.ContactEnd, r.Generation)
	default:
		row("contact", "none")
	}
	switch {
	case r.HasContact && r.State == contacts.StateSuspended:
		row("suspension", "%s", confirmedText(r.SuspensionConfirmed))
	case r.HasContact:
		row("profile", "%s", confirmedText(r.ProfileConfirmed))
		row("access", "%s", confirmedText(r.AccessConfirmed))
	}
	if r.Refused != "" {
		row("refused", "%s", r.Refused)
	}
	if r.InDoubtUntil != nil {
		row("in doubt", "until %s", when(*r.InDoubtUntil))
	}
	if r.Due != nil {
		row("due", "%s", when(*r.Due))
	}
	if r.Failures > 0 {
		row("failures", "%d: %s", r.Failures, r.Reason)
	}
	if r.LastCall != nil {
		row("last call", "%s, %s, %s", r.LastCall.Operation, r.LastCall.Outcome, when(r.LastCall.At))
	}
	row("created", "%s", when(r.Created))
	row("updated", "%s", when(r.Updated))
	if r.Expires != nil {
		row("expires", "%s", when(*r.Expires))
	}
	return b.String()
}

func confirmedText(confirmed bool) string {
	if confirmed {
		return "confirmed"
	}
	return "not confirmed"
}

func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (c *showCommand) run(ctx context.Context, a *app) error {
	return a.withOperator(ctx, nil, func(o *operate.Operator) error {
		p, err := c.find(ctx, a, o)
		if err != nil {
			return c.asRefusal(err)
		}
		status, err := o.Show(ctx, p)
		if err != nil {
			return c.asRefusal(err)
		}
		r := statusOf(status)
		if c.Reveal {
			id, err := o.Reveal(ctx, p)
			if err != nil {
				return c.asRefusal(err)
			}
			r.ContactID = id.Reveal()
		}
		a.result(r)
		return nil
	})
}

func (c *eraseCommand) run(ctx context.Context, a *app) error {
	return a.act(ctx, nil, c.personArguments, (*operate.Operator).Erase, contacts.StateErased)
}

func (c *restoreCommand) run(ctx context.Context, a *app) error {
	return a.act(ctx, nil, c.personArguments, (*operate.Operator).Restore)
}

func (c *reissueCommand) run(ctx context.Context, a *app) error {
	return a.act(ctx, nil, c.personArguments, (*operate.Operator).Reissue, contacts.StateIdle)
}

func (c *suspendCommand) run(ctx context.Context, a *app) error {
	access, err := c.access()
	if err != nil {
		return settingFaults{{"--access", err.Error()}}
	}
	return a.act(ctx, func(o *operate.Options) { o.SuspendedAccess = access }, c.personArguments, (*operate.Operator).Suspend)
}

// access returns the query metadata for MaiAgent to hold; zero: the default.
func (c *suspendCommand) access() (webchat.QueryMetadata, error) {
	if c.Access == "" {
		return webchat.QueryMetadata{}, nil
	}
	text, err := os.ReadFile(c.Access)
	if err != nil {
		return webchat.QueryMetadata{}, errors.New("the file cannot be read")
	}
	m, err := webchat.RawQueryMetadata(text)
	if err != nil {
		return webchat.QueryMetadata{}, errors.New("the file must hold query metadata, one JSON object")
	}
	return m, nil
}

func (c *resumeCommand) run(ctx context.Context, a *app) error {
	return a.act(ctx, nil, c.personArguments, (*operate.Operator).Resume)
}

// act does something to a person, and writes their status after it. It is a finding if
// MaiAgent has not accepted it, or if the status is not the one in ends. change is as
// for withOperator.
func (a *app) act(ctx context.Context, change func(*operate.Options), who personArguments, do func(*operate.Operator, context.Context, contacts.Person) (operate.Status, error), ends ...contacts.State) error {
	return a.withOperator(ctx, change, func(o *operate.Operator) error {
		p, err := who.find(ctx, a, o)
		if err != nil {
			return who.asRefusal(err)
		}
		_, err = o.Show(ctx, p)
		isNew := errors.Is(err, contacts.ErrNotFound)
		status, err := do(o, ctx, p)
		if err != nil {
			return who.asRefusal(err)
		}
		if isNew { // it works for people who have not come yet, too
			a.say("The table did not know member %s until now: see that the business user ID is right.", who.displayName())
		}
		a.result(statusOf(status))
		if status.Failures > 0 || len(ends) > 0 && status.State != ends[0] {
			a.say("It is in the table, and not complete at MaiAgent yet: the site's servers go on with it.")
			return errFindings
		}
		return nil
	})
}

// withOperator runs work with an Operator for the settings. change changes its options;
// nil: the defaults.
func (a *app) withOperator(ctx context.Context, change func(*operate.Options), work func(*operate.Operator) error) error {
	s := &a.settings
	faults := append(s.checkMaiAgent(a.env), s.checkNamespace()...)
	d, err := parseDatabase(s.DatabaseURL)
	faults.check("DATABASE_URL", err)
	if err := faults.err(); err != nil {
		return err
	}
	store, closeStore, err := d.store(ctx)
	if err != nil {
		return err
	}
	defer closeStore()
	client, err := s.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	options := operate.Options{Namespace: s.Namespace, InboxID: s.InboxID, Store: store, API: client, OnWait: a.sayWaiting}
	if change != nil {
		change(&options)
	}
	o, err := operate.New(options)
	if err != nil {
		return err
	}
	return work(o)
}
