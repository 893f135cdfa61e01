package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Draft is a contact as the site wants it to be. Printing it gives "[draft]".
type Draft struct {
	// InboxID of the conversation platform the contact belongs to. Required.
	// It is not the web chat id of the embed.
	InboxID string

	// SourceID is the site's own id of the person, unique per inbox. Required:
	// without it a contact cannot be found again after a lost reply.
	SourceID string

	// Profile is normalized before it is sent.
	Profile Profile
}

// Contact is a contact as the service tells it. Every field but ID may be
// empty. Printing it gives "[contact]".
type Contact struct {
	ID       ContactID
	SourceID string
	InboxIDs []string // nil when the service did not tell

	// Profile as the service returned it. Do not compare its query metadata
	// with what was sent: the service may rewrite nested keys.
	Profile Profile

	Created, Updated time.Time // UTC; zero when not told or not readable
}

// Create makes a contact. It is sent once, whatever happens. When the [*Error]
// says Unknown or is [ErrExists], look with [Client.FindBySourceID] before
// creating again.
func (c *Client) Create(ctx context.Context, d Draft) (Contact, error) {
	body, failure := d.body(opCreate, false)
	if failure != nil {
		return Contact{}, failure
	}
	var contact Contact
	err := c.do(ctx, request{
		operation: opCreate, method: http.MethodPost, url: c.url(""), body: body,
		read: func(r reply) (err error) {
			contact, err = r.contact()
			if err == nil {
				err = contact.matches(d)
			}
			return err
		},
	})
	if err != nil {
		return Contact{}, err
	}
	return contact, nil
}

// Get reads a contact. It fails with [ErrNotFound] when there is none.
func (c *Client) Get(ctx context.Context, id ContactID) (Contact, error) {
	id, failure := checkID(opGet, id)
	if failure != nil {
		return Contact{}, failure
	}
	var contact Contact
	err := c.do(ctx, request{
		operation: opGet, method: http.MethodGet, url: c.url(id),
		read: func(r reply) (err error) {
			contact, err = r.contact()
			if err == nil && contact.ID != id {
				err = fmt.Errorf("%w: another contact id", ErrMismatch)
			}
			return err
		},
	})
	if err != nil {
		return Contact{}, err
	}
	return contact, nil
}

// Replace writes the whole contact with PUT: empty email, phone and avatar are
// sent as null, so that they are cleared at the service. Query metadata that is
// not set is left out. Any 2xx reply but a web page is success, whatever it
// says. After an outcome that is not known it is not repeated by itself: the
// first one may still land, even after a later Replace. It fails with [ErrNotFound] when the contact no longer exists.
func (c *Client) Replace(ctx context.Context, id ContactID, d Draft) error {
	id, failure := checkID(opReplace, id)
	if failure != nil {
		return failure
	}
	body, failure := d.body(opReplace, true)
	if failure != nil {
		return failure
	}
	return c.do(ctx, request{
		operation: opReplace, method: http.MethodPut, url: c.url(id), body: body, read: reply.confirms,
	})
}

// Delete removes a contact. A contact that does not exist is success.
func (c *Client) Delete(ctx context.Context, id ContactID) error {
	id, failure := checkID(opDelete, id)
	if failure != nil {
		return failure
	}
	return c.do(ctx, request{operation: opDelete, method: http.MethodDelete, url: c.url(id)})
}

// url returns the address of the contacts, or of one. The trailing slash is
// part of it: without it the service redirects, and a write would be lost.
func (c *Client) url(id ContactID) string {
	if id.IsZero() {
		return c.base.String() + "contacts/"
	}
	return c.base.String() + "contacts/" + id.Reveal() + "/"
}

// checkID makes sure that what goes into a path is a UUID.
func checkID(operation string, id ContactID) (ContactID, *Error) {
	parsed, err := ParseContactID(id.Reveal())
	if err != nil {
		return "", invalid(operation, "contact id is not a UUID")
	}
	return parsed, nil
}

// body writes the draft as the service reads it.
func (d Draft) body(operation string, whole bool) ([]byte, *Error) {
	if failure := checkKeys(operation, d.InboxID, d.SourceID); failure != nil {
		return nil, failure
	}
	type inbox struct {
		ID string `json:"id"`
	}
	p := d.Profile.Normalized()
	content := map[string]any{
		"name":     p.Name,
		"inboxes":  []inbox{{d.InboxID}},
		"sourceId": d.SourceID,
	}
	for key, value := range map[string]string{"email": p.Email, "phoneNumber": p.Phone, "avatar": p.Avatar} {
		switch {
		case value != "":
			content[key] = value
		case whole:
			content[key] = nil
		}
	}
	if !p.QueryMetadata.IsZero() {
		content["queryMetadata"] = p.QueryMetadata
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, invalid(operation, "contact cannot be written as JSON")
	}
	return body, nil
}

// checkKeys refuses what could not be found again by an exact comparison.
func checkKeys(operation, inboxID, sourceID string) *Error {
	switch {
	case inboxID == "":
		return invalid(operation, "inbox id is required")
	case !plainKey(inboxID) || strings.ContainsFunc(inboxID, unicode.IsSpace) || strings.Contains(inboxID, ","):
		return invalid(operation, "inbox id has white space, a comma, control characters or bytes that are not UTF-8")
	case sourceID == "":
		return invalid(operation, "source id is required")
	case !plainKey(sourceID) || sourceID != strings.TrimSpace(sourceID):
		return invalid(operation, "source id has control characters, outer white space or bytes that are not UTF-8")
	}
	return nil
}

func plainKey(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// matches checks what the reply tells against what was sent. What it does not
// tell is taken to be right.
func (c Contact) matches(d Draft) error {
	if c.SourceID != "" && c.SourceID != d.SourceID {
		return fmt.Errorf("%w: another source id", ErrMismatch)
	}
	if !c.in(d.InboxID) {
		return fmt.Errorf("%w: another inbox", ErrMismatch)
	}
	return nil
}

// in reports whether the contact is in the inbox, or the reply does not tell.
func (c Contact) in(inboxID string) bool {
	return len(c.InboxIDs) == 0 || slices.ContainsFunc(c.InboxIDs, func(id string) bool {
		return strings.EqualFold(id, inboxID)
	})
}

const (
	draftText   = "[draft]"
	contactText = "[contact]"
)

// String returns "[draft]".
func (d Draft) String() string { return draftText }

// GoString returns "[draft]".
func (d Draft) GoString() string { return draftText }

// Format writes "[draft]" for every verb.
func (d Draft) Format(f fmt.State, _ rune) { io.WriteString(f, draftText) }

// LogValue returns "[draft]".
func (d Draft) LogValue() slog.Value { return slog.StringValue(draftText) }

// String returns "[contact]".
func (c Contact) String() string { return contactText }

// GoString returns "[contact]".
func (c Contact) GoString() string { return contactText }

// Format writes "[contact]" for every verb.
func (c Contact) Format(f fmt.State, _ rune) { io.WriteString(f, contactText) }

// LogValue returns "[contact]".
func (c Contact) LogValue() slog.Value { return slog.StringValue(contactText) }
