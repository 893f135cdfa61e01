package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
)

const (
	// maxStrays is how many contacts without a row are collected before the table is
	// searched for their persons.
	maxStrays = 1000
	// longWait is how long a person may wait for a contact before it is a finding.
	longWait = 10 * time.Minute
)

// AuditOptions say what an audit does.
type AuditOptions struct {
	// Repair repairs what is safe to repair, see [Kind].
	Repair bool
	// Each is called for each row and each contact that is checked, to show progress;
	// never at the same time as tell. Optional.
	Each func()
}

// Audit compares the table with MaiAgent, both ways: for each row it reads the
// contact, and then it lists the contacts of the inbox and looks for those that
// are not in the table. Memory does not grow with either. tell is called for each
// finding, one at a time; its error ends the audit. Rows that change meanwhile are
// skipped.
func (o *Operator) Audit(ctx context.Context, options AuditOptions, tell func(Finding) error) (AuditCounts, error) {
	a := &audit{Operator: o, options: options, tell: tell}
	err := o.CanRead(ctx)
	if err == nil {
		err = a.checkTable(ctx)
	}
	if err == nil {
		err = a.checkInbox(ctx)
	}
	if err != nil {
		return a.counts, fmt.Errorf("operate: audit: %w", err)
	}
	return a.counts, nil
}

// audit is one run of [Operator.Audit].
type audit struct {
	*Operator
	options AuditOptions
	tell    func(Finding) error
	mu      sync.Mutex
	counts  AuditCounts
}

// count adds one to a counter, and calls Each.
func (a *audit) count(at *int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*at++
	if a.options.Each != nil {
		a.options.Each()
	}
}

// countMarked counts a contact that is gone and will be made anew anyway.
func (a *audit) countMarked() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Marked++
}

// report repairs a finding, if asked to, and tells it.
func (a *audit) report(ctx context.Context, f *Finding, row contacts.Row) error {
	if f.Repairable && a.options.Repair {
		f.Repair = "repaired"
		if err := a.repair(ctx, f.Kind, row); err != nil {
			f.Repair = "failed"
			f.Says += "; " + err.Error()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Findings++
	if f.Repair == "repaired" {
		a.counts.Repaired++
	}
	return a.tell(*f)
}

// checkTable compares every row with MaiAgent.
func (a *audit) checkTable(ctx context.Context) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(a.workers)
	for row, err := range contacts.All(working, a.store, a.scope, contacts.Person{}) {
		if err != nil {
			return cmp.Or(group.Wait(), err) // it may have failed because the work did
		}
		a.count(&a.counts.Rows)
		group.Go(func() error {
			f, err := a.checkRow(working, row)
			if err != nil || f == nil {
				return err
			}
			return a.report(working, f, row)
		})
	}
	return group.Wait()
}

// checkRow compares one row with its contact. It returns nil when all is well, or the
// row is being worked on.
func (a *audit) checkRow(ctx context.Context, row contacts.Row) (*Finding, error) {
	if row.ContactID == "" {
		return a.checkWithoutContact(ctx, row)
	}
	if row.Life != contacts.Live && row.Life != contacts.Suspended || !row.DoubtUntil.IsZero() {
		return nil, nil
	}
	held, err := a.readContact(ctx, row.ContactID)
	var f *Finding
	switch {
	case errors.Is(err, webchat.ErrNotFound) && row.Life == contacts.Live && row.Confirmed == contacts.Stamp{} && row.Desired != contacts.Stamp{}:
		a.countMarked() // a former audit has marked it
		return nil, nil
	case errors.Is(err, webchat.ErrNotFound):
		f = newFinding(Gone, row.Person, "MaiAgent has no contact with the id that the table has")
		f.Repairable = row.Life == contacts.Live && row.Confirmed != contacts.Stamp{}
	case err != nil:
		return nil, err
	default:
		f = compare(row, held)
	}
	if f == nil {
		return nil, nil
	}
	now, _, err := a.store.Get(ctx, row.Person)
	switch {
	case errors.Is(err, contacts.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case now.Version != row.Version:
		return nil, nil // it has changed meanwhile
	}
	return f, nil
}

// compare says how the contact differs from what the row says of it.
func compare(row contacts.Row, held webchat.Contact) *Finding {
	switch {
	case len(held.InboxIDs) > 0 && !held.IsIn(row.InboxID):
		return newFinding(WrongInbox, row.Person, "the contact is in another inbox only; move it back in MaiAgent's console, or let Config.RemakeMoved make another")
	case !row.IsSettled() || row.Confirmed == contacts.Stamp{}:
		return nil // it is to be sent, or was not yet
	case held.SourceID != identity.SourceID(row.Person, row.Generation) && held.SourceID != "":
		return newFinding(Unnamed, row.Person, "the contact has another source id than the person's")
	case row.Refused == "" && held.AccessTold && !matchesStamp(held.Profile, row.Confirmed):
		return newFinding(Differs, row.Person, "MaiAgent holds another profile or other permissions than were sent")
	}
	return nil
}

// checkWithoutContact checks a row that has no contact.
func (a *audit) checkWithoutContact(ctx context.Context, row contacts.Row) (*Finding, error) {
	if row.State() != contacts.StateWaiting {
		return nil, nil
	}
	reading, err := contacts.Read(ctx, a.store, row.Person)
	if err != nil {
		return nil, err
	}
	if reading.Row.State() != contacts.StateWaiting || reading.Row.Since.IsZero() || reading.Now().Sub(reading.Row.Since) < longWait {
		return nil, nil
	}
	says := "the person has waited for a contact since " + reading.Row.Since.Format(time.RFC3339)
	if reading.Row.Reason != "" {
		says += ": " + reading.Row.Reason
	}
	return newFinding(Missing, row.Person, says), nil
}

// repair repairs a finding.
func (a *audit) repair(ctx context.Context, kind Kind, row contacts.Row) error {
	if kind == Remains {
		erased, err := a.resolver.EraseAgain(ctx, row.Person)
		if err == nil && erased.Life != contacts.Erased {
			err = errors.New("it is not complete at MaiAgent yet: " + erased.Reason)
		}
		return err
	}
	reading, err := contacts.Read(ctx, a.store, row.Person)
	if err != nil {
		return err
	}
	return reading.Change(ctx, contacts.Row.Unconfirm)
}
