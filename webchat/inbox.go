package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// ErrUnproven is an answer that does not show that the inbox can be read.
var ErrUnproven = errors.New("the inbox is not shown to be readable")

// maxInboxPages bounds how many pages of the list of inboxes are read.
const maxInboxPages = 20

// CanRead returns nil when it is shown that this key can read the contacts of
// this inbox, so that an empty search, or a 404, says something about a contact.
//
// A contact in the list that says it is in the inbox shows it. An empty list
// does not: the service may answer the key of another organisation with one. So
// for an inbox without contacts, and where contacts do not tell their inbox, the
// list of inboxes is asked as well; an inbox that is in it is readable. One that
// is not, or a list of inboxes that this key may not read, is [ErrUnproven]: check that InboxID
// and the key belong together. Every other [*Error] is as of [Client.Get].
func (c *Client) CanRead(ctx context.Context, inboxID string) error {
	if failure := checkInbox(opInbox, inboxID); failure != nil {
		return failure
	}
	queries := []url.Values{{"inboxes": {inboxID}, "pageSize": {"1"}, "limit": {"1"}}, {"inboxes": {inboxID}}}
	if c.plainPages.Load() {
		queries = queries[1:]
	}
	for _, query := range queries {
		shown := false
		_, err := c.list(ctx, "contacts/", query, func(item fields) {
			shown = shown || Contact{InboxIDs: parseInboxes(item)}.IsIn(inboxID)
		})
		switch {
		case shown:
			return nil
		case err == nil:
			return c.findInbox(ctx, inboxID)
		case !query.Has("limit") || !sizeRefused(err):
			return err
		}
	}
	return c.findInbox(ctx, inboxID)
}

// findInbox looks for the inbox in the list of all inboxes.
func (c *Client) findInbox(ctx context.Context, inboxID string) error {
	listed := false
	err := c.eachInbox(ctx, func(inbox Inbox) bool {
		listed = sameInbox(inbox.ID, inboxID)
		return !listed
	})
	switch {
	case listed:
		return nil
	case errors.Is(err, ErrUnauthorized), errors.Is(err, ErrNotFound):
		return unproven("it has no contacts that tell, and its list cannot be read")
	case err != nil:
		return err
	}
	return unproven("it is not among the inboxes of this key; check InboxID and the API key")
}

// Inbox is a conversation platform as the service tells it.
type Inbox struct {
	ID string
	// WebChatID is the id of its web chat; empty when the service did not tell.
	WebChatID string
}

// Inboxes lists the inboxes that the key can read, 20 pages of them at most.
func (c *Client) Inboxes(ctx context.Context) ([]Inbox, error) {
	var all []Inbox
	err := c.eachInbox(ctx, func(inbox Inbox) bool {
		all = append(all, inbox)
		return true
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachInbox goes through the list of inboxes, page by page, until more says that
// it is enough.
func (c *Client) eachInbox(ctx context.Context, more func(Inbox) bool) error {
	var asked []string
	for query, wanted := (url.Values{}), true; query != nil && wanted && len(asked) < maxInboxPages; {
		if slices.Contains(asked, query.Encode()) {
			return nil
		}
		asked = append(asked, query.Encode())
		next, err := c.list(ctx, "inboxes/", query, func(item fields) {
			var channel fields
			_ = json.Unmarshal(item.get("channel"), &channel) // one without is told so
			inbox := Inbox{ID: scalar(item.get("id")), WebChatID: scalar(channel.get("id"))}
			wanted = wanted && more(inbox)
		})
		if err != nil {
			return err
		}
		query = next
	}
	return nil
}

// SameInbox reports whether two inbox ids are of one inbox, however they are
// written.
func SameInbox(a, b string) bool { return sameInbox(a, b) }

func unproven(text string) error {
	return &Error{Operation: opInbox, Err: fmt.Errorf("%w: %s", ErrUnproven, text)}
}

// list reads one page of a list and returns the query of the next.
func (c *Client) list(ctx context.Context, resource string, query url.Values, each func(fields)) (next url.Values, err error) {
	address := c.base.String() + resource
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	err = c.do(ctx, request{operation: opInbox, method: http.MethodGet, url: address, read: func(r reply) error {
		items, raw, err := r.list()
		if err != nil {
			return err
		}
		for _, item := range items {
			each(item)
		}
		next, err = c.parseNext(raw, resource)
		return err
	}})
	return next, err
}
