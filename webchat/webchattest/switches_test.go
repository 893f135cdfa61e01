package webchattest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestSwitches makes a contact with each switch, writes to it, and looks at the
// reply, at a read and at what is kept.
func TestSwitches(t *testing.T) {
	t.Parallel()
	const none, vip = `null`, `{"knowledge_bases":[{"knowledge_base_id":"v"}]}`
	whole := `{"name":"B","inboxes":` + defaultForm + `,`
	const gold, goldShown = `{"knowledge_bases":[{"knowledge_base_id":"g"}]}`, `{"knowledgeBases":[{"knowledgeBaseId":"g"}]}`
	const vipShown = `{"knowledgeBases":[{"knowledgeBaseId":"v"}]}`
	tests := []struct {
		name     string
		switches Switches
		method   string // PUT unless set
		body     string
		status   int
		answered string // of the reply; "-" not told
		read     string
		kept     string // as AccessOf tells
		refused  string // the fields of a 400, in order
	}{
		{name: "off, none", body: whole + `"queryMetadata":null}`, status: 200, answered: none, read: none, kept: ""},
		{name: "off, left out", body: whole + `"phoneNumber":"1"}`, status: 200, answered: none, read: none, kept: ""},
		{name: "off, empty", body: whole + `"queryMetadata":{}}`, status: 200, answered: `{}`, read: `{}`, kept: `{}`},
		{name: "off, another", body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: vipShown, read: vipShown, kept: vip},
		{name: "keeps what is left out", switches: Switches{PutKeepsOmitted: true}, body: `{"phoneNumber":"1"}`, status: 200, answered: goldShown, read: goldShown, kept: gold},
		{name: "keeps what is left out, but null clears", switches: Switches{PutKeepsOmitted: true}, body: `{"queryMetadata":null}`, status: 200, answered: none, read: none, kept: ""},
		{name: "null refused", switches: Switches{RefuseNull: []string{"query_metadata", "email"}}, body: whole + `"queryMetadata":null,"email":null}`, status: 400, read: goldShown, kept: gold, refused: "email queryMetadata"},
		{name: "null refused, others not", switches: Switches{RefuseNull: []string{"email"}}, body: whole + `"avatar":null,"queryMetadata":null}`, status: 200, answered: none, read: none, kept: ""},
		{name: "null changes nothing", switches: Switches{IgnoreNullAccess: true}, body: whole + `"queryMetadata":null}`, status: 200, answered: goldShown, read: goldShown, kept: gold},
		{name: "null changes nothing, an object does", switches: Switches{IgnoreNullAccess: true}, body: whole + `"queryMetadata":{}}`, status: 200, answered: `{}`, read: `{}`, kept: `{}`},
		{name: "nothing changes access", switches: Switches{IgnoreAccess: true}, body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: goldShown, read: goldShown, kept: gold},
		{name: "nothing changes access, left out", switches: Switches{IgnoreAccess: true}, body: whole + `"email":null}`, status: 200, answered: goldShown, read: goldShown, kept: gold},
		{name: "field refused", switches: Switches{RefuseFields: []string{"phoneNumber"}}, body: whole + `"phone_number":"1"}`, status: 400, read: goldShown, kept: gold, refused: "phoneNumber"},
		{name: "field refused, also null", switches: Switches{RefuseFields: []string{"phoneNumber"}, RefuseNull: []string{"phoneNumber"}}, body: whole + `"phoneNumber":null}`, status: 400, read: goldShown, kept: gold, refused: "phoneNumber"},
		{name: "field refused in a patch", switches: Switches{RefuseFields: []string{"avatar"}}, method: "PATCH", body: `{"avatar":"x"}`, status: 400, read: goldShown, kept: gold, refused: "avatar"},
		{name: "field refused, left out", switches: Switches{RefuseFields: []string{"phoneNumber"}}, body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: vipShown, read: vipShown, kept: vip},
		{name: "bare", switches: Switches{BareReplies: true}, body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: "-", read: vipShown, kept: vip},
		{name: "hidden", switches: Switches{HideAccess: true}, body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: "-", read: "-", kept: vip},
		{name: "old in the reply", switches: Switches{OldAccessInReply: true}, body: whole + `"queryMetadata":` + vip + `}`, status: 200, answered: goldShown, read: vipShown, kept: vip},
		{name: "keys added", switches: Switches{AddsKeys: true}, body: whole + `"queryMetadata":` + vip + `}`, status: 200,
			answered: `{"knowledgeBases":[{"chatbotFileIds":[],"faqIds":[],"hasUserSelectedAll":false,"knowledgeBaseId":"v","name":"Documents"}],"labelRelations":null,"updatedAt":"1728390996000","version":1}`,
			read:     `{"knowledgeBases":[{"chatbotFileIds":[],"faqIds":[],"hasUserSelectedAll":false,"knowledgeBaseId":"v","name":"Documents"}],"labelRelations":null,"updatedAt":"1728390996000","version":1}`, kept: vip},
		{name: "keys added to none", switches: Switches{AddsKeys: true}, body: whole + `"queryMetadata":null}`, status: 200,
			answered: `{"labelRelations":null,"updatedAt":"1728390996000","version":1}`, read: `{"labelRelations":null,"updatedAt":"1728390996000","version":1}`, kept: ""},
		{name: "old in the reply, and nothing changes, and hidden", switches: Switches{OldAccessInReply: true, IgnoreAccess: true, HideAccess: true},
			body: whole + `"queryMetadata":null}`, status: 200, answered: "-", read: "-", kept: gold},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSimulation(t, Options{})
			id := create(t, s, "A", `"queryMetadata":`+gold).ID
			s.Switch(func(w *Switches) { *w = test.switches })
			method := test.method
			if method == "" {
				method = http.MethodPut
			}
			w := do(s, method, "/api/contacts/"+id+"/", test.body)
			if w.Code != test.status {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if test.refused != "" {
				errs := decode[map[string]any](t, w)
				for name := range strings.FieldsSeq(test.refused) {
					if errs[name] == nil || len(errs) != len(strings.Fields(test.refused)) {
						t.Errorf("refused: %s", w.Body)
					}
				}
			} else if got := accessIn(w); got != test.answered {
				t.Errorf("answered %s, want %s", got, test.answered)
			}
			if got := accessIn(do(s, http.MethodGet, "/api/contacts/"+id+"/", "")); got != test.read {
				t.Errorf("read %s, want %s", got, test.read)
			}
			if kept, ok := s.AccessOf(id); !ok || string(kept) != test.kept {
				t.Errorf("kept %s, want %s", kept, test.kept)
			}
			if c, _ := s.Contact(id); test.status == 400 && c.Name != "A" {
				t.Errorf("a refused write changed %+v", c)
			}
		})
	}
}

// accessIn cuts the query metadata out of a reply, "-" when there is none.
func accessIn(w *httptest.ResponseRecorder) string {
	_, rest, ok := strings.Cut(w.Body.String(), `"queryMetadata":`)
	if !ok {
		return "-"
	}
	access, _, _ := strings.Cut(rest, `,"mcpCredentials"`)
	return access
}

func TestBareReplies(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{BareReplies: true}})
	made := create(t, s, "A")
	if !reflect.DeepEqual(made, wireContact{ID: s.Contacts()[0].ID}) {
		t.Errorf("made %+v", made)
	}
	if w := do(s, "PUT", "/api/contacts/"+made.ID+"/", `{"name":"A","inboxes":`+defaultForm+`}`); w.Code != 200 || w.Body.String() != `{"message":"Updated."}` {
		t.Errorf("written %d %s", w.Code, w.Body)
	}
	if list := decode[contactPage](t, do(s, "GET", "/api/contacts/", "")); list.Results[0].Name != "A" {
		t.Errorf("the list is bare: %+v", list)
	}
}

func TestSnakeReplies(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{SnakeReplies: true}})
	w := do(s, "POST", "/api/contacts/", `{"name":"A","sourceId":"s","queryMetadata":{"knowledge_bases":[{"faqIds":[1.50]}]},"inboxes":`+defaultForm+`}`)
	made := decode[map[string]any](t, w)
	at, err := time.Parse(time.RFC3339, fmt.Sprint(made["created_at"]))
	if err != nil || time.Since(at).Abs() > time.Minute || made["source_id"] != "s" || made["sourceId"] != nil ||
		!strings.Contains(w.Body.String(), `"query_metadata":{"knowledge_bases":[{"faq_ids":[1.50]}]}`) {
		t.Errorf("made %s", w.Body)
	}
	if w := do(s, "POST", "/api/contacts/", `{"name":"A","sourceId":"s","inboxes":`+defaultForm+`}`); !strings.Contains(w.Body.String(), `"source_id":`) {
		t.Errorf("refused %s", w.Body)
	}
	if w := do(s, "GET", "/api/contacts/", ""); !strings.Contains(w.Body.String(), `"source_id":"s"`) {
		t.Errorf("listed %s", w.Body)
	}
}

func TestRefusePut(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{RefusePut: true}})
	path := "/api/contacts/" + create(t, s, "A").ID + "/"
	if w := do(s, "PUT", path, `{"name":"B","inboxes":`+defaultForm+`}`); w.Code != 405 || w.Header().Get("Allow") != "DELETE, GET, HEAD, PATCH" {
		t.Errorf("PUT: %d, allowed are %s", w.Code, w.Header().Get("Allow"))
	}
	if w := do(s, "PATCH", path, `{"name":"B"}`); w.Code != 200 || s.Contacts()[0].Name != "B" {
		t.Errorf("PATCH: %d", w.Code)
	}
}

func TestAccessOf(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	id := create(t, s, "A", `"queryMetadata":{"a":1}`).ID
	if got, ok := s.AccessOf(strings.ToUpper(id)); !ok || string(got) != `{"a":1}` {
		t.Errorf("sent: %s, %v", got, ok)
	}
	s.Delete(id)
	for _, id := range []string{id, "x"} {
		if got, ok := s.AccessOf(id); ok || got != nil {
			t.Errorf("nobody is answered from %s", got)
		}
	}
}

func TestSearchSwitches(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	create(t, s, "A", `"sourceId":"shop:m:1"`)
	create(t, s, "B", `"sourceId":"other:n:2"`)
	gone := create(t, s, "C", `"sourceId":"Shop:M:3"`)
	s.Delete(gone.ID)
	list := func(query string) string {
		return names(decode[contactPage](t, do(s, "GET", "/api/contacts/"+query, "")))
	}
	for _, test := range []struct {
		switches    Switches
		query, want string
	}{
		{Switches{}, "?query=shop:m:2", ""},
		{Switches{WordSearch: true}, "?query=shop:m:2", "B A"},
		{Switches{WordSearch: true}, "?query=shop&query=n", ""},
		{Switches{WordSearch: true}, "?query=:", "B A"},
		{Switches{DeletedButListed: true}, "", "C B A"},
		{Switches{OffsetPages: true}, "?pageSize=1&page=2", "B A"},
		{Switches{OffsetPages: true}, "?limit=1&pageSize=2", "B"},
		{Switches{OffsetPages: true, DeletedButListed: true}, "?limit=2&offset=1", "B A"},
	} {
		s.Switch(func(w *Switches) { *w = test.switches })
		if got := list(test.query); got != test.want {
			t.Errorf("%+v %s: %q, want %q", test.switches, test.query, got, test.want)
		}
	}
	s.Switch(func(w *Switches) { *w = Switches{DeletedButListed: true} })
	if w := do(s, "GET", "/api/contacts/"+gone.ID+"/", ""); w.Code != 404 {
		t.Errorf("a deleted contact is read: %d", w.Code)
	}
	s.Switch(func(w *Switches) { *w = Switches{RefusePageSize: true} })
	for query, status := range map[string]int{"?pageSize=5": 400, "?page_size=5": 400, "?limit=5": 400, "?page=1": 200, "": 200} {
		if w := do(s, "GET", "/api/contacts/"+query, ""); w.Code != status {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}

func TestFoldCase(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{FoldCase: true}})
	if made := create(t, s, "A", `"sourceId":"User-1"`); *made.SourceID != "user-1" || s.Contacts()[0].SourceID != "user-1" {
		t.Errorf("source id %q", *made.SourceID)
	}
	if w := do(s, "POST", "/api/contacts/", `{"name":"B","sourceId":"USER-1","inboxes":`+defaultForm+`}`); w.Code != 400 {
		t.Errorf("the same id in another case: %d", w.Code)
	}
}

func TestUndashedIDs(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{InboxID: "aaaaaaaa-1111-4111-8111-111111111111", Switches: Switches{UndashedIDs: true}})
	form := `{"name":"A","inboxes":[{"id":"aaaaaaaa-1111-4111-8111-111111111111"}]}`
	const want = "AAAAAAAA111141118111111111111111"
	if made := decode[wireContact](t, do(s, "POST", "/api/contacts/", form)); made.Inboxes[0].ID != want || made.Inbox.ID != want || len(made.ID) != 32 || made.ID != strings.ToUpper(made.ID) {
		t.Errorf("made %s in %+v", made.ID, made.Inboxes)
	}
	if w := do(s, "GET", "/api/inboxes/", ""); !strings.Contains(w.Body.String(), `"id":"`+want+`"`) {
		t.Errorf("inboxes: %s", w.Body)
	}
}

func TestOtherKeys(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{Switches: Switches{OtherKeys: []string{"theirs"}}})
	id := create(t, s, "A").ID
	theirs := func(method, path, body string) *httptest.ResponseRecorder {
		r := newRequest(method, path, body)
		r.Header.Set("Authorization", "Api-Key theirs")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	form := `{"name":"B","inboxes":` + defaultForm + `}`
	for _, test := range []struct {
		method, path, body string
		status             int
		part               string
	}{
		{"GET", "/api/contacts/", "", 200, `"count":0`},
		{"GET", "/api/inboxes/", "", 200, `"results":[]`},
		{"GET", "/api/contacts/" + id + "/", "", 404, "Not found."},
		{"PUT", "/api/contacts/" + id + "/", form, 404, "Not found."},
		{"PATCH", "/api/contacts/" + id + "/", form, 404, "Not found."},
		{"DELETE", "/api/contacts/" + id + "/", "", 404, "Not found."},
		{"POST", "/api/contacts/", form, 400, `"inboxes"`},
		{"POST", "/api/contacts/", "[]", 400, "Expected a dictionary"},
		{"POST", "/api/inboxes/", form, 401, ""},
	} {
		if w := theirs(test.method, test.path, test.body); w.Code != test.status || !strings.Contains(w.Body.String(), test.part) {
			t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, w.Body)
		}
	}
	if got := s.Contacts(); len(got) != 1 || got[0].Name != "A" {
		t.Errorf("contacts: %+v", got)
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	id := create(t, s, "A", `"sourceId":"a"`).ID
	holder := do(s, "POST", "/api/contacts/", `{"name":"B","sourceId":"a","inboxes":[{"id":"`+otherInbox+`"}]}`)
	if s.Move(id, otherInbox) {
		t.Error("moved to where the source id is taken")
	}
	s.Delete(decode[wireContact](t, holder).ID)
	lone := create(t, s, "C", `"sourceId":"c"`).ID
	for _, test := range []struct {
		name string
		got  bool
		want bool
		in   []string
	}{
		{"add", s.Move(lone, DefaultInboxID, otherInbox), true, nil},
		{"add again", s.Move(strings.ToUpper(lone), DefaultInboxID, otherInbox, otherInbox), true, []string{DefaultInboxID, otherInbox}},
		{"unknown inbox", s.Move(lone, DefaultWebChatID), false, nil},
		{"no UUID", s.Move(lone, "x"), false, nil},
		{"none", s.Move(lone), false, nil},
		{"nobody", s.Move("x", otherInbox), false, nil},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v", test.name, test.got)
		}
	}
	if c, _ := s.Contact(lone); !reflect.DeepEqual(c.InboxIDs, []string{DefaultInboxID, otherInbox}) {
		t.Errorf("in %v", c.InboxIDs)
	}
	if !s.Move(lone, otherInbox) {
		t.Error("not moved")
	}
	if list := decode[contactPage](t, do(s, "GET", "/api/contacts/?inboxes="+DefaultInboxID, "")); names(list) != "A" {
		t.Errorf("left in the first inbox: %s", names(list))
	}
}

func TestSwitchesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, switches := range []Switches{
		{RefuseNull: []string{"phone"}}, {RefuseFields: []string{""}}, {OtherKeys: []string{""}},
		{OtherKeys: []string{DefaultAPIKey}}, {OtherKeys: []string{"a b"}},
	} {
		if _, err := New(Options{Switches: switches}); err == nil {
			t.Errorf("%+v is accepted", switches)
		}
		s := newSimulation(t, Options{})
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is accepted later", switches)
				}
			}()
			s.Switch(func(w *Switches) { *w = switches })
		}()
		if !reflect.DeepEqual(s.Switches(), Switches{}) {
			t.Error("switches that were refused are in force")
		}
	}
	list := []string{"query_metadata"}
	s := newSimulation(t, Options{Switches: Switches{RefuseNull: list}})
	list[0] = "x"
	if got := s.Options().Switches.RefuseNull; len(got) != 1 || got[0] != "queryMetadata" {
		t.Errorf("in force: %q", got)
	}
}
