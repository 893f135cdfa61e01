package webchattest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const maxPageSize = 100

// listContacts answers the search: newest first, fuzzy, and in pages.
func (s *Simulation) listContacts(r *http.Request) reply {
	params := camelParams(r.URL.Query())
	inboxes, message := inboxFilter(params)
	if message != "" {
		return jsonReply(http.StatusBadRequest, fieldErrors{"inboxes": {message}})
	}
	queries := append(slices.Clone(params["query"]), params["search"]...)
	newest := s.options.Clock().Add(-s.options.SearchLag)
	found := s.state.list(func(e *entry) bool {
		return !e.Deleted && !e.Created.After(newest) && e.inAny(inboxes) && e.matchesAll(queries)
	})
	slices.Reverse(found)
	return pageReply(r, params, s.options.PageSize, found, s.wire)
}

func (s *Simulation) listInboxes(r *http.Request) reply {
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
	return pageReply(r, params, s.options.PageSize, found, func(id string) inbox {
		// Only the first inbox has the web chat that this host serves.
		web := channel{ID: id[:len(id)-4] + "ffff", Name: "Simulated web chat"}
		if id == s.options.InboxID {
			web.ID = s.options.WebChatID
		}
		return inbox{ID: id, Name: s.inboxName(id), ChannelType: "web", Channel: web}
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
func (e *entry) matchesAll(queries []string) bool {
	for _, query := range queries {
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
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// page is the envelope of every list.
type page[W any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []W     `json:"results"`
}

// pageReply cuts one page out, by limit and offset when either is given and
// by page and pageSize otherwise. Links keep the style and the filters.
func pageReply[T, W any](r *http.Request, params url.Values, size int, found []T, wire func(T) W) reply {
	offset := 0
	byOffset := params.Has("limit") || params.Has("offset")
	if byOffset {
		size = positive(params.Get("limit"), size)
		offset = positive(params.Get("offset"), 0)
	} else {
		size = positive(params.Get("pageSize"), size)
	}
	size = min(size, maxPageSize)
	if !byOffset {
		pages := max(1, (len(found)+size-1)/size)
		number := 1
		switch text := params.Get("page"); text {
		case "":
		case "last":
			number = pages
		default:
			var err error
			if number, err = strconv.Atoi(text); err != nil || number < 1 || number > pages {
				return detailReply(http.StatusNotFound, "Invalid page.")
			}
		}
		offset = (number - 1) * size
	}

	link := func(offset int) *string {
		query := r.URL.Query()
		if byOffset {
			query.Set("limit", strconv.Itoa(size))
			query.Set("offset", strconv.Itoa(offset))
		} else {
			query.Set("page", strconv.Itoa(offset/size+1))
		}
		target := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}
		if r.TLS != nil {
			target.Scheme = "https"
		}
		text := target.String()
		return &text
	}
	start := min(offset, len(found))
	end := min(start+size, len(found))
	p := page[W]{Count: len(found), Results: make([]W, 0, end-start)}
	for _, item := range found[start:end] {
		p.Results = append(p.Results, wire(item))
	}
	if end < len(found) {
		p.Next = link(end)
	}
	if start > 0 {
		p.Previous = link(max(0, start-size))
	}
	return jsonReply(http.StatusOK, p)
}

// positive reads a number above zero; anything else is the fallback.
func positive(text string, fallback int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return fallback
}
