package webchat

import (
	"cmp"
	"context"
	"net/url"
	"slices"
)

// FindBySourceID returns the contacts of an inbox that have exactly this source
// id, oldest first; those without a readable creation time come last, and ties go
// by id. No match is nil. Each page is one call, made by pace.
//
// The service has no exact lookup, so it searches and compares. It fails rather
// than returning part of the answer: when there are more than 50 pages, when pages
// repeat, when a next page is on another host, or when a match has no usable id.
func (c *Client) FindBySourceID(ctx context.Context, inboxID, sourceID string, pace Pace) ([]Contact, error) {
	if failure := checkKeys(opFind, inboxID, sourceID); failure != nil {
		return nil, failure
	}
	query := url.Values{"query": {sourceID}, "inboxes": {inboxID}}
	var found []Contact
	known := map[ContactID]bool{}
	for match, err := range listed(ctx, c.pages(opFind, "contacts/", query, largePage, maxPages), pace, func(item fields) (Contact, bool, error) {
		if parseSourceID(item) != sourceID {
			return Contact{}, false, nil
		}
		return parseContactIn(inboxID, item)
	}) {
		if err != nil {
			return nil, err
		}
		if !known[match.ID] {
			known[match.ID], found = true, append(found, match)
		}
	}
	slices.SortFunc(found, older)
	return found, nil
}

// Contacts calls each for every contact of an inbox, page by page; each page is one
// call, made by pace. It keeps no page. Contacts that are made or deleted meanwhile
// may be missed, or come twice; those that say they are in other inboxes only are
// left out. The error of each ends it, and so does a page that was there before.
func (c *Client) Contacts(ctx context.Context, inboxID string, pace Pace, each func(Contact) error) error {
	if failure := checkInbox(opFind, inboxID); failure != nil {
		return failure
	}
	query := url.Values{"inboxes": {inboxID}}
	return forEach(listed(ctx, c.pages(opFind, "contacts/", query, largePage, maxListed), pace, func(item fields) (Contact, bool, error) {
		return parseContactIn(inboxID, item)
	}), each)
}

// parseContactIn reads a contact, which is wanted where it is in the inbox or does
// not tell.
func parseContactIn(inboxID string, item fields) (contact Contact, wanted bool, _ error) {
	contact, err := parseContact(item)
	return contact, err == nil && contact.in(inboxID), err
}

func older(a, b Contact) int {
	if a.Created.IsZero() != b.Created.IsZero() {
		if a.Created.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}
