package webchat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxMetadata bounds query metadata and widget options, in bytes of JSON.
const maxMetadata = 64 << 10

// maxJSONDepth bounds nesting in JSON that a caller hands in.
const maxJSONDepth = 64

// QueryMetadata is the JSON object that says what the assistant may use when
// it answers a person: their permissions. Build it with
// [Permissions.QueryMetadata] or [RawQueryMetadata]. The zero value is none
// and is not sent. Values compare with ==: equal content is equal, whatever
// the order of keys. It prints as "[private]".
type QueryMetadata struct {
	private `yaml:"-"`
	object  string // compact JSON with sorted keys
}

// RawQueryMetadata takes one JSON object as it is, for keys that
// [Permissions] does not know. A key given twice, invalid UTF-8, more than 64
// levels or more than 64 KiB is an error. The service may rewrite or drop keys
// it does not know, and may read them as permissions.
func RawQueryMetadata(object []byte) (QueryMetadata, error) {
	if len(object) > maxMetadata {
		return QueryMetadata{}, errors.New("webchat: query metadata is larger than 64 KiB")
	}
	value, err := parseStrict(object)
	if err != nil {
		return QueryMetadata{}, fmt.Errorf("webchat: query metadata: %w", err)
	}
	if _, ok := value.(map[string]any); !ok {
		return QueryMetadata{}, errors.New("webchat: query metadata is not a JSON object")
	}
	compact, err := json.Marshal(value)
	if err != nil {
		return QueryMetadata{}, errors.New("webchat: query metadata cannot be written as JSON")
	}
	if len(compact) > maxMetadata { // escapes can make it longer than it was
		return QueryMetadata{}, errors.New("webchat: query metadata is larger than 64 KiB")
	}
	return QueryMetadata{object: string(compact)}, nil
}

// IsZero reports whether there is no query metadata.
func (m QueryMetadata) IsZero() bool { return m.object == "" }

// JSON returns the object, compact and with sorted keys; nil when there is none.
func (m QueryMetadata) JSON() []byte {
	if m.IsZero() {
		return nil
	}
	return []byte(m.object)
}

// MarshalJSON writes the object, or null when there is none.
func (m QueryMetadata) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return []byte(m.object), nil
}

// UnmarshalJSON reads an object as [RawQueryMetadata] does, or null.
func (m *QueryMetadata) UnmarshalJSON(data []byte) error {
	if string(bytes.TrimSpace(data)) == "null" {
		*m = QueryMetadata{}
		return nil
	}
	read, err := RawQueryMetadata(data)
	if err != nil {
		return err
	}
	*m = read
	return nil
}

// parseStrict reads one JSON value. Unlike encoding/json it refuses a key that
// is given twice, because readers differ in which of the two they take. Errors
// never quote the input.
func parseStrict(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
	}
	if !json.Valid(data) {
		return nil, errors.New("not one valid JSON value")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return parseValue(decoder, 0)
}

func parseValue(decoder *json.Decoder, depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, errors.New("nested too deeply")
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, errors.New("not one valid JSON value")
	}
	switch token {
	case json.Delim('{'):
		return parseObject(decoder, depth)
	case json.Delim('['):
		return parseArray(decoder, depth)
	}
	return token, nil
}

func parseObject(decoder *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, errors.New("not one valid JSON value")
		}
		if _, twice := object[key]; twice {
			return nil, errors.New("a key is given twice")
		}
		if object[key], err = parseValue(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

func parseArray(decoder *json.Decoder, depth int) (any, error) {
	array := []any{}
	for decoder.More() {
		value, err := parseValue(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := decoder.Token()
	return array, err
}
