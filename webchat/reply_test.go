package webchat

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReplyContact(t *testing.T) {
	t.Parallel()
	full := Contact{
		ID: testID, SourceID: "42", InboxIDs: []string{testInbox, otherID},
		Profile:    Profile{Name: "Ada", Email: "a@b.c", Phone: "+1", Avatar: "u", QueryMetadata: QueryMetadata{object: `{"a":1}`}},
		AccessTold: true,
	}
	tests := []struct {
		name, body string
		want       Contact
	}{
		{"camel case", `{"id":"` + testID + `","sourceId":"42","inboxes":[{"id":"` + testInbox + `"}],"inbox":{"id":"` + otherID + `"},
			"name":"Ada","email":"a@b.c","phoneNumber":"+1","avatar":"u","queryMetadata":{"a":1}}`, full},
		{"snake case", `{"id":"` + testID + `","source_id":"42","inboxes":["` + testInbox + `","` + otherID + `"],
			"name":"Ada","email":"a@b.c","phone_number":"+1","avatar":"u","query_metadata":{"a":1}}`, full},
		{"metadata in a string, source id a number", `{"id":"` + testID + `","sourceId":42,"inboxes":[{"id":"` + testInbox + `"},{"id":"` + otherID + `"},null,7.5e1],
			"name":"Ada","email":"a@b.c","phoneNumber":"+1","avatar":"u","queryMetadata":"{\"a\":1}"}`,
			func() Contact { c := full; c.InboxIDs = []string{testInbox, otherID, "7.5e1"}; return c }()},
		{"wrong types", `{"id":"` + testID + `","sourceId":[1],"inboxes":{"id":1},"inbox":[],"name":5,"email":{},"phoneNumber":false,"avatar":[],"queryMetadata":[1],
			"createdAt":{},"updatedAt":[]}`, Contact{ID: testID, Profile: Profile{QueryMetadata: unreadable}, AccessTold: true}},
		{"nulls", `{"id":"` + testID + `","source_id":null,"sourceId":null,"inboxes":null,"inbox":null,"name":null,"queryMetadata":null,"createdAt":null}`, Contact{ID: testID, AccessTold: true}},
		{"ids without dashes", `{"id":"` + strings.ToUpper(strings.ReplaceAll(testID, "-", "")) + `"}`, Contact{ID: testID}},
		{"only a contact id", `{"contactId":"` + testID + `"}`, Contact{ID: testID}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := reply{"application/json; charset=utf-8", []byte("\n " + tt.body + "\n")}.contact()
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, %v, %q, %q, %q", err, got.ID.Reveal(), got.SourceID, got.InboxIDs, got.Profile.QueryMetadata.JSON())
			}
		})
	}
}

func TestParseFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       map[string][]string
	}{
		{"lists", `{"email":["a","b"],"name":["c"]}`, map[string][]string{"email": {"a", "b"}, "name": {"c"}}},
		{"text", `{"detail":"no"}`, map[string][]string{"detail": {"no"}}},
		{"nested", `{"inboxes":[{},{"id":["bad"]}],"queryMetadata":{"a":{"b":"c"}}}`, map[string][]string{"inboxes.1.id": {"bad"}, "queryMetadata.a.b": {"c"}}},
		{"bare list", `["x","y"]`, map[string][]string{"non_field_errors": {"x", "y"}}},
		{"bare text", `"x"`, map[string][]string{"non_field_errors": {"x"}}},
		{"no text", `{"code":5,"ok":false,"x":null}`, nil},
		{"long", `{"x":"` + strings.Repeat("é", 600) + `"}`, map[string][]string{"x": {strings.Repeat("é", 500)}}},
		{"HTML", `<html>`, nil},
		{"nothing", ``, nil},
	}
	for _, tt := range tests {
		if got := parseFields([]byte(tt.body)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	many := `{"` + strings.Join(strings.Split(strings.Repeat("x", 200), ""), `":"m","`) + `":"m"}`
	for i := range 200 {
		many = strings.Replace(many, `"x"`, `"f`+strings.Repeat("x", i)+`"`, 1)
	}
	if got := len(parseFields([]byte(many))); got != maxFields {
		t.Errorf("%d fields kept, want %d", got, maxFields)
	}
}

func FuzzReply(f *testing.F) {
	for _, body := range []string{
		`{"id":"` + testID + `","inboxes":[{"id":"x"}],"createdAt":1728390996000,"queryMetadata":"{}"}`,
		`{"next":"/api/contacts/?page=2","results":[[{"id":"` + testID + `","sourceId":"s"}]]}`,
		`{"email":["bad"],"a":[{"b":"c"}]}`, `[]`, `{"results":[{}]}`, `{`, ``, `null`, "\xff",
	} {
		f.Add("application/json", body)
	}
	f.Add("text/html", "<html>")
	client, err := NewClient(Config{APIKey: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := reply{contentType, []byte(body)}
		contact, err := r.contact()
		if _, bad := ParseContactID(contact.ID.Reveal()); (err == nil) != (bad == nil) {
			t.Fatalf("contact id %q with error %v", contact.ID.Reveal(), err)
		}
		items, next, err := r.list()
		_, nextErr := client.parseNext(next, "contacts/")
		errs := []error{err, nextErr}
		for _, item := range items {
			c, wanted, err := parseContactIn(testInbox, item)
			if wanted && (c.ID.IsZero() || !c.in(testInbox) || err != nil) {
				t.Fatalf("%q is wanted, %v", c.SourceID, err)
			}
			errs = append(errs, err)
		}
		for _, err := range errs {
			if err != nil && !strings.HasPrefix(err.Error(), ErrBadReply.Error()+": ") {
				t.Fatalf("error %q is not our own text", err)
			}
		}
		e := Error{Status: 400, Fields: parseFields([]byte(body))}
		for name, messages := range e.Fields {
			for _, message := range messages {
				if utf8.RuneCountInString(message) > maxMessage {
					t.Fatalf("message of %q is too long", name)
				}
			}
		}
		for _, name := range e.fieldNames() {
			if name != "other" && !knownFields[plainName(name)] {
				t.Fatalf("error text would hold %q", name)
			}
		}
	})
}
