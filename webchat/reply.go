package webchat

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
)

// errTooLarge is a reply that was not read to its end.
var errTooLarge = badReply("larger than 1 MiB")

// reply is the body of a successful reply.
type reply struct {
	contentType string
	body        []byte
}

// fields is a JSON object whose values are not looked at yet.
type fields map[string]json.RawMessage

// get returns the first of the keys that is there and not null. The service
// writes camelCase; snake_case is read as well.
func (f fields) get(keys ...string) json.RawMessage {
	for _, key := range keys {
		if raw, ok := f[key]; ok && string(raw) != "null" {
			return raw
		}
	}
	return nil
}

// has reports whether one of the keys is there, be it null.
func (f fields) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		_, ok := f[key]
		return ok
	})
}

// value checks that the reply is one JSON value of a bounded size, and returns
// it without outer white space.
func (r reply) value() (json.RawMessage, error) {
	if len(r.body) > maxReply {
		return nil, errTooLarge
	}
	if kind, _, err := mime.ParseMediaType(r.contentType); err == nil {
		switch {
		case kind == "application/json", strings.HasSuffix(kind, "+json"), kind == "text/json":
		case kind == "text/html":
			return nil, badReply("HTML instead of JSON; check the base URL")
		case kind != "text/plain" && kind != "application/octet-stream":
			return nil, badReply("not JSON; check the base URL")
		}
	}
	body := bytes.TrimSpace(r.body)
	if len(body) == 0 {
		return nil, badReply("empty")
	}
	if !json.Valid(body) {
		return nil, badReply("not valid JSON, or cut off")
	}
	return body, nil
}

// confirms accepts whatever a successful write is answered with, but not a web
// page: that comes from another server, which has written nothing.
func (r reply) confirms() error {
	if kind, _, err := mime.ParseMediaType(r.contentType); err == nil && kind == "text/html" {
		return badReply("HTML instead of a confirmation; check the base URL")
	}
	return nil
}

// contact reads a reply that is one contact.
func (r reply) contact() (Contact, error) {
	body, err := r.value()
	if err != nil {
		return Contact{}, err
	}
	var object fields
	if body[0] != '{' || json.Unmarshal(body, &object) != nil {
		return Contact{}, badReply("not a JSON object")
	}
	return parseContact(object)
}

// parseContact reads a contact of which only the id must be there.
func parseContact(object fields) (Contact, error) {
	id, err := ParseContactID(dashed(scalar(object.get("id", "contactId", "contact_id"))))
	if err != nil {
		return Contact{}, badReply("no usable contact id")
	}
	return Contact{
		ID:       id,
		SourceID: parseSourceID(object),
		InboxIDs: parseInboxes(object),
		Profile: Profile{
			Name:          text(object.get("name")),
			Email:         text(object.get("email")),
			Phone:         text(object.get("phoneNumber", "phone_number")),
			Avatar:        text(object.get("avatar")),
			QueryMetadata: parseMetadata(object.get(metadataKeys...)),
		},
		AccessTold: object.has(metadataKeys...),
		Created:    parseTime(object.get("createdAt", "created_at")),
		Updated:    parseTime(object.get("updatedAt", "updated_at")),
	}, nil
}

var metadataKeys = []string{"queryMetadata", "query_metadata"}

func parseSourceID(object fields) string { return scalar(object.get("sourceId", "source_id")) }

// parseInboxes reads both the list and the older single inbox, as objects or
// as bare ids. Nil means that the reply does not tell.
func parseInboxes(object fields) []string {
	var ids []string
	known := map[string]bool{"": true}
	add := func(raw json.RawMessage) {
		var inbox fields
		if json.Unmarshal(raw, &inbox) == nil {
			raw = inbox.get("id")
		}
		if id := scalar(raw); !known[id] {
			known[id], ids = true, append(ids, id)
		}
	}
	var list []json.RawMessage
	if json.Unmarshal(object.get("inboxes"), &list) == nil {
		for _, raw := range list {
			add(raw)
		}
	}
	add(object.get("inbox"))
	return ids
}

// parseMetadata reads an object, or an object written in a string, as one
// version of the documentation has it. What is empty is none; what cannot be
// read is [unreadable], so that it is never taken for none.
func parseMetadata(raw json.RawMessage) QueryMetadata {
	if inner := strings.TrimSpace(text(raw)); inner != "" {
		raw = json.RawMessage(inner)
	}
	switch string(bytes.Join(bytes.Fields(raw), nil)) {
	case "", `""`, "null", "{}", "[]", "false":
		return QueryMetadata{}
	}
	metadata, err := RawQueryMetadata(raw)
	if err != nil {
		return unreadable
	}
	return metadata
}

// text returns a JSON string, and "" for anything else.
func text(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	return scalar(raw)
}

const (
	maxFields    = 50
	maxMessage   = 500 // characters
	maxFieldName = 100 // characters
)

// parseFields reads the messages of a refusal: an object of field names to a
// message, a list of messages or nested objects of them. Nested names are
// joined by dots. Nil when the body is not JSON.
func parseFields(body []byte) map[string][]string {
	if len(body) > maxReply {
		return nil
	}
	var value any
	if json.Unmarshal(bytes.TrimSpace(body), &value) != nil {
		return nil
	}
	found := map[string][]string{}
	collectFields(found, "", value, 0)
	if len(found) == 0 {
		return nil
	}
	return found
}

func collectFields(found map[string][]string, name string, value any, depth int) {
	if depth > 8 || len(found) >= maxFields {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			inner := value[key]
			key = cut(key, maxFieldName)
			if name != "" {
				key = name + "." + key
			}
			collectFields(found, key, inner, depth+1)
		}
	case []any:
		for i, inner := range value {
			key := name
			if _, nested := inner.(map[string]any); nested {
				key = strings.TrimPrefix(name+"."+strconv.Itoa(i), ".")
			}
			collectFields(found, key, inner, depth+1)
		}
	case string:
		if name == "" {
			name = "non_field_errors"
		}
		if len(found[name]) < maxFields {
			found[name] = append(found[name], cut(value, maxMessage))
		}
	}
}

// cut returns at most limit characters of s.
func cut(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
