package webchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestFindBySourceID(t *testing.T) {
	t.Parallel()
	contact := func(n int, source, rest string) string {
		return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","sourceId":"%s"%s}`, n, source, rest)
	}
	page := func(next string, items ...string) string {
		return fmt.Sprintf(`{"count":999,"next":%s,"previous":null,"results":[%s]}`, next, strings.Join(items, ","))
	}
	match := func(n int, rest string) string { return contact(n, testSource, rest) }
	tests := []struct {
		name  string
		pages []string
		want  []int // the numbers of the contacts found
		fail  string
		sent  int
	}{
		{"nobody", []string{page("null")}, nil, "", 1},
		{"one", []string{page("null", match(1, ""))}, []int{1}, "", 1},
		{"no next", []string{`{"results":[` + match(1, "") + `]}`}, []int{1}, "", 1},
		{"empty next", []string{page(`""`, match(1, ""))}, []int{1}, "", 1},
		{"bare list", []string{`[` + match(1, "") + `]`}, []int{1}, "", 1},
		{"list in a list", []string{`{"results":[[` + match(1, "") + `,` + match(2, "") + `]]}`}, []int{1, 2}, "", 1},
		{"snake case", []string{`{"results":[{"id":"00000000-0000-4000-8000-000000000001","source_id":"` + testSource + `"}]}`}, []int{1}, "", 1},
		{"fuzzy neighbours", []string{page("null", contact(1, testSource+"0", ""), contact(2, strings.ToUpper(testSource), ""), contact(3, " "+testSource, ""),
			`{"id":"x"}`, `{"sourceId":null}`, match(4, ""))}, []int{4}, "", 1},
		{"another inbox", []string{page("null", match(1, `,"inboxes":[{"id":"`+otherID+`"}]`), match(2, `,"inboxes":[{"id":"`+testInbox+`"}]`))}, []int{2}, "", 1},
		{"oldest first", []string{page("null",
			match(5, ""), match(4, `,"createdAt":"1728390997000"`), match(3, `,"createdAt":"1728390996000"`),
			match(2, `,"created_at":"2024-10-08T12:36:36Z"`), match(1, `,"createdAt":"?"`))}, []int{2, 3, 4, 1, 5}, "", 1},
		{"pages and doubles", []string{
			page(`"BASE/api/contacts/?page=2&query=x"`, match(2, "")),
			page(`"/api/contacts/?page=3"`, match(2, ""), match(1, "")),
			page("null", contact(9, "x", "")),
		}, []int{1, 2}, "", 3},
		{"http for https behind a proxy", []string{page(`"SECURE/api/contacts/?page=2"`, match(1, "")), page("null", match(2, ""))}, []int{1, 2}, "", 2},
		{"another host", []string{page(`"https://evil.example/api/contacts/?page=2"`, match(1, ""))}, nil, "another host", 1},
		{"another path", []string{page(`"BASE/api/keys/?page=2"`)}, nil, "another host or path", 1},
		{"user name", []string{page(`"http://a@127.0.0.1/api/contacts/?page=2"`)}, nil, "another host", 1},
		{"next without a query", []string{page(`"BASE/api/contacts/"`)}, nil, "next page", 1},
		{"next is a number", []string{page(`2`)}, nil, "next page", 1},
		{"pages repeat", []string{page(`"?page=2"`), page(`"?page=3"`), page(`"?page=2"`)}, nil, "pages repeat", 3},
		{"no list", []string{`{"count":0}`}, nil, "no list", 1},
		{"null list", []string{`{"results":null}`}, nil, "no list", 1},
		{"a message", []string{`{"results":"none"}`}, nil, "no list", 1},
		{"list of text", []string{`{"results":["a"]}`}, nil, "not a contact", 1},
		{"list of null", []string{`{"results":[null]}`}, nil, "not a contact", 1},
		{"list of list of null", []string{`{"results":[[null]]}`}, nil, "not a contact", 1},
		{"match without id", []string{page("null", match(1, ""), `{"sourceId":"`+testSource+`"}`)}, nil, "no usable contact id", 1},
		{"failure on a later page", []string{page(`"?page=2"`, match(1, "")), `{`}, nil, "not valid JSON", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var replies []http.HandlerFunc
			for _, body := range tt.pages {
				replies = append(replies, func(w http.ResponseWriter, r *http.Request) {
					answerJSON(200, strings.NewReplacer("BASE", "http://"+r.Host, "SECURE", "https://"+r.Host).Replace(body))(w, r)
				})
			}
			server := serve(t, replies...)
			found, err := newTestClient(t, server.URL).FindBySourceID(t.Context(), testInbox, testSource, nil)
			var got []int
			for _, c := range found {
				var n int
				fmt.Sscanf(c.ID.Reveal(), "00000000-0000-4000-8000-%d", &n)
				got = append(got, n)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
			if tt.fail == "" && err != nil || tt.fail != "" && (!errors.Is(err, ErrBadReply) || !strings.Contains(err.Error(), tt.fail)) {
				t.Errorf("got %v, want %q", err, tt.fail)
			}
			requests := server.requests()
			if len(requests) != tt.sent {
				t.Errorf("%d requests, want %d", len(requests), tt.sent)
			}
			if first := requests[0]; first.Path != "/api/contacts/" || first.Query != "inboxes="+testInbox+"&limit=100&pageSize=100&query=shop%3Amember%3Acanarysource42" {
				t.Errorf("asked %q %q", first.Path, first.Query)
			}
			for _, r := range requests {
				if r.Method != http.MethodGet || r.Path != "/api/contacts/" || r.Authorization != "Api-Key "+testKey {
					t.Errorf("asked %v", r)
				}
			}
		})
	}
}

func TestListsStopAfterManyPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		most int
		list func(c *Client) error
	}{
		"a search": {50, func(c *Client) error {
			_, err := c.FindBySourceID(t.Context(), testInbox, testSource, nil)
			return err
		}},
		"conversations": {1000, func(c *Client) error {
			return c.Conversations(t.Context(), testID, func(json.RawMessage) error { return nil })
		}},
	} {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n > test.most {
				answerJSON(200, `{"results":[]}`)(w, r)
				return
			}
			answerJSON(200, fmt.Sprintf(`{"next":"?page=%d","results":[]}`, n))(w, r)
		})
		if err := test.list(newTestClient(t, server.URL)); !errors.Is(err, ErrBadReply) || n != test.most {
			t.Errorf("%s: got %v after %d requests", name, err, n)
		}
	}
}

func TestSearchAsksForLargePages(t *testing.T) {
	t.Parallel()
	refusal := answerJSON(400, `{"pageSize":["Ensure this value is less than 50."]}`)
	large := answerJSON(200, `{"results":["`+strings.Repeat("x", maxReply)+`"]}`)
	none := answerJSON(200, `{"results":[]}`)
	match := answerJSON(200, `{"next":"?page=2&pageSize=100","results":[{"id":"`+testID+`","sourceId":"`+testSource+`"}]}`)
	const sized, plain = "inboxes=" + testInbox + "&limit=100&pageSize=100&query=shop%3Amember%3Acanarysource42", "inboxes=" + testInbox + "&query=shop%3Amember%3Acanarysource42"
	tests := []struct {
		name     string
		replies  []http.HandlerFunc
		want     []string // the queries of two searches
		fail     error    // of the first
		found    int      // by the first
		searches int
	}{
		{"taken", []http.HandlerFunc{none}, []string{sized, sized}, nil, 0, 2},
		{"refused, and remembered", []http.HandlerFunc{refusal, none}, []string{sized, plain, plain}, nil, 0, 2},
		{"refused whatever is asked", []http.HandlerFunc{refusal}, []string{sized, plain, sized, plain}, ErrInvalid, 0, 2},
		{"too large, not remembered", []http.HandlerFunc{large, none}, []string{sized, plain, sized}, nil, 0, 2},
		{"too large later", []http.HandlerFunc{match, large, none}, []string{sized, "page=2&pageSize=100", plain}, nil, 1, 1},
		{"inbox refused", []http.HandlerFunc{answerJSON(400, `{"inboxes":["?"]}`)}, []string{sized}, ErrInvalid, 0, 1},
	}
	for _, tt := range tests {
		server := serve(t, tt.replies...)
		client := newTestClient(t, server.URL)
		for n := range tt.searches {
			found, err := client.FindBySourceID(t.Context(), testInbox, testSource, nil)
			if n == 0 && (!errors.Is(err, tt.fail) || (err == nil) != (tt.fail == nil) || len(found) != tt.found) {
				t.Errorf("%s: got %d, %v", tt.name, len(found), err)
			}
		}
		var got []string
		for _, r := range server.requests() {
			got = append(got, r.Query)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: asked %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestFindIsOneCallAPage(t *testing.T) {
	t.Parallel()
	server := serve(t,
		answerJSON(200, `{"next":"?page=2","results":[{"id":"`+testID+`","sourceId":"`+testSource+`"}]}`),
		answerJSON(401, `{}`),
		answerJSON(200, `{"next":null,"results":[{"id":"`+otherID+`","sourceId":"`+testSource+`"}]}`))
	calls := 0
	found, err := newTestClient(t, server.URL).FindBySourceID(t.Context(), testInbox, testSource, func(read func() error) error {
		err := read()
		if calls++; calls != len(server.requests()) {
			t.Errorf("%d calls are %d requests", calls, len(server.requests()))
		}
		if calls == 2 { // the page that was refused is read again
			if !errors.Is(err, ErrUnauthorized) {
				t.Errorf("got %v", err)
			}
			err, calls = read(), calls+1
		}
		return err
	})
	if err != nil || len(found) != 2 || calls != 3 || len(server.requests()) != 3 {
		t.Errorf("found %d, %v, after %d calls", len(found), err, calls)
	}
	enough := errors.New("enough")
	if _, err := newTestClient(t, server.URL).FindBySourceID(t.Context(), testInbox, testSource, func(func() error) error { return enough }); err != enough || len(server.requests()) != 3 {
		t.Errorf("it goes on: %v", err)
	}
}

// A list that is begun anew, as a later page was too large to read, tells each
// contact once: the smaller pages are passed over as far as it had come.
func TestContactsBegunAnew(t *testing.T) {
	t.Parallel()
	page := func(next string, numbers ...int) http.HandlerFunc {
		var items []string
		for _, n := range numbers {
			items = append(items, fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","inboxes":["%s"]}`, n, testInbox))
		}
		return answerJSON(200, fmt.Sprintf(`{"next":%s,"results":[%s]}`, next, strings.Join(items, ",")))
	}
	server := serve(t,
		page(`"?page=2&pageSize=100"`, 1, 2, 3), answerJSON(200, `{"results":["`+strings.Repeat("x", maxReply)+`"]}`),
		page(`"?page=2"`, 1, 2), page(`"?page=3"`, 3, 4), page("null", 5))
	var got []string
	err := newTestClient(t, server.URL).Contacts(t.Context(), testInbox, nil, func(c Contact) error {
		got = append(got, strings.TrimLeft(c.ID.Reveal()[24:], "0"))
		return nil
	})
	if err != nil || strings.Join(got, " ") != "1 2 3 4 5" {
		t.Errorf("got %q, %v", got, err)
	}
}
