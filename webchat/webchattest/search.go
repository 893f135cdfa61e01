package webchattest

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const maxPageSize = 100

// listContacts answers the search: newest first, fuzzy, and in pages.
func (s *Simulation) listContacts(r *http.Request, switches *Switches) reply {
	params := camelParams(r.URL.Query())
	inboxes, message := inboxFilter(params)
	if message != "" {
		return jsonReply(http.StatusBadRequest, fieldErrors{"inboxes": {message}})
	}
	queries := append(slices.Clone(params["query"]), params["search"]...)
	newest := s.options.clock().Add(-s.options.SearchLag)
	found := collect(s.state, func(e *entry) bool {
		return (!e.Deleted || switches.DeletedButListed) && !e.Created.After(newest) && e.inAny(inboxes) && e.matchesAll(queries, switches.WordSearch)
	}, func(e *entry) string { return e.ID }) // a page is copied, not all
	slices.Reverse(found)
	return pageReply(r, params, s.options.PageSize, switches, found, func(id string) wireContact {
		c, _ := s.state.get(id) // none is ever taken out
		return s.wire(c, switches)
	})
}

func (s *Simulation) listInboxes(r *http.Request, switches *Switches) reply {
	params := camelParams(r.URL.Query())
	type channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	type inbox struct {
		ID                       string  `json:"id"`
		Name                     string  `json:"name"`
		ChannelType              string  `json:"channelType"`
		Channel                  channel `json:"channel"`
		UnreadConversationsCount int     `json:"unreadConversationsCount"`
	}
	found := []string{}
	if kind := params.Get("channelType"); kind == "" || kind == "web" {
		found = s.options.inboxIDs()
	}
	return pageReply(r, params, s.options.PageSize, switches, found, func(id string) inbox {
		// Only the first inbox has the web chat that this host serves.
		web := channel{ID: id[:len(id)-4] + "ffff", Name: "Simulated web chat"}
		if id == s.options.InboxID {
			web.ID = s.options.WebChatID
		}
		web.ID = switches.id(web.ID)
		return inbox{ID: switches.id(id), Name: s.inboxName(id), ChannelType: "web", Channel: web}
	})
}

func (s *Simulation) inboxName(id string) string {
	if i := slices.Index(s.options.OtherInboxIDs, id); i >= 0 {
		return "Simulated inbox " + strconv.Itoa(i+2)
	}
	return "Simulated inbox"
}

// camelParams accepts page_size for pageSize.
func camelParams(query url.Values) url.Values {
	params := make(url.Values, len(query))
	for key, values := range query {
		params[camelKey(key)] = append(params[camelKey(key)], values...)
	}
	return params
}

// inboxFilter reads one id, several after commas, or a repeated parameter.
func inboxFilter(params url.Values) (ids []string, message string) {
	for _, value := range append(slices.Clone(params["inboxes"]), params["inbox"]...) {
		for id := range strings.SplitSeq(value, ",") {
			if id == "" {
				continue
			}
			parsed, ok := parseUUID(id)
			if !ok {
				return nil, "Enter a valid UUID."
			}
			ids = append(ids, parsed)
		}
	}
	return ids, ""
}

func (e *entry) inAny(inboxes []string) bool {
	return len(inboxes) == 0 || slices.ContainsFunc(e.InboxIDs, func(id string) bool {
		return slices.Contains(inboxes, id)
	})
}

// matchesAll is fuzzy on purpose: part of a word is enough, and neither case
// nor what separates the parts counts, so that "user-1" also finds "User10".
// With anyWord, one word of a query is enough.
func (e *entry) matchesAll(queries []string, anyWord bool) bool {
	for _, query := range queries {
		if words := strings.FieldsFunc(query, isSeparator); anyWord && len(words) > 0 {
			if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(e.haystack, fold(word)) }) {
				return false
			}
			continue
		}
		folded := fold(query)
		if folded == "" { // nothing but separators
			query = strings.TrimSpace(query)
			if !strings.Contains(e.Name, query) && !strings.Contains(e.SourceID, query) && !strings.Contains(e.ID, query) {
				return false
			}
			continue
		}
		if !strings.Contains(e.haystack, folded) {
			return false
		}
	}
	return true
}

func haystack(c Contact) string {
	return fold(c.Name) + "\n" + fold(c.ID) + "\n" + fold(c.SourceID)
}

func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if isSeparator(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func isSeparator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

// id is an id as replies show it.
func (w *Switches) id(id string) string {
	if w.UndashedIDs {
		return strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	}
	return id
}

// contactID is the id of a contact in an address, which may be as replies show it.
func (w *Switches) contactID(id string) string {
	if b, err := hex.DecodeString(id); w.UndashedIDs && err == nil && len(b) == 16 {
		return formatUUID([16]byte(b))
	}
	return id
}
