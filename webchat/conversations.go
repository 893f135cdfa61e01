package webchat

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// mostConversationPages bounds how many pages of conversations are read.
const mostConversationPages = 1000

// Conversations calls each for every conversation of a contact, as the service
// tells it: a JSON object. It may hold the contact id, and what people have said.
// The error of each ends it. It fails with [ErrNotFound] where there is no such
// contact, or a service that has no such list.
func (c *Client) Conversations(ctx context.Context, id ContactID, each func(json.RawMessage) error) error {
	id, failure := checkID(opConversations, id)
	if failure != nil {
		return failure
	}
	resource := "contacts/" + id.Reveal() + "/conversations"
	query := url.Values{}
	for range mostConversationPages {
		address := c.base.String() + resource
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
		var page []json.RawMessage
		var next url.Values
		err := c.do(ctx, request{operation: opConversations, method: http.MethodGet, url: address, read: func(r reply) error {
			items, raw, err := r.list()
			if err != nil {
				return err
			}
			page = nil
			for _, item := range items {
				text, err := json.Marshal(item)
				if err != nil {
					return badReply("a conversation is not readable")
				}
				page = append(page, text)
			}
			next, err = c.parseNext(raw, resource)
			return err
		}})
		if err != nil {
			return err
		}
		for _, conversation := range page {
			if err := each(conversation); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		if next.Encode() == query.Encode() {
			return &Error{Operation: opConversations, Err: badReply("pages repeat")}
		}
		query = next
	}
	return &Error{Operation: opConversations, Err: badReply("more pages than can be read")}
}
