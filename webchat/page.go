package webchat

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// page is one page of search results.
type page struct {
	matches []Contact
	next    url.Values // nil after the last page
}

// parsePage reads a page and keeps what matches exactly. A page without a
// readable list is an error, never an empty one: "not found" leads to a create.
func (c *Client) parsePage(r reply, inboxID, sourceID string) (page, error) {
	var p page
	items, next, err := r.list()
	if err != nil {
		return p, err
	}
	for _, item := range items {
		if parseSourceID(item) != sourceID {
			continue
		}
		contact, err := parseContact(item)
		if err != nil {
			return p, err
		}
		if contact.in(inboxID) {
			p.matches = append(p.matches, contact)
		}
	}
	p.next, err = c.parseNext(next, "contacts/")
	return p, err
}

// list reads a page of any list: its items, and what it says of the next page.
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
