package webchat

import (
	"context"
	"encoding/json"
)

// Conversations calls each for every conversation of a contact, as the service
// tells it: a JSON object. It may hold the contact id, and what people have said.
// The error of each ends it. More than 1,000 pages are an error. It fails with
// [ErrNotFound] where there is no such contact, or a service that has no such list.
func (c *Client) Conversations(ctx context.Context, id ContactID, each func(json.RawMessage) error) error {
	id, failure := checkID(opConversations, id)
	if failure != nil {
		return failure
	}
	resource := "contacts/" + id.Reveal() + "/conversations"
	return forEach(listed(ctx, c.pages(opConversations, resource, nil, "", maxConversations), nil, func(item fields) (json.RawMessage, bool, error) {
		text, err := json.Marshal(item)
		if err != nil {
			return nil, false, badReply("a conversation is not readable")
		}
		return text, true, nil
	}), each)
}
