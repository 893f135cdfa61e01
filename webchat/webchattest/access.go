package webchattest

import (
	"encoding/json"
	"slices"
	"strings"
)

// AccessOf returns the query metadata that an answer to this contact would be
// given from at this moment, with its keys as they were sent: whatever replies
// show. It is nil where there is none, so that MaiAgent's default holds; ok is
// false when there is no live contact of that id, who gets no answer at all.
func (s *Simulation) AccessOf(id string) (access json.RawMessage, ok bool) {
	c, ok := s.state.get(id)
	if !ok || c.Deleted {
		return nil, false
	}
	return c.QueryMetadata, true
}

// Move puts a contact into these inboxes and out of all others, as a person in
// MaiAgent's console may. It reports whether there was a live contact of that
// id, the inboxes are of ours, and the source id is free in them.
func (s *Simulation) Move(id string, inboxIDs ...string) bool {
	var ids []string
	for _, inboxID := range inboxIDs {
		parsed, ok := parseUUID(inboxID)
		if !ok || !slices.Contains(s.options.inboxIDs(), parsed) {
			return false
		}
		if !slices.Contains(ids, parsed) {
			ids = append(ids, parsed)
		}
	}
	if len(ids) == 0 {
		return false
	}
	_, err := s.state.update(strings.ToLower(id), func(c *Contact) error {
		c.InboxIDs = ids
		return nil
	})
	return err == nil
}

// shownAccess is query metadata as a reply shows it.
func (w Switches) shownAccess(raw json.RawMessage) any {
	shown := camelMetadata(raw)
	if !w.AddsKeys {
		return shown
	}
	object, ok := shown.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	addKeys(object, map[string]any{"version": 1, "updatedAt": "1728390996000", "labelRelations": nil})
	bases, _ := object["knowledgeBases"].([]any)
	for _, base := range bases {
		if base, ok := base.(map[string]any); ok {
			addKeys(base, map[string]any{"name": "Documents", "chatbotFileIds": []any{}, "faqIds": []any{}, "hasUserSelectedAll": false})
		}
	}
	return object
}

// addKeys adds those that are not there.
func addKeys(object, more map[string]any) {
	for key, value := range more {
		if _, there := object[key]; !there {
			object[key] = value
		}
	}
}
