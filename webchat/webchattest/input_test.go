package webchattest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValidation(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	name := `"name":"A"`
	inboxes := `"inboxes":` + defaultForm
	for _, test := range []struct{ body, want string }{
		{`{}`, `{"inboxes":["This field is required."],"name":["This field is required."]}`},
		{`{` + inboxes + `}`, `{"name":["This field is required."]}`},
		{`{"name":null,` + inboxes + `}`, `{"name":["This field may not be null."]}`},
		{`{"name":" ",` + inboxes + `}`, `{"name":["This field may not be blank."]}`},
		{`{"name":1,` + inboxes + `}`, `{"name":["Not a valid string."]}`},
		{`{"name":"a\u0000b",` + inboxes + `}`, `{"name":["Null characters are not allowed."]}`},
		{`{"name":"` + strings.Repeat("é", 256) + `",` + inboxes + `}`, `{"name":["Ensure this field has no more than 255 characters."]}`},
		{`{"name":"A","name":"",` + inboxes + `}`, `{"name":["This field may not be blank."]}`},
		{`{` + name + `,` + inboxes + `,"phone_number":"1","phoneNumber":{}}`, `{"phoneNumber":["Not a valid string."]}`},
		{`{` + name + `,` + inboxes + `,"email":"not an email"}`, `{"email":["Enter a valid email address."]}`},
		{`{` + name + `,` + inboxes + `,"email":"a@localhost"}`, `{"email":["Enter a valid email address."]}`},
		{`{` + name + `,` + inboxes + `,"email":"a@b.c@"}`, `{"email":["Enter a valid email address."]}`},
		{`{` + name + `,` + inboxes + `,"email":"A <a@example.com>"}`, `{"email":["Enter a valid email address."]}`},
		{`{` + name + `,` + inboxes + `,"avatar":"a.png"}`, `{"avatar":["Enter a valid URL."]}`},
		{`{` + name + `,` + inboxes + `,"avatar":"javascript:alert(1)"}`, `{"avatar":["Enter a valid URL."]}`},
		{`{` + name + `,` + inboxes + `,"avatar":"https://example.com/` + strings.Repeat("a", 492) + `"}`, `{"avatar":["Ensure this field has no more than 511 characters."]}`},
		{`{` + name + `,` + inboxes + `,"source_id":"` + strings.Repeat("a", 256) + `"}`, `{"sourceId":["Ensure this field has no more than 255 characters."]}`},
		{`{` + name + `,` + inboxes + `,"queryMetadata":[]}`, `{"queryMetadata":["Value must be a JSON object."]}`},
		{`{` + name + `,` + inboxes + `,"query_metadata":"free text"}`, `{"queryMetadata":["Value must be a JSON object."]}`},
		{`{` + name + `}`, `{"inboxes":["This field is required."]}`},
		{`{` + name + `,"inboxes":null}`, `{"inboxes":["This list may not be empty."]}`},
		{`{` + name + `,"inboxes":[]}`, `{"inboxes":["This list may not be empty."]}`},
		{`{` + name + `,"inboxes":"` + DefaultInboxID + `"}`, `{"inboxes":["Expected a list of items."]}`},
		{`{` + name + `,"inboxes":["` + DefaultInboxID + `"]}`, `{"inboxes":["Invalid data. Expected a dictionary."]}`},
		{`{` + name + `,"inboxes":[{}]}`, `{"inboxes":[{"id":["This field is required."]}]}`},
		{`{` + name + `,"inboxes":[{"id":null}]}`, `{"inboxes":["Must be a valid UUID."]}`},
		{`{` + name + `,"inboxes":[{"id":"1"}]}`, `{"inboxes":["Must be a valid UUID."]}`},
		{`{` + name + `,"inboxes":[{"id":"` + DefaultWebChatID + `"}]}`, `{"inboxes":["Invalid pk - object does not exist."]}`},
		{`{` + name + `,"inbox":"` + DefaultInboxID + `"}`, `{"inboxes":["This field is required."]}`},
		{`{` + name + `,` + inboxes + `,"queryMetadata":"{}"}`, `{"queryMetadata":["Value must be a JSON object."]}`},
		{`[]`, `{"nonFieldErrors":["Invalid data. Expected a dictionary."]}`},
		{`null`, `{"nonFieldErrors":["Invalid data. Expected a dictionary."]}`},
		{`{`, `{"detail":"JSON parse error."}`},
		{`{} {}`, `{"detail":"JSON parse error."}`},
		{"{\"name\":\"\xff\"}", `{"detail":"JSON parse error."}`},
		{``, `{"detail":"JSON parse error."}`},
	} {
		r := newRequest("POST", "/api/contacts/", test.body)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 400 || w.Body.String() != test.want {
			t.Errorf("%.120s\n got %d %s\nwant 400 %s", test.body, w.Code, w.Body, test.want)
		}
	}
	if len(s.All()) != 0 {
		t.Errorf("something invalid was made: %+v", s.All())
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{OtherInboxIDs: []string{otherInbox}})
	both := []string{otherInbox, DefaultInboxID}
	one := []string{DefaultInboxID}
	long := strings.Repeat("é", 255)
	for _, test := range []struct {
		body string
		want Contact
	}{
		{`{"name":"` + long + `","inboxes":` + defaultForm + `}`, Contact{Name: long, InboxIDs: one}},
		{`{"name":"A","inbox":"` + nobodysID + `","inboxes":` + defaultForm + `}`, Contact{Name: "A", InboxIDs: one}},
		{`{"name":"A","inboxes":[{"id":"` + otherInbox + `","name":"x"},{"id":"` + DefaultInboxID + `"},{"id":"` + otherInbox + `"}]}`,
			Contact{Name: "A", InboxIDs: both}},
		{`{"name":"A","inboxes":` + defaultForm + `,"email":"O'Neil+x@sub.bücher.example","phone_number":"1","phoneNumber":" 2 ","avatar":"http://h/"}`,
			Contact{Name: "A", InboxIDs: one, Email: "O'Neil+x@sub.bücher.example", Phone: "2", Avatar: "http://h/"}},
		{`{"name":"A","inboxes":` + defaultForm + `,"email":"","phoneNumber":null,"queryMetadata":null}`, Contact{Name: "A", InboxIDs: one}},
		{`{"name":"A","inboxes":` + defaultForm + `,"queryMetadata":{}}`,
			Contact{Name: "A", InboxIDs: one, QueryMetadata: json.RawMessage(`{}`)}},
	} {
		w := do(s, "POST", "/api/v1/contacts/", test.body)
		if w.Code != 201 {
			t.Errorf("%.120s: %d %s", test.body, w.Code, w.Body)
			continue
		}
		got, _ := s.Contact(decode[wireContact](t, w).ID)
		test.want.ID, test.want.Created, test.want.Updated = got.ID, got.Created, got.Updated
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%.120s\n got %+v\nwant %+v", test.body, got, test.want)
		}
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"} {
		r := newRequest("POST", "/api/contacts/", `{"name":"A","inboxes":`+defaultForm+`}`)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusUnsupportedMediaType || len(s.All()) != 0 {
			t.Errorf("%q: %d %s", contentType, w.Code, w.Body)
		}
	}
}

func TestInvalidUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	id := create(t, s, "Alice", `"email":"a@example.com"`).ID
	before, _ := s.Contact(id)
	for method, body := range map[string]string{
		"PATCH": `{"name":"Bob","email":"no"}`,
		"PUT":   `{"name":"Bob","email":"b@example.com"}`, // no inbox
	} {
		w := do(s, method, "/api/contacts/"+id+"/", body)
		after, _ := s.Contact(id)
		if w.Code != 400 || !reflect.DeepEqual(before, after) {
			t.Errorf("%s: %d, now %+v", method, w.Code, after)
		}
	}
}

// FuzzCreate: whatever comes, the reply is JSON, and what is kept is valid.
func FuzzCreate(f *testing.F) {
	f.Add([]byte(`{"name":"A","inboxes":` + defaultForm + `,"queryMetadata":{"a_b":[1,{"c_d":"x"}]}}`))
	f.Add([]byte(`{"name":"\ud800","inbox":{"id":"` + DefaultInboxID + `"},"source_id":" x "}`))
	f.Add([]byte(`{"name":{},"inboxes":[[]],"inbox":[],"queryMetadata":"{"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newSimulation(t, Options{})
		r := newRequest("POST", "/api/contacts/", string(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("reply %d is not JSON: %s", w.Code, w.Body)
		}
		all := s.All()
		if w.Code == 400 && len(all) == 0 {
			return
		}
		if w.Code != 201 || len(all) != 1 {
			t.Fatalf("reply %d, %d contacts", w.Code, len(all))
		}
		c := all[0]
		if c.Name == "" || utf8.RuneCountInString(c.Name) > maxName || len(c.InboxIDs) == 0 ||
			c.QueryMetadata != nil && !json.Valid(c.QueryMetadata) {
			t.Fatalf("kept %+v", c)
		}
	})
}
