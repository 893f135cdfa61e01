package webchattest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// camelKey turns snake_case into camelCase and leaves the rest alone: an
// underscore goes when a small letter or a digit follows, which is raised.
func camelKey(key string) string {
	if !strings.Contains(key, "_") {
		return key
	}
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] == '_' && i+1 < len(key) && (isLower(key[i+1]) || isDigit(key[i+1])) {
			i++
			b.WriteByte(strings.ToUpper(key[i : i+1])[0])
			continue
		}
		b.WriteByte(key[i])
	}
	return b.String()
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }
func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// camelMetadata is query metadata as a reply shows it: the layer that turns
// the vendor's names into camelCase does not stop at the fields of a contact.
func camelMetadata(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return renamed(value, camelKey)
}

// snakeKey turns camelCase into snake_case.
func snakeKey(key string) string {
	var b strings.Builder
	for _, r := range key {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// renamed is a value with other keys, at every depth.
func renamed(value any, key func(string) string) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[key(name)] = renamed(member, key)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, member := range value {
			list[i] = renamed(member, key)
		}
		return list
	default:
		return value
	}
}
