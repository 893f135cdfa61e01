package webchat

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"
)

func TestDraftBody(t *testing.T) {
	t.Parallel()
	with := func(change func(*Draft)) Draft {
		d := Draft{InboxID: testInbox, SourceID: "s", Profile: Profile{Name: "Ada", Email: "a@b.c"}}
		change(&d)
		return d
	}
	const keep = `"inboxes":[{"id":"` + testInbox + `"}],"sourceId":"s"`
	tests := []struct {
		name  string
		draft Draft
		whole bool
		want  string
	}{
		{"create", with(func(*Draft) {}), false, `{"name":"Ada","email":"a@b.c",` + keep + `}`},
		{"create, none is never written", with(func(d *Draft) { d.None = NoneEmpty }), false, `{"name":"Ada","email":"a@b.c",` + keep + `}`},
		{"replace", with(func(*Draft) {}), true, `{"name":"Ada","email":"a@b.c","phoneNumber":null,"avatar":null,"queryMetadata":null,` + keep + `}`},
		{"none as an object", with(func(d *Draft) { d.None = NoneEmpty }), true, `{"name":"Ada","email":"a@b.c","phoneNumber":null,"avatar":null,"queryMetadata":{},` + keep + `}`},
		{"none left out", with(func(d *Draft) { d.None = NoneOmitted }), true, `{"name":"Ada","email":"a@b.c","phoneNumber":null,"avatar":null,` + keep + `}`},
		{"access is always written", with(func(d *Draft) { d.None, d.Profile.QueryMetadata = NoneOmitted, NoAccess() }), true,
			`{"name":"Ada","email":"a@b.c","phoneNumber":null,"avatar":null,"queryMetadata":{"knowledge_bases":[]},` + keep + `}`},
		{"omitted", with(func(d *Draft) { d.Omit = []Field{FieldEmail, FieldPhone, FieldAvatar, FieldName} }), true, `{"name":"Anonymous","queryMetadata":null,` + keep + `}`},
		{"anonymous omitted", with(func(d *Draft) { d.Omit, d.Profile.Name = []Field{FieldName}, "" }), false, `{"email":"a@b.c",` + keep + `}`},
		{"more inboxes", with(func(d *Draft) { d.InboxIDs = []string{otherID, testInbox, otherID, "x"} }), false,
			`{"name":"Ada","email":"a@b.c","inboxes":[{"id":"` + testInbox + `"},{"id":"` + otherID + `"},{"id":"x"}],"sourceId":"s"}`},
	}
	for _, tt := range tests {
		body, failure := tt.draft.body(opReplace, tt.whole)
		if failure != nil {
			t.Errorf("%s: %v", tt.name, failure)
			continue
		}
		var got, want map[string]any
		if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(tt.want), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %s\nwant %s", tt.name, body, tt.want)
		}
	}
	for name, draft := range map[string]Draft{
		"access omitted": with(func(d *Draft) { d.Omit = []Field{FieldQueryMetadata} }),
		"unknown field":  with(func(d *Draft) { d.Omit = []Field{"x"} }),
		"unknown style":  with(func(d *Draft) { d.None = 9 }),
		"inbox list":     with(func(d *Draft) { d.InboxIDs = []string{"a,b"} }),
	} {
		if _, failure := draft.body(opReplace, true); failure == nil || !errors.Is(failure, ErrInvalid) {
			t.Errorf("%s: got %v", name, failure)
		}
	}
}

func TestReplaceTellsWhatTheReplyTold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply http.HandlerFunc
		want  Contact
		fail  error
	}{
		{"contact", answerJSON(200, `{"id":"`+testID+`","queryMetadata":{"a":1},"inboxes":["x"]}`),
			Contact{ID: testID, AccessTold: true, InboxIDs: []string{"x"}, Profile: Profile{QueryMetadata: QueryMetadata{object: `{"a":1}`}}}, nil},
		{"empty access", answerJSON(200, `{"id":"`+testID+`","query_metadata":{}}`), Contact{ID: testID, AccessTold: true}, nil},
		{"no access told", answerJSON(200, `{"id":"`+testID+`"}`), Contact{ID: testID}, nil},
		{"nothing", answer(204, "", ""), Contact{}, nil},
		{"words", answer(200, "text/plain", "updated"), Contact{}, nil},
		{"a message", answerJSON(200, `{"message":"updated","id":7}`), Contact{}, nil},
		{"another contact", answerJSON(200, `{"id":"`+otherID+`"}`), Contact{}, ErrMismatch},
		{"a page", answer(200, "text/html", `<h1>`), Contact{}, ErrBadReply},
	}
	for _, tt := range tests {
		server := serve(t, tt.reply)
		got, err := newTestClient(t, server.URL).Replace(t.Context(), testID, testDraft())
		if !reflect.DeepEqual(got, tt.want) || !errors.Is(err, tt.fail) {
			t.Errorf("%s: got %v, %v", tt.name, got.ID.Reveal(), err)
		}
		if e, ok := errors.AsType[*Error](err); ok && !e.Unknown {
			t.Errorf("%s: the outcome counts as known", tt.name)
		}
		if n := len(server.requests()); n != 1 {
			t.Errorf("%s: %d requests", tt.name, n)
		}
	}
}
