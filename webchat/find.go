package webchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
)

// maxPages bounds how many pages of search results are read.
const maxPages = 50

// pageSize asks for the largest page, in both of the ways that the service
// documents. A service that refuses is asked without.
const pageSize = "100"

// FindBySourceID returns the contacts of an inbox that have exactly this source
// id, as [Client.Search] does, page after page.
func (c *Client) FindBySourceID(ctx context.Context, inboxID, sourceID string) ([]Contact, error) {
	search := c.Search(inboxID, sourceID)
	for {
		more, err := search.Next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			return search.Found(), nil
		}
	}
}

// Search looks for the contacts of an inbox that have exactly this source id.
// Each [Search.Next] is one call, so that the caller can pace them.
func (c *Client) Search(inboxID, sourceID string) *Search {
	s := &Search{client: c, inboxID: inboxID, sourceID: sourceID}
	s.restart(!c.plainPages.Load())
	return s
}

// Search is a search on its way, made by [Client.Search]. The service has no
// exact lookup, so it searches and compares. It fails rather than returning
// part of the answer: when there are more than 50 pages, when pages repeat,
// when a next page is on another host, or when a match has no usable id.
//
// It is not safe for concurrent use. Printing it gives "[search]".
type Search struct {
	client            *Client
	inboxID, sourceID string
	sized             bool       // asks for large pages
	refused           bool       // asking for large pages was answered with a refusal
	next              url.Values // nil after the last page
	seen              map[string]bool
	found             []Contact
}

func (s *Search) restart(sized bool) {
	s.sized, s.seen, s.found = sized, map[string]bool{}, nil
	s.next = url.Values{"query": {s.sourceID}, "inboxes": {s.inboxID}}
	if sized {
		s.next.Set("pageSize", pageSize)
		s.next.Set("limit", pageSize)
	}
}

// Next reads a page and reports whether there are more. After an error the same
// page is read again. A service that refuses large pages, or sends more than
// can be read, makes it begin anew without asking for them.
func (s *Search) Next(ctx context.Context) (more bool, err error) {
	if failure := checkKeys(opFind, s.inboxID, s.sourceID); failure != nil {
		return false, failure
	}
	if s.next == nil {
		return false, nil
	}
	key := s.next.Encode()
	if s.seen[key] {
		return false, &Error{Operation: opFind, Err: badReply("pages repeat")}
	}
	if len(s.seen) == maxPages {
		return false, &Error{Operation: opFind, Err: badReply("more than 50 pages")}
	}
	c := s.client
	var page page
	err = c.do(ctx, request{
		operation: opFind, method: http.MethodGet, url: c.url("") + "?" + key,
		read: func(r reply) (err error) {
			page, err = c.parsePage(r, s.inboxID, s.sourceID)
			return err
		},
	})
	if err != nil {
		if s.sized && sizeRefused(err) {
			s.refused = errors.Is(err, ErrInvalid)
			s.restart(false)
			return true, nil
		}
		return false, err
	}
	if s.refused {
		c.plainPages.Store(true) // the size it was
	}
	s.seen[key] = true
	for _, match := range page.matches {
		if !slices.ContainsFunc(s.found, func(c Contact) bool { return c.ID == match.ID }) {
			s.found = append(s.found, match)
		}
	}
	s.next = page.next
	return s.next != nil, nil
}

// Found returns what has been found so far, oldest first; those without a
// readable creation time come last, and ties go by id. It is the answer once
// Next has reported that there is no more; no match is nil.
func (s *Search) Found() []Contact {
	found := slices.Clone(s.found)
	slices.SortFunc(found, older)
	return found
}

// sizeRefused reports whether the page size may be why a list was not read.
func sizeRefused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Setting() != "" {
		return false
	}
	return errors.Is(e, ErrInvalid) && e.Status != 0 || errors.Is(e, errTooLarge)
}

const searchText = "[search]"

// String returns "[search]".
func (s *Search) String() string { return searchText }

// GoString returns "[search]".
func (s *Search) GoString() string { return searchText }

// Format writes "[search]" for every verb.
func (s *Search) Format(f fmt.State, _ rune) { io.WriteString(f, searchText) }

// LogValue returns "[search]".
func (s *Search) LogValue() slog.Value { return slog.StringValue(searchText) }

func older(a, b Contact) int {
	if a.Created.IsZero() != b.Created.IsZero() {
		if a.Created.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}
