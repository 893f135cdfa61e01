package webchattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Switches are ways in which a MaiAgent may behave that its documents do not
// exclude. Each is off by default, and all can be combined. Fields are named as
// in a contact of the API, in either style of keys.
type Switches struct {
	// PutKeepsOmitted makes a PUT leave alone what it does not name, query
	// metadata, name and inboxes included. Off: it clears or misses them.
	PutKeepsOmitted bool `json:"putKeepsOmitted,omitempty"`
	// RefusePut answers PUT with 405, so that contacts change by PATCH alone.
	RefusePut bool `json:"refusePut,omitempty"`
	// RefuseNull names fields that may not be null. Such a write is answered
	// with 400 and a message that names the field, and changes nothing.
	RefuseNull []string `json:"refuseNull,omitempty"`
	// RefuseFields names fields that are refused with 400 whatever their value.
	RefuseFields []string `json:"refuseFields,omitempty"`

	// IgnoreNullAccess makes null for query metadata change nothing, though it
	// is answered as if it had. An empty object still clears it.
	IgnoreNullAccess bool `json:"ignoreNullAccess,omitempty"`
	// IgnoreAccess makes every update leave query metadata as it is, though it
	// is answered with success. What a creation sends is taken.
	IgnoreAccess bool `json:"ignoreAccess,omitempty"`
	// AddsKeys adds keys of MaiAgent's own to query metadata in replies: some
	// that say something and some that are empty, also within knowledge bases.
	AddsKeys bool `json:"addsKeys,omitempty"`

	// BareReplies makes a creation answer the id of the contact and nothing else,
	// and an update a message.
	BareReplies bool `json:"bareReplies,omitempty"`
	// SnakeReplies writes replies as the vendor's samples have them: keys in
	// snake_case, also inside of query metadata, and times in ISO 8601.
	SnakeReplies bool `json:"snakeReplies,omitempty"`
	// HideAccess leaves query metadata out of every reply, also when it is read.
	HideAccess bool `json:"hideAccess,omitempty"`
	// OldAccessInReply makes an update answer with the query metadata from
	// before. Reading shows the new.
	OldAccessInReply bool `json:"oldAccessInReply,omitempty"`
	// UndashedIDs writes ids in replies without dashes and in upper case, and takes
	// contacts' so in addresses.
	UndashedIDs bool `json:"undashedIds,omitempty"`

	// FoldCase keeps source ids in lower case, and shows them so.
	FoldCase bool `json:"foldCase,omitempty"`
	// WordSearch makes the list show whatever has any word of the query in it.
	WordSearch bool `json:"wordSearch,omitempty"`
	// OffsetPages makes lists know limit and offset only. Off: page and
	// pageSize as well.
	OffsetPages bool `json:"offsetPages,omitempty"`
	// RefusePageSize answers 400 to a list that is asked for a size of page.
	RefusePageSize bool `json:"refusePageSize,omitempty"`
	// DeletedButListed leaves contacts that were deleted in the list. Reading
	// one is answered with 404.
	DeletedButListed bool `json:"deletedButListed,omitempty"`

	// OtherKeys are API keys of other organisations. They are accepted, but see
	// nothing: lists are empty, contacts are answered with 404, and a creation
	// with 400, as the inbox does not exist there.
	OtherKeys []string `json:"otherKeys,omitempty"`
}

// Switches returns the switches in force.
func (s *Simulation) Switches() Switches { return s.switches.Load().clone() }

// Switch changes the switches from now on. Requests that are being answered go
// by the old ones. It panics when the result makes no sense, as [New] fails.
func (s *Simulation) Switch(change func(*Switches)) {
	next := s.Switches()
	change(&next)
	next, err := next.normal(s.options.APIKey)
	if err != nil {
		panic("webchattest: " + err.Error())
	}
	s.switches.Store(&next)
}

func (w Switches) clone() Switches {
	w.RefuseNull, w.RefuseFields, w.OtherKeys = slices.Clone(w.RefuseNull), slices.Clone(w.RefuseFields), slices.Clone(w.OtherKeys)
	return w
}

var contactFields = []string{
	"name", "email", "phoneNumber", "avatar", "sourceId", "queryMetadata", "inboxes",
}

// normal returns a copy with field names in camelCase.
func (w Switches) normal(apiKey string) (Switches, error) {
	w = w.clone()
	for _, list := range [][]string{w.RefuseNull, w.RefuseFields} {
		for i, name := range list {
			if list[i] = camelKey(name); !slices.Contains(contactFields, list[i]) {
				return w, fmt.Errorf("a switch names the unknown field %q", name)
			}
		}
	}
	for _, key := range w.OtherKeys {
		switch {
		case key == "" || key == apiKey:
			return w, errors.New("the key of another organisation is empty or our own; give another")
		case strings.ContainsFunc(key, isControlOrSpace):
			return w, errors.New("the key of another organisation holds white space or control characters")
		}
	}
	return w, nil
}

func isControlOrSpace(r rune) bool { return r <= ' ' || r == 0x7f }

// check returns the messages about what the switches refuse.
func (w Switches) check(in input) fieldErrors {
	errs := make(fieldErrors)
	for _, name := range w.RefuseFields {
		if _, given := in[name]; given {
			errs.add(name, "This value is not accepted.")
		}
	}
	for _, name := range w.RefuseNull {
		if raw, given := in[name]; given && isNull(raw) && errs[name] == nil {
			errs.add(name, messageNull)
		}
	}
	return errs
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

// apply writes the input into a contact as the switches have it.
func (w Switches) apply(in input, c *Contact, method string, known []string) fieldErrors {
	errs := w.check(in)
	if len(errs) > 0 {
		return errs
	}
	create := method == http.MethodPost
	before := c.QueryMetadata
	partial := method == http.MethodPatch || method == http.MethodPut && w.PutKeepsOmitted
	if errs := in.apply(c, partial, known); len(errs) > 0 {
		return errs
	}
	raw, given := in["queryMetadata"]
	if !create && (w.IgnoreAccess || w.IgnoreNullAccess && given && isNull(raw)) {
		c.QueryMetadata = before
	}
	if w.FoldCase {
		c.SourceID = strings.ToLower(c.SourceID)
	}
	return nil
}

// isOther reports whether the key is one of another organisation.
func (w Switches) isOther(r *http.Request) bool {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return slices.Contains(w.OtherKeys, key)
}

// answerOther answers what is asked with the key of another organisation.
func (s *Simulation) answerOther(r *http.Request, route route, body []byte) reply {
	switch route.operation {
	case CreateContact:
		if _, refusal := parseInput(r, body); refusal != nil {
			return *refusal
		}
		return jsonReply(http.StatusBadRequest, fieldErrors{"inboxes": {"Invalid pk - object does not exist."}})
	case ListContacts, ListInboxes:
		return jsonReply(http.StatusOK, page[struct{}]{Results: []struct{}{}})
	default:
		return s.errorReply(errNotFound)
	}
}
