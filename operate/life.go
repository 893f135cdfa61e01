package operate

import (
	"context"
	"fmt"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// Show returns what the table has about a person. The error is [contacts.ErrNotFound]
// if it has nothing.
func (o *Operator) Show(ctx context.Context, p contacts.Person) (Status, error) {
	row, _, err := o.store.Get(ctx, p)
	if err != nil {
		return Status{}, err
	}
	return statusOf(row), nil
}

// Reveal returns the person's contact id, a bearer secret: whoever has it can chat as
// that person. It is empty if they have none.
func (o *Operator) Reveal(ctx context.Context, p contacts.Person) (webchat.ContactID, error) {
	row, _, err := o.store.Get(ctx, p)
	return row.ContactID, err
}

// Erase deletes the person's contact at MaiAgent for good and leaves a
// tombstone, as the middleware's Erase does. The state is erased once MaiAgent is seen
// to have no contact of theirs. Otherwise it is erasing, with the reason, and the
// site's servers go on trying.
func (o *Operator) Erase(ctx context.Context, p contacts.Person) (Status, error) {
	row, err := o.resolver.Erase(ctx, p)
	return statusOrError("erase", row, err)
}

// Restore lifts a complete tombstone.
func (o *Operator) Restore(ctx context.Context, p contacts.Person) (Status, error) {
	return o.settledStatus(ctx, "restore", p, o.resolver.Restore(ctx, p))
}

// Reissue deletes the person's contact, so that they get another the next time
// they ask: for a contact id that has leaked.
func (o *Operator) Reissue(ctx context.Context, p contacts.Person) (Status, error) {
	row, err := o.resolver.Reissue(ctx, p)
	return statusOrError("reissue", row, err)
}

// Suspend takes the chat from the person until they are resumed, and waits until
// MaiAgent has accepted the change or has failed to. Then Status has the reason, and
// the site's servers go on trying.
func (o *Operator) Suspend(ctx context.Context, p contacts.Person) (Status, error) {
	return o.settledStatus(ctx, "suspend", p, o.resolver.Suspend(ctx, p, false))
}

// Resume gives a suspended person the chat back. The site sends their access when they
// next ask, or at once if a change of theirs waits.
func (o *Operator) Resume(ctx context.Context, p contacts.Person) (Status, error) {
	return o.settledStatus(ctx, "resume", p, o.resolver.Resume(ctx, p))
}

// settledStatus waits for the work on a change that is in the store, and returns the
// status after it.
func (o *Operator) settledStatus(ctx context.Context, what string, p contacts.Person, err error) (Status, error) {
	if err != nil {
		return statusOrError(what, contacts.Row{}, err)
	}
	row, err := o.resolver.Settled(ctx, p)
	return statusOrError(what, row, err)
}

func statusOrError(what string, row contacts.Row, err error) (Status, error) {
	if err != nil {
		return Status{}, fmt.Errorf("operate: %s: %w", what, err)
	}
	return statusOf(row), nil
}
