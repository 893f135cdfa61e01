package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/reconcile"
	"github.com/maicontact/maicontact/webchat"
)

// Export is what the table and MaiAgent have about a person, for a data request. It is
// personal data, and holds no contact id.
type Export struct {
	Exported  time.Time `json:"exported"`
	Namespace string    `json:"namespace"`
	InboxID   string    `json:"inboxId"`
	Person    string    `json:"person"` // member or visitor
	MemberID  string    `json:"memberId,omitempty"`
	// Table is the person's row; nil: there is none. Waiting is the profile in it that
	// is still to be sent.
	Table   *Status          `json:"table"`
	Waiting *webchat.Profile `json:"waiting,omitempty"`
	// Contacts are those at MaiAgent: the row's, and others with one of the person's
	// source ids.
	Contacts []ExportedContact `json:"contacts"`
}

// ExportedContact is a contact as MaiAgent returns it.
type ExportedContact struct {
	SourceID string          `json:"sourceId"`
	InboxIDs []string        `json:"inboxIds,omitempty"`
	Profile  webchat.Profile `json:"profile"`
	Created  *time.Time      `json:"created,omitempty"`
	Updated  *time.Time      `json:"updated,omitempty"`
	// Conversations are as MaiAgent returns them, with "[contact id]" in the place of
	// the contact id. They are nil where Missing says why.
	Conversations []json.RawMessage `json:"conversations"`
	Missing       string            `json:"conversationsMissing,omitempty"`
}

// Export collects what the table and MaiAgent have about a person. The error is
// [contacts.ErrNotFound] if neither has anything.
func (o *Operator) Export(ctx context.Context, p contacts.Person) (Export, error) {
	e := Export{
		Exported: time.Now().UTC(), Namespace: p.Namespace, InboxID: p.InboxID, Person: p.Kind, MemberID: NameOf(p), Contacts: []ExportedContact{},
	}
	row, now, err := o.store.Get(ctx, p)
	switch {
	case err == nil:
		status := statusOf(row)
		e.Table, e.Waiting, e.Exported = &status, row.Waiting, now
	case errors.Is(err, contacts.ErrNotFound):
		row = contacts.New(p, now)
	default:
		return Export{}, fmt.Errorf("operate: export: %w", err)
	}
	held, err := o.contactsOf(ctx, row)
	if err != nil {
		return Export{}, fmt.Errorf("operate: export: %w", err)
	}
	for _, contact := range held {
		exported, err := o.export(ctx, contact)
		if err != nil {
			return Export{}, fmt.Errorf("operate: export: %w", err)
		}
		e.Contacts = append(e.Contacts, exported)
	}
	if e.Table == nil && len(e.Contacts) == 0 {
		return Export{}, contacts.ErrNotFound
	}
	return e, nil
}

// contactsOf finds all contacts of the row's person at MaiAgent.
func (o *Operator) contactsOf(ctx context.Context, row contacts.Row) ([]webchat.Contact, error) {
	if err := o.CanRead(ctx); err != nil {
		return nil, err
	}
	var all []webchat.Contact
	known := map[webchat.ContactID]bool{}
	if row.ContactID != "" {
		own, err := o.readContact(ctx, row.ContactID)
		if err != nil && !errors.Is(err, webchat.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			all, known[own.ID] = append(all, own), true
		}
	}
	for generation := 1; generation <= row.Generation+reconcile.FurtherGenerations; generation++ {
		found, err := o.findContacts(ctx, row, generation)
		if err != nil {
			return nil, err
		}
		for _, contact := range found {
			if !known[contact.ID] {
				all, known[contact.ID] = append(all, contact), true
			}
		}
	}
	return all, nil
}

func (o *Operator) export(ctx context.Context, c webchat.Contact) (ExportedContact, error) {
	e := ExportedContact{
		SourceID: c.SourceID, InboxIDs: c.InboxIDs, Profile: c.Profile, Created: timeOf(c.Created), Updated: timeOf(c.Updated),
	}
	conversations, err := withRetries(ctx, o, func() ([]json.RawMessage, error) {
		all := []json.RawMessage{}
		err := o.api.Conversations(ctx, c.ID, func(text json.RawMessage) error {
			all = append(all, masked(text, c.ID))
			return nil
		})
		return all, err
	})
	switch {
	case errors.Is(err, webchat.ErrNotFound), errors.Is(err, webchat.ErrUnauthorized):
		e.Missing = "MaiAgent does not give a list of them to this API key; export them in its console"
	case err != nil:
		return ExportedContact{}, err
	default:
		e.Conversations = conversations
	}
	return e, nil
}

// masked replaces the contact id in JSON, in every form that it may have.
func masked(text json.RawMessage, id webchat.ContactID) json.RawMessage {
	short := bytes.ReplaceAll([]byte(id.Reveal()), []byte("-"), nil)
	for _, form := range [][]byte{[]byte(id.Reveal()), bytes.ToUpper([]byte(id.Reveal())), short, bytes.ToUpper(short)} {
		text = bytes.ReplaceAll(text, form, []byte("[contact id]"))
	}
	return text
}
