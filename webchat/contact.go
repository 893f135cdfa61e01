package webchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Contact is a contact as the service tells it. Every field but ID may be
// empty. Printing it gives "[private]".
type Contact struct {
	private `yaml:"-"`

	ID       ContactID
	SourceID string
	InboxIDs []string // nil when the service did not tell

	// Profile as the service returned it. The service may rewrite the keys of
	// query metadata: compare with [QueryMetadata.SeenIn]. An empty object is
	// none.
	Profile Profile

	// AccessTold says that the service told the query metadata at all, be it
	// null. Where it is false, Profile.QueryMetadata says nothing.
	AccessTold bool

	Created, Updated time.Time // UTC; zero when not told or not readable
}

// Create makes a contact. It is sent once, whatever happens. When the [*Error]
// says Unknown or is [ErrExists], look with [Client.FindBySourceID] before
// creating again. With [ErrMismatch] the Contact is the other one that the reply
// is about; with every other error it is empty.
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
	if err != nil && !errors.Is(err, ErrMismatch) {
		return Contact{}, err
	}
	return contact, err
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

// Replace writes the whole contact with PUT, or with PATCH where the service has no
// PUT: empty email, phone and avatar are sent as null, so that they are cleared at
// the service, and that there is no query metadata is sent as [Draft.None] says.
//
// Any 2xx reply but a web page is success, whatever it says. The Contact is what
// the reply told; its ID is empty when the reply was no contact. A reply about
// another contact is [ErrMismatch], with an unknown outcome. After an outcome
// that is not known the call is not repeated by itself: the first one may still
// land, even after a later Replace. It fails with [ErrNotFound] when the contact
// no longer exists.
func (c *Client) Replace(ctx context.Context, id ContactID, d Draft) (Contact, error) {
	id, failure := checkID(opReplace, id)
	if failure != nil {
		return Contact{}, failure
	}
	body, failure := d.body(opReplace, true)
	if failure != nil {
		return Contact{}, failure
	}
	method, instead := http.MethodPut, http.MethodPatch
	if c.patches.Load() {
		method, instead = instead, method
	}
	var told Contact
	err := c.do(ctx, request{
		operation: opReplace, method: method, instead: instead, url: c.url(id), body: body,
		read: func(r reply) error {
			if err := r.confirms(); err != nil {
				return err
			}
			contact, err := r.contact()
			if err != nil {
				return nil // a confirmation in words, or none
			}
			if contact.ID != id {
				return fmt.Errorf("%w: another contact id", ErrMismatch)
			}
			told = contact
			return nil
		},
	})
	if err != nil {
		return Contact{}, err
	}
	return told, nil
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
		return c.address("contacts/", nil)
	}
	return c.address("contacts/"+id.Reveal()+"/", nil)
}

// address is that of a resource below the base URL.
func (c *Client) address(resource string, query url.Values) string {
	if len(query) == 0 {
		return c.base.String() + resource
	}
	return c.base.String() + resource + "?" + query.Encode()
}

// checkID makes sure that what goes into a path is a UUID.
func checkID(operation string, id ContactID) (ContactID, *Error) {
	parsed, err := ParseContactID(id.Reveal())
	if err != nil {
		return "", invalid(operation, "contact id is not a UUID")
	}
	return parsed, nil
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
	return len(c.InboxIDs) == 0 || c.IsIn(inboxID)
}

// IsIn reports whether the service told that the contact is in the inbox.
func (c Contact) IsIn(inboxID string) bool {
	return slices.ContainsFunc(c.InboxIDs, func(id string) bool { return SameInbox(id, inboxID) })
}

// MarshalText returns "[private]", which is also what encoding/json writes.
func (c Contact) MarshalText() ([]byte, error) { return []byte(privateText), nil }
