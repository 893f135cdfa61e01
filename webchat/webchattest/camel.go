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
	return camelValue(value)
}

func camelValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, member := range value {
			object[camelKey(key)] = camelValue(member)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, member := range value {
			list[i] = camelValue(member)
		}
		return list
	default:
		return value
	}
}
