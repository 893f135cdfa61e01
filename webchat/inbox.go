package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
)

// ErrUnproven is an answer that does not show that the inbox can be read.
var ErrUnproven = errors.New("the inbox is not shown to be readable")

// CanRead returns nil when it is shown that this key can read the contacts of
// this inbox, so that an empty search, or a 404, says something about a contact.
//
// A contact in the list that says it is in the inbox shows it. An empty list
// does not: the service may answer the key of another organisation with one. So
// for an inbox without contacts, and where contacts do not tell their inbox, the
// list of inboxes is asked as well; an inbox that is in it is readable. One that
// is not, or a list of inboxes that this key may not read, is [ErrUnproven]: check
// that InboxID and the key belong together. Every other [*Error] is as of
// [Client.Get].
func (c *Client) CanRead(ctx context.Context, inboxID string) error {
	if failure := checkInbox(opInbox, inboxID); failure != nil {
		return failure
	}
	p := c.pages(opInbox, "contacts/", url.Values{"inboxes": {inboxID}}, "1", maxPages)
	for len(p.seen) == 0 { // the first page is enough
		shown := false
		err := p.read(ctx, func(item fields) error {
			shown = shown || Contact{InboxIDs: parseInboxes(item)}.IsIn(inboxID)
			return nil
		})
		switch {
		case shown:
			return nil
		case err != nil:
			return err
		}
	}
	return c.findInbox(ctx, inboxID)
}

// findInbox looks for the inbox in the list of all inboxes.
func (c *Client) findInbox(ctx context.Context, inboxID string) error {
	for inbox, err := range c.eachInbox(ctx) {
		switch {
		case errors.Is(err, ErrUnauthorized), errors.Is(err, ErrNotFound), errors.Is(err, errPages):
			return unproven("it has no contacts that tell, and its list cannot be read")
		case err != nil:
			return err
		case SameInbox(inbox.ID, inboxID):
			return nil
		}
	}
	return unproven("it is not among the inboxes of this key; check InboxID and the API key")
}

// Inbox is a conversation platform as the service tells it.
type Inbox struct {
	ID string
	// WebChatID is the id of its web chat; empty when the service did not tell.
	WebChatID string
}

// Inboxes lists the inboxes that the key can read. More than 50 pages of them are
// an error.
func (c *Client) Inboxes(ctx context.Context) ([]Inbox, error) {
	var all []Inbox
	for inbox, err := range c.eachInbox(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, inbox)
	}
	return all, nil
}

func (c *Client) eachInbox(ctx context.Context) iter.Seq2[Inbox, error] {
	return listed(ctx, c.pages(opInbox, "inboxes/", nil, "", maxPages), nil, func(item fields) (Inbox, bool, error) {
		var channel fields
		_ = json.Unmarshal(item.get("channel"), &channel) // one without is told so
		return Inbox{ID: scalar(item.get("id")), WebChatID: scalar(channel.get("id"))}, true, nil
	})
}

// SameInbox reports whether two inbox ids are of one inbox. A UUID may be written
// in either case, and with or without dashes.
func SameInbox(a, b string) bool { return plainInbox(a) == plainInbox(b) }

func plainInbox(id string) string { return strings.ReplaceAll(strings.ToLower(id), "-", "") }

func unproven(text string) error {
	return &Error{Operation: opInbox, Err: fmt.Errorf("%w: %s", ErrUnproven, text)}
}
