package webchat

import (
	"reflect"
	"testing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	all := []Field{FieldAvatar, FieldEmail, FieldName, FieldPhone, FieldQueryMetadata}
	tests := []struct {
		name    string
		status  int
		body    string
		fields  []Field
		setting string
	}{
		{"camel case", 400, `{"phoneNumber":["bad"],"queryMetadata":["bad"],"name":["bad"],"email":["bad"],"avatar":["bad"]}`, all, ""},
		{"snake case", 422, `{"phone_number":"bad","query_metadata":{"knowledge_bases":[{"name":["x"]}]},"Name":"bad","Email":"bad","avatar":"bad"}`, all, ""},
		{"wrapped", 400, `{"errors":[{"email":["bad"]},{"detail":{"phone-number":"bad"}}]}`, []Field{FieldEmail, FieldPhone}, ""},
		{"pointed at", 422, `{"detail":[{"loc":["body","phone_number"],"msg":"no"},{"field":"name"}]}`, []Field{FieldName, FieldPhone}, ""},
		{"JSON:API", 422, `{"errors":[{"source":{"pointer":"/data/attributes/query_metadata"}}]}`, []Field{FieldQueryMetadata}, ""},
		{"prose", 400, `{"detail":"The query metadata may not be null; the name of it."}`, []Field{FieldQueryMetadata}, ""},
		{"non-field", 400, `["phoneNumber: may not be null."]`, []Field{FieldPhone}, ""},
		{"another field", 400, `{"color":["email"]}`, nil, ""},
		{"other status", 500, `{"email":["bad"]}`, nil, ""},
		{"inboxes", 400, `{"inboxes":[{"id":["Must be a valid UUID."],"name":["x"]}]}`, nil, "InboxID"},
		{"inbox", 400, `{"inbox":["object does not exist"]}`, nil, "InboxID"},
		{"inbox in prose", 400, `{"detail":"Inbox not found."}`, nil, "InboxID"},
		{"inbox and a field", 400, `{"inbox":["bad"],"email":["bad"]}`, []Field{FieldEmail}, "InboxID"},
		{"key", 401, `{"detail":"x"}`, nil, "API.APIKey"},
		{"forbidden", 403, ``, nil, "API.APIKey"},
		{"key in prose", 400, `{"detail":"Invalid API key format."}`, nil, "API.APIKey"},
		{"source id too long", 400, `{"sourceId":["Ensure this field has no more than 20 characters."]}`, nil, "source id"},
		{"source id taken", 400, `{"source_id":["Contact with this source id already exists in this inbox."]}`, nil, ""},
		{"source id taken, with the inbox", 400, `{"non_field_errors":["The fields inbox, source_id must make a unique set."]}`, nil, ""},
		{"source id, who knows", 400, `{"source_id":["?"]}`, nil, ""},
		{"a value", 400, `{"canary.email":["x"]}`, nil, ""},
		{"nothing", 400, ``, nil, ""},
	}
	for _, tt := range tests {
		e := &Error{Status: tt.status, Fields: parseFields([]byte(tt.body))}
		if got := e.RefusedFields(); !reflect.DeepEqual(got, tt.fields) {
			t.Errorf("%s: fields %q, want %q", tt.name, got, tt.fields)
		}
		if got := e.Setting(); got != tt.setting {
			t.Errorf("%s: setting %q, want %q", tt.name, got, tt.setting)
		}
	}
}

func FuzzRefusals(f *testing.F) {
	f.Add([]byte(`{"errors":[{"field":"email"}],"inboxes":[{"id":"x"}],"detail":"source id is not valid"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &Error{Status: 400, Fields: parseFields(body)}
		for _, field := range e.RefusedFields() {
			if fieldsByName[plainName(field.wire())] != field {
				t.Fatalf("field %q", field)
			}
		}
		switch e.Setting() {
		case "", settingInbox, settingKey, settingSourceID:
		default:
			t.Fatalf("setting %q", e.Setting())
		}
	})
}
