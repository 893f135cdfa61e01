package webchat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// unreadable stands for query metadata that a reply held and nobody can read.
// It is neither none nor seen as anything.
var unreadable = QueryMetadata{object: `{"":"[unreadable]"}`}

// What [QueryMetadata.SeenIn] takes for a key about access, as it compares them.
var (
	accessKeys  = []string{"operator", "conditions", "files", "fileids"}
	accessWords = []string{"knowledge", "label", "faq", "chatbotfile", "selectedall", "permission"}
)

// What a service may add and that tells nothing about the person, as SeenIn compares
// it and as it names it: anywhere, and in knowledge bases and conditions.
var (
	timeKeys = map[string]string{
		"version": "version", "created": "created", "createdat": "created_at", "updated": "updated", "updatedat": "updated_at",
	}
	itemKeys = map[string]string{"id": "id", "type": "type", "count": "count", "name": "name", "source": "source"}
)

// SeenIn reports whether what was sent is what a later reply shows. The service
// may write it in another way, so these make no difference:
//
//   - keys in other letter case, with or without underscores and dashes;
//   - the order of a list of texts, of knowledge bases and of label conditions;
//   - a boolean as "True" or "False", a number written in another way, a UUID in
//     upper case or without dashes;
//   - none, null and an empty object; and keys of an object that are null or an
//     empty object;
//   - keys that the service added and that are empty: null, "", [], {}, false, 0.
//
// An added key that is not empty is a difference, unless it is one of vendorKeys
// (written in any style), or tells a version or a time, or, in a knowledge base or
// a condition, its id, name, type, source or count. None of these may hold
// anything that decides about access. Those that were found are named in added: by
// their name where that is a common word, otherwise as "other".
//
// What is missing is a difference, even where it was an empty list: a list of
// no knowledge bases allows nothing, and no list the service's default.
func (m QueryMetadata) SeenIn(seen QueryMetadata, vendorKeys ...string) (same bool, added []string) {
	if m == unreadable || seen == unreadable {
		return false, nil
	}
	c := comparison{ignored: map[string]bool{}}
	for _, key := range vendorKeys {
		c.ignored[metadataKey(key)] = true
	}
	if !c.objects(m.parsed(), seen.parsed()) {
		return false, nil
	}
	slices.Sort(c.added)
	return true, c.added
}

// parsed returns the object in normal form; empty when there is none.
func (m QueryMetadata) parsed() map[string]any {
	if m.IsZero() {
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(m.JSON()))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil { // was checked when m was made
		return map[string]any{ambiguous: true}
	}
	object, _ := normalValue(value).(map[string]any)
	return object
}

// ambiguous is the key that an object gets when two of its keys differ in style
// only. No other key is written so.
const ambiguous = "_ambiguous"

// comparison collects what was added while it compares.
type comparison struct {
	added   []string        // each once
	ignored map[string]bool // keys that mean nothing
	item    bool            // inside of a knowledge base or a condition
}

func (c *comparison) add(names ...string) {
	for _, name := range names {
		if !slices.Contains(c.added, name) {
			c.added = append(c.added, name)
		}
	}
}

// isVendors reports whether an added key is one of the service's own.
func (c *comparison) isVendors(key string) bool {
	return c.ignored[key] || timeKeys[key] != "" || c.item && itemKeys[key] != ""
}

func (c *comparison) values(sent, seen any, key string) bool {
	switch sent := sent.(type) {
	case nil:
		object, ok := seen.(map[string]any)
		return seen == nil || ok && c.objects(nil, object)
	case map[string]any:
		object, ok := seen.(map[string]any)
		return ok && c.objects(sent, object)
	case []any:
		list, ok := seen.([]any)
		return ok && c.lists(sent, list, key)
	}
	switch seen.(type) {
	case map[string]any, []any:
		return false
	}
	return sent == seen
}

func (c *comparison) objects(sent, seen map[string]any) bool {
	if sent[ambiguous] != nil || seen[ambiguous] != nil {
		return false
	}
	for key, value := range sent {
		other, ok := seen[key]
		if !ok || !c.values(value, other, key) {
			return false
		}
	}
	for key, value := range seen {
		if _, ok := sent[key]; ok || empty(value) {
			continue
		}
		if !c.isVendors(key) || grants(key, value) {
			return false
		}
		c.add(cmp.Or(timeKeys[key], itemKeys[key], "other"))
	}
	return true
}

// lists compares in order, or as sets where order means nothing.
func (c *comparison) lists(sent, seen []any, key string) bool {
	texts := allTexts(sent) && allTexts(seen)
	if texts {
		sent, seen = textSet(sent), textSet(seen)
	}
	if len(sent) != len(seen) {
		return false
	}
	if !texts && key != "knowledgebases" && key != "conditions" {
		for i := range sent {
			if !c.values(sent[i], seen[i], "") {
				return false
			}
		}
		return true
	}
	// Each of what was sent takes the item that adds least to it.
	rest := slices.Clone(seen)
	for _, want := range sent {
		best, found := -1, comparison{}
		for i, item := range rest {
			inner := comparison{ignored: c.ignored, item: true}
			if inner.values(want, item, "") && (best < 0 || len(inner.added) < len(found.added)) {
				best, found = i, inner
			}
		}
		if best < 0 {
			return false
		}
		rest = slices.Delete(rest, best, best+1)
		c.add(found.added...)
	}
	return true
}

func allTexts(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		_, text := item.(string)
		return !text
	})
}

func textSet(list []any) []any {
	set := slices.Clone(list)
	slices.SortFunc(set, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return slices.Compact(set)
}

// empty reports whether an added value says nothing.
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case number:
		return value == "0"
	case []any:
		return !slices.ContainsFunc(value, func(inner any) bool { return !empty(inner) })
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(value)), func(inner any) bool { return !empty(inner) })
	}
	return false
}

// grants reports whether an added key, or one inside of it, decides about access.
func grants(key string, value any) bool {
	if empty(value) {
		return false
	}
	if slices.Contains(accessKeys, key) || hasAny(key, accessWords) {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if grants(key, inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, func(inner any) bool { return grants("", inner) })
	}
	return false
}
