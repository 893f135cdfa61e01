package webchat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
)

// mostListed bounds how many pages of a listing are read.
const mostListed = 1_000_000

// Listing goes through all contacts of an inbox, page by page; make it with
// [Client.Contacts]. It keeps no page. Contacts that are made or deleted
// meanwhile may be missed, or come twice.
//
// It is not safe for concurrent use. Printing it gives "[listing]".
type Listing struct {
	client  *Client
	inboxID string
	sized   bool
	next    url.Values // nil after the last page
	pages   int
}

// Contacts lists the contacts of an inbox.
func (c *Client) Contacts(inboxID string) *Listing {
	l := &Listing{client: c, inboxID: inboxID}
	l.restart(!c.plainPages.Load())
	return l
}

func (l *Listing) restart(sized bool) {
	l.sized, l.next = sized, url.Values{"inboxes": {l.inboxID}}
	if sized {
		l.next.Set("pageSize", pageSize)
		l.next.Set("limit", pageSize)
	}
}

// Next reads a page, and reports whether there are more. After an error the same
// page is read again. Contacts that say they are in other inboxes only are left
// out. A page that follows itself is an error.
func (l *Listing) Next(ctx context.Context) (found []Contact, more bool, err error) {
	if failure := checkInbox(opFind, l.inboxID); failure != nil {
		return nil, false, failure
	}
	if l.next == nil {
		return nil, false, nil
	}
	if l.pages == mostListed {
		return nil, false, &Error{Operation: opFind, Err: badReply("more pages than can be read")}
	}
	c, key := l.client, l.next.Encode()
	var next url.Values
	err = c.do(ctx, request{
		operation: opFind, method: http.MethodGet, url: c.url("") + "?" + key,
		read: func(r reply) error {
			items, raw, err := r.list()
			if err != nil {
				return err
			}
			found = nil
			for _, item := range items {
				contact, err := parseContact(item)
				if err != nil {
					return err
				}
				if contact.in(l.inboxID) {
					found = append(found, contact)
				}
			}
			next, err = c.parseNext(raw, "contacts/")
			if err == nil && next != nil && next.Encode() == key {
				err = badReply("pages repeat")
			}
			return err
		},
	})
	if err != nil {
		if l.sized && l.pages == 0 && sizeRefused(err) {
			l.restart(false)
			return nil, true, nil
		}
		return nil, false, err
	}
	l.pages++
	l.next = next
	return found, next != nil, nil
}

const listingText = "[listing]"

// String returns "[listing]".
func (l *Listing) String() string { return listingText }

// GoString returns "[listing]".
func (l *Listing) GoString() string { return listingText }

// Format writes "[listing]" for every verb.
func (l *Listing) Format(f fmt.State, _ rune) { io.WriteString(f, listingText) }

// LogValue returns "[listing]".
func (l *Listing) LogValue() slog.Value { return slog.StringValue(listingText) }
