package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/background"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/internal/upstream"
	"github.com/maicontact/maicontact/webchat"
)

// Why a contact cannot be linked, beside the errors of [contacts.Row.Link] and
// [contacts.ErrContactTaken]. To be matched with errors.Is.
var (
	// ErrNoContact: MaiAgent has no such contact.
	ErrNoContact = errors.New("MaiAgent has no such contact")
	// ErrOtherInbox: the contact is in other inboxes only.
	ErrOtherInbox = errors.New("the contact is in another inbox")
)

// LinkOptions say how contacts are linked.
type LinkOptions struct {
	// NoVerify does not ask MaiAgent whether the contact exists and is in the inbox. For
	// a member who waits for a contact, MaiAgent is still asked whether they have
	// another.
	NoVerify bool
	// DryRun changes nothing.
	DryRun bool
}

// Link gives a member a contact that exists at MaiAgent. It reports false if they have
// it already. The contact is handed out when the member asks, once their profile was
// sent.
func (o *Operator) Link(ctx context.Context, memberID string, id webchat.ContactID, options LinkOptions) (changed bool, err error) {
	if !options.NoVerify {
		if err := o.CanRead(ctx); err != nil {
			return false, err
		}
	}
	return o.link(ctx, Record{MemberID: memberID, ContactID: id}, options)
}

// CanRead returns nil if MaiAgent's inbox is shown to be readable: only then does a
// missing contact mean something. It is the first call of long work, so that it fails
// at once if nobody answers at all.
func (o *Operator) CanRead(ctx context.Context) error {
	unanswered, err := withRetries(ctx, o, func() (unanswered, err error) {
		err = o.api.CanRead(ctx, upstream.MakeMember, o.scope.InboxID)
		if api, ok := errors.AsType[*webchat.Error](err); ok && api.Status == 0 && api.Retryable {
			return err, nil
		}
		return nil, err
	})
	if err = cmp.Or(err, unanswered); err != nil {
		return fmt.Errorf("operate: read the inbox: %w", err)
	}
	return nil
}

func (o *Operator) link(ctx context.Context, r Record, options LinkOptions) (changed bool, err error) {
	person, err := o.Member(r.MemberID)
	if err != nil {
		return false, err
	}
	ctx = identity.WithPerson(ctx, person)
	reading, err := contacts.Read(ctx, o.store, person)
	if err != nil {
		return false, err
	}
	if reading.Row.ContactID == r.ContactID && reading.Row.ContactID != "" {
		return false, nil // a former run has linked it
	}
	looked := reading.Row.Version
	link := func(row contacts.Row, now time.Time) (contacts.Row, error) {
		if row.Version != looked {
			return row, errRowChanged
		}
		if !row.IsStored() && !r.Created.IsZero() && r.Created.Before(now) {
			row.Created = r.Created
		}
		row, err := row.Link(r.ContactID, now)
		if err != nil || !r.HasProfile || row.Desired != (contacts.Stamp{}) {
			return row, err // the site knows better than a file
		}
		return row.SetDesired(contacts.Desired{Profile: r.Profile, Stamp: contacts.StampOf(r.Profile)}, now)
	}
	if _, err := link(reading.Row, reading.Now()); err != nil {
		return false, err // before MaiAgent is asked
	}
	if reading.Row.IsStored() {
		if err := o.checkNoOther(ctx, reading.Row, r.ContactID); err != nil {
			return false, err
		}
	}
	if options.DryRun { // otherwise the Put finds out
		switch anothers, err := reading.IsAnothers(ctx, r.ContactID); {
		case err != nil:
			return false, err
		case anothers:
			return false, contacts.ErrContactTaken
		}
	}
	if !options.NoVerify {
		if err := o.checkContact(ctx, r.ContactID); err != nil {
			return false, err
		}
	}
	if options.DryRun {
		return true, nil
	}
	switch err := reading.Change(ctx, link); {
	case errors.Is(err, errRowChanged):
		return o.link(ctx, r, options)
	case err != nil:
		return false, err
	}
	return true, nil
}

// errRowChanged: the row has changed since MaiAgent was asked.
var errRowChanged = errors.New("the row has changed")

// checkNoOther returns nil if MaiAgent has no other contact of the person. A server may
// have died after it had made one, and once the doubt is over the row no longer says
// so.
func (o *Operator) checkNoOther(ctx context.Context, row contacts.Row, but webchat.ContactID) error {
	found, err := o.findContacts(ctx, row, row.Generation)
	if err != nil {
		return err
	}
	for _, contact := range found {
		if contact.ID != but {
			return contacts.ErrUnderWay
		}
	}
	return nil
}

// checkContact asks MaiAgent whether the contact exists and is in the inbox.
func (o *Operator) checkContact(ctx context.Context, id webchat.ContactID) error {
	found, err := o.readContact(ctx, id)
	switch {
	case errors.Is(err, webchat.ErrNotFound):
		return ErrNoContact
	case err != nil:
		return err
	case len(found.InboxIDs) > 0 && !found.IsIn(o.scope.InboxID):
		return ErrOtherInbox
	}
	return nil
}

// refusals are the errors by which the table or MaiAgent refuses to do something to a
// person.
var refusals = []error{
	contacts.ErrNotFound, contacts.ErrErased, contacts.ErrNotErased, contacts.ErrReissuing, contacts.ErrRetired, contacts.ErrSuspended,
	contacts.ErrLinked, contacts.ErrUnderWay, contacts.ErrContactTaken, ErrNoContact, ErrOtherInbox, ErrOtherNamespace,
}

// IsRefusal reports whether an error says why something cannot be done to a person. It
// is false for a failure of the table or of MaiAgent.
func IsRefusal(err error) bool {
	return slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) })
}

// maxRetryTime is how long calls are retried while MaiAgent does not answer.
const maxRetryTime = 2 * time.Minute

// readContact reads a contact at MaiAgent.
func (o *Operator) readContact(ctx context.Context, id webchat.ContactID) (webchat.Contact, error) {
	return withRetries(ctx, o, func() (webchat.Contact, error) { return o.api.Get(ctx, upstream.MakeMember, id) })
}

// findContacts looks at MaiAgent for the contacts of a generation of the row's person.
func (o *Operator) findContacts(ctx context.Context, row contacts.Row, generation int) ([]webchat.Contact, error) {
	return withRetries(ctx, o, func() ([]webchat.Contact, error) {
		return o.api.Find(ctx, upstream.MakeMember, row.InboxID, identity.SourceID(row.Person, generation))
	})
}

// withRetries retries a call while it may still succeed.
func withRetries[T any](ctx context.Context, o *Operator, call func() (T, error)) (found T, err error) {
	for start := time.Now(); ; {
		found, err = call()
		api, ok := errors.AsType[*webchat.Error](err)
		isDown := errors.Is(err, upstream.ErrDown)
		passing := isDown || errors.Is(err, upstream.ErrBusy) || ok && api.Retryable
		waited := time.Since(start)
		switch {
		case !passing:
			return found, err
		case ctx.Err() == nil && waited <= maxRetryTime:
		case isDown: // its own text would promise another try
			return found, fmt.Errorf("MaiAgent does not answer, and was waited for %s", waited.Round(time.Second))
		default:
			return found, err
		}
		wait := time.Second
		if ok {
			wait = max(wait, api.RetryAfter)
		}
		if o.onWait != nil && !errors.Is(err, upstream.ErrBusy) {
			o.onWait()
		}
		if background.Sleep(ctx, wait) != nil {
			return found, err
		}
	}
}
