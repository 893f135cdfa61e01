package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// largePage asks for the largest page. A service that refuses is asked without.
	largePage = "100"

	maxPages         = 50        // of a list that is searched
	maxConversations = 1000      // of the conversations of one contact
	maxListed        = 1_000_000 // of a list that is gone through
)

// errPages is a list that does not end.
var errPages = badReply("pages repeat, or are too many")

// Pace makes one call to the service: it calls read when it is time to, and again
// where that may help, and returns the error of read, or why it was not called. Nil
// calls it once, at once.
type Pace func(read func() error) error

// pages is a list of the service on its way, page by page. Each page is one call.
type pages struct {
	client    *Client
	operation string
	resource  string // below the base URL
	query     url.Values
	size      string // of the pages that are asked for; "" leaves it to the service
	refused   bool   // asking for a size was answered with a refusal
	most      int
	next      url.Values // nil after the last page
	seen      map[string]bool
	told      int // the items that were handed over
	skip      int // of the next pages, as they were handed over before it was begun anew
}

func (c *Client) pages(operation, resource string, query url.Values, size string, most int) *pages {
	p := &pages{client: c, operation: operation, resource: resource, query: query, most: most}
	if !c.plainPages.Load() {
		p.size = size
	}
	p.restart()
	return p
}

func (p *pages) restart() {
	if p.most == maxListed {
		p.skip = p.told // a search sees all of them again: it must not miss what has moved up
	}
	p.seen, p.next = map[string]bool{}, url.Values{}
	maps.Copy(p.next, p.query)
	if p.size != "" { // in both of the ways that the service documents
		p.next.Set("pageSize", p.size)
		p.next.Set("limit", p.size)
	}
}

// read reads the next page and hands over its items. After an error the same page
// is read again. A service that refuses the size, or sends more than can be read,
// makes it begin anew without asking for one, and pass over what was handed over
// where the list is gone through.
func (p *pages) read(ctx context.Context, take func(fields) error) error {
	key := p.next.Encode()
	if p.seen[key] || len(p.seen) == p.most {
		return &Error{Operation: p.operation, Err: errPages}
	}
	var next url.Values
	var passed, told int
	err := p.client.do(ctx, request{
		operation: p.operation, method: http.MethodGet, url: p.client.address(p.resource, p.next),
		read: func(r reply) error {
			items, raw, err := r.list()
			if err != nil {
				return err
			}
			passed = min(p.skip, len(items))
			told = len(items) - passed
			for _, item := range items[passed:] {
				if err := take(item); err != nil {
					return err
				}
			}
			next, err = p.client.parseNext(raw, p.resource)
			return err
		},
	})
	switch {
	case err != nil && p.size != "" && sizeRefused(err):
		p.size, p.refused = "", errors.Is(err, ErrInvalid)
		p.restart()
		return nil
	case err != nil:
		return err
	case p.refused:
		p.client.plainPages.Store(true) // the size it was
	}
	p.seen[key], p.next = true, next
	p.skip, p.told = p.skip-passed, p.told+told
	return nil
}

// listed goes through what parse makes of the items of a list. What is made or
// deleted meanwhile may be missed, or come twice. It ends with the first error.
func listed[T any](ctx context.Context, p *pages, pace Pace, parse func(fields) (item T, wanted bool, _ error)) iter.Seq2[T, error] {
	if pace == nil {
		pace = func(read func() error) error { return read() }
	}
	return func(yield func(T, error) bool) {
		for p.next != nil {
			var page []T
			err := pace(func() error {
				page = nil
				return p.read(ctx, func(f fields) error {
					item, wanted, err := parse(f)
					if wanted {
						page = append(page, item)
					}
					return err
				})
			})
			for _, item := range page { // also where only what follows cannot be read
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
		}
	}
}

// forEach hands over the items of a list until there is an error, of either side.
func forEach[T any](items iter.Seq2[T, error], each func(T) error) error {
	for item, err := range items {
		if err == nil {
			err = each(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sizeRefused reports whether the page size may be why a list was not read.
func sizeRefused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Setting() != "" {
		return false
	}
	return errors.Is(e, ErrInvalid) && e.Status != 0 || errors.Is(e, errTooLarge)
}

// list reads a page of any list: its items, and what it says of the next page. A
// page without a readable list is an error, never an empty one: "not found" leads
// to a create.
func (r reply) list() (items []fields, next json.RawMessage, err error) {
	body, err := r.value()
	if err != nil {
		return nil, nil, err
	}
	envelope := fields{"results": body} // a bare list
	if body[0] == '{' {
		envelope = nil
		if json.Unmarshal(body, &envelope) != nil {
			return nil, nil, badReply("not a JSON object")
		}
	}
	items, err = parseResults(envelope["results"])
	return items, envelope.get("next"), err
}

// parseResults reads the list of a page; one more level of list around the
// items, as an example of the documentation has it, is taken off.
func parseResults(raw json.RawMessage) ([]fields, error) {
	var list []json.RawMessage
	if raw == nil || json.Unmarshal(raw, &list) != nil || list == nil {
		return nil, badReply("no list of results")
	}
	var items []fields
	for _, raw := range list {
		var item fields
		var inner []fields
		raw = bytes.TrimSpace(raw)
		switch {
		case raw[0] == '{' && json.Unmarshal(raw, &item) == nil:
			items = append(items, item)
		case raw[0] == '[' && json.Unmarshal(raw, &inner) == nil && !slices.ContainsFunc(inner, func(f fields) bool { return f == nil }):
			items = append(items, inner...)
		default:
			return nil, badReply("a result is not a contact")
		}
	}
	return items, nil
}

// parseNext takes the query of the next page's address, after checking that
// it is an address of the same list. Only the query is used, on our own base
// URL: a service behind a proxy that ends TLS may write http for https.
func (c *Client) parseNext(raw json.RawMessage, resource string) (url.Values, error) {
	if raw == nil {
		return nil, nil
	}
	address := text(raw)
	if address == "" {
		if raw[0] == '"' {
			return nil, nil
		}
		return nil, badReply("next page is not an address")
	}
	list := c.base.JoinPath(resource) // #nosec G125 -- one of two constants
	next, err := list.Parse(address)
	if err != nil {
		return nil, badReply("next page is not an address")
	}
	if next.Scheme != "https" && next.Scheme != "http" || !sameHost(next, list) || next.User != nil ||
		strings.TrimRight(next.Path, "/") != strings.TrimRight(list.Path, "/") {
		return nil, badReply("next page is on another host or path; check the base URL")
	}
	query, err := url.ParseQuery(next.RawQuery)
	if err != nil || len(query) == 0 {
		return nil, badReply("next page is not an address")
	}
	return query, nil
}

// sameHost compares hosts. A port that is the default of the scheme counts as
// none, so that http and https of one host are the same.
func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443" {
		return ""
	}
	return u.Port()
}
