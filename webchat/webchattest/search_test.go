package webchattest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type contactPage = page[wireContact]

func names(p contactPage) string {
	list := make([]string, 0, len(p.Results))
	for _, c := range p.Results {
		list = append(list, c.Name)
	}
	return strings.Join(list, " ")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	alice := create(t, s, "Alice", `"sourceId":"shop:member:user-1"`, `"email":"secret@example.com"`)
	create(t, s, "Bob", `"sourceId":"shop:member:user-10"`)
	create(t, s, "Zoë", `"sourceId":"shop:member:USER_2"`)
	gone := create(t, s, "Gone", `"sourceId":"shop:member:user-3"`)
	s.Delete(gone.ID)
	if w := do(s, "POST", "/api/contacts/", `{"name":"Eve","inboxes":[{"id":"`+otherInbox+`"}],"sourceId":"shop:member:user-1"}`); w.Code != 201 {
		t.Fatal(w.Body)
	}
	for _, test := range []struct{ query, want string }{
		{"", "Eve Zoë Bob Alice"}, // newest first
		{"query=", "Eve Zoë Bob Alice"},
		{"query=shop:member:user-1", "Eve Bob Alice"}, // fuzzy: user-10 too
		{"query=SHOP+member+user1", "Eve Bob Alice"},
		{"query=user-2", "Zoë"},
		{"query=ZOË", "Zoë"},
		{"query=user-3", ""}, // deleted
		{"query=secret", ""}, // not searched
		{"query=nobody", ""},
		{"query=:", "Eve Zoë Bob Alice"},
		{"query=%25%25", ""},
		{"query=" + alice.ID, "Alice"},
		{"query=" + strings.ToUpper(alice.ID), "Alice"},
		{"search=bob", "Bob"},
		{"query=user-1&inboxes=" + DefaultInboxID, "Bob Alice"},
		{"query=user-1&inboxes=" + otherInbox, "Eve"},
		{"inbox=" + otherInbox, "Eve"},
		{"inboxes=" + otherInbox + "," + DefaultInboxID, "Eve Zoë Bob Alice"},
		{"inboxes=" + otherInbox + "&inboxes=" + DefaultInboxID, "Eve Zoë Bob Alice"},
		{"inboxes=" + nobodysID, ""},
		{"inboxes=" + DefaultWebChatID, ""},
	} {
		w := do(s, "GET", "/api/contacts/?"+test.query, "")
		p := decode[contactPage](t, w)
		if w.Code != 200 || names(p) != test.want || p.Count != len(p.Results) || p.Next != nil || p.Previous != nil {
			t.Errorf("%s: %d %q of %d, want %q", test.query, w.Code, names(p), p.Count, test.want)
		}
	}
	w := do(s, "GET", "/api/contacts/?inboxes=1", "")
	if w.Code != 400 || w.Body.String() != `{"inboxes":["Enter a valid UUID."]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(s, "GET", "/api/contacts/?query=nobody", ""); w.Body.String() != `{"count":0,"next":null,"previous":null,"results":[]}` {
		t.Errorf("nothing is found: %s", w.Body)
	}

	// What is found follows changes.
	do(s, "PATCH", "/api/contacts/"+alice.ID+"/", `{"name":"Carol"}`)
	if p := decode[contactPage](t, do(s, "GET", "/api/contacts/?query=carol", "")); names(p) != "Carol" {
		t.Errorf("found %q", names(p))
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	for i := range 45 {
		create(t, s, fmt.Sprintf("n%02d", i))
	}
	for _, test := range []struct {
		query          string
		first          string
		size           int
		next, previous string
	}{
		{"", "n44", 20, "page=2", ""},
		{"page=2", "n24", 20, "page=3", "page=1"},
		{"page=3", "n04", 5, "", "page=2"},
		{"page=last", "n04", 5, "", "page=2"},
		{"pageSize=40", "n44", 40, "page=2&pageSize=40", ""},
		{"page_size=40&page=2", "n04", 5, "", "page=1&page_size=40"},
		{"pageSize=1000", "n44", 45, "", ""},
		{"pageSize=x", "n44", 20, "page=2&pageSize=x", ""},
		{"limit=10", "n44", 10, "limit=10&offset=10", ""},
		{"limit=10&offset=10", "n34", 10, "limit=10&offset=20", "limit=10&offset=0"},
		{"offset=5", "n39", 20, "limit=20&offset=25", "limit=20&offset=0"},
		{"offset=40", "n04", 5, "", "limit=20&offset=20"},
		{"offset=100", "", 0, "", "limit=20&offset=25"},
		{"query=n4&pageSize=2&page=2&inboxes=" + DefaultInboxID, "n42", 2, "inboxes=" + DefaultInboxID + "&page=3&pageSize=2&query=n4", "inboxes=" + DefaultInboxID + "&page=1&pageSize=2&query=n4"},
	} {
		p := decode[contactPage](t, do(s, "GET", "/api/v1/contacts/?"+test.query, ""))
		first, next, previous := "", link(t, p.Next), link(t, p.Previous)
		if len(p.Results) > 0 {
			first = p.Results[0].Name
		}
		if first != test.first || len(p.Results) != test.size || next != test.next || previous != test.previous {
			t.Errorf("%s: first %q, %d results, next %q, previous %q", test.query, first, len(p.Results), next, previous)
		}
	}
	for _, page := range []string{"0", "4", "-1", "x"} {
		w := do(s, "GET", "/api/contacts/?page="+page, "")
		if w.Code != 404 || w.Body.String() != `{"detail":"Invalid page."}` {
			t.Errorf("page %s: %d %s", page, w.Code, w.Body)
		}
	}
}

// link returns the parameters of a link to the same list.
func link(t *testing.T, text *string) string {
	t.Helper()
	if text == nil {
		return ""
	}
	u, err := url.Parse(*text)
	if err != nil || u.Scheme != "http" || u.Host != "maiagent.test" || u.Path != "/api/v1/contacts/" {
		t.Errorf("link %q (%v)", *text, err)
		return *text
	}
	return u.RawQuery
}

func TestFollowNext(t *testing.T) {
	t.Parallel()
	server := NewServer(Options{PageSize: 3})
	defer server.Close()
	var want []string
	for i := range 10 {
		want = append(want, create(t, server.Simulation, fmt.Sprint(i)).Name)
	}
	slices.Reverse(want)
	for _, query := range []string{"", "?limit=4"} {
		var got []string
		for next := server.BaseURL() + "contacts/" + query; next != ""; {
			request, err := http.NewRequest("GET", next, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Api-Key "+DefaultAPIKey)
			w := httptest.NewRecorder()
			reply, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Body.ReadFrom(reply.Body)
			reply.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			p := decode[contactPage](t, w)
			for _, c := range p.Results {
				got = append(got, c.Name)
			}
			if next = ""; p.Next != nil {
				next = *p.Next
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestLinksAreHTTPSBehindTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(newSimulation(t, Options{PageSize: 1}))
	defer server.Close()
	create(t, server.Config.Handler, "a")
	create(t, server.Config.Handler, "b")
	r := newRequest("GET", "/api/contacts/", "")
	r.URL.Scheme, r.URL.Host, r.RequestURI = "https", server.Listener.Addr().String(), ""
	reply, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	w := httptest.NewRecorder()
	if _, err := w.Body.ReadFrom(reply.Body); err != nil {
		t.Fatal(err)
	}
	if p := decode[contactPage](t, w); p.Next == nil || !strings.HasPrefix(*p.Next, "https://") {
		t.Errorf("next = %v", p.Next)
	}
}

func TestSearchLag(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	s := newSimulation(t, Options{SearchLag: time.Minute, clock: func() time.Time { return now }})
	id := create(t, s, "Alice", `"sourceId":"a"`).ID
	for _, test := range []struct {
		after time.Duration
		want  string
	}{{0, ""}, {59 * time.Second, ""}, {time.Minute, "Alice"}, {time.Hour, "Alice"}} {
		now = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Add(test.after)
		if p := decode[contactPage](t, do(s, "GET", "/api/contacts/?query=a", "")); names(p) != test.want {
			t.Errorf("after %v: %q", test.after, names(p))
		}
		if w := do(s, "GET", "/api/contacts/"+id+"/", ""); w.Code != 200 {
			t.Errorf("after %v: reading by id is %d", test.after, w.Code)
		}
	}
}

func TestInboxes(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	const first = `{"id":"` + DefaultInboxID + `","name":"Simulated inbox","channelType":"web","channel":{"id":"` + DefaultWebChatID +
		`","name":"Simulated web chat"},"unreadConversationsCount":0}`
	const second = `{"id":"` + otherInbox + `","name":"Simulated inbox 2","channelType":"web","channel":{"id":"33333333-3333-4333-8333-33333333ffff",` +
		`"name":"Simulated web chat"},"unreadConversationsCount":0}`
	for query, want := range map[string]string{
		"":                            `{"count":2,"next":null,"previous":null,"results":[` + first + `,` + second + `]}`,
		"?channelType=web&pageSize=9": `{"count":2,"next":null,"previous":null,"results":[` + first + `,` + second + `]}`,
		"?channel_type=line":          `{"count":0,"next":null,"previous":null,"results":[]}`,
		"?pageSize=1": `{"count":2,"next":"http://maiagent.test/api/inboxes/?page=2\u0026pageSize=1","previous":null,` +
			`"results":[` + first + `]}`,
	} {
		want = strings.ReplaceAll(want, `\u0026`, "&")
		if w := do(s, "GET", "/api/inboxes/"+query, ""); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d\n%s\n%s", query, w.Code, w.Body, want)
		}
	}
}
