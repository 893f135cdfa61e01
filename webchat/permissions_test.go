package webchat

import (
	"strings"
	"testing"
)

func TestPermissionsQueryMetadata(t *testing.T) {
	t.Parallel()
	deep := Label(testID)
	for range 11 {
		deep = AllOf(deep)
	}
	tests := []struct {
		name string
		in   Permissions
		want string // "error: " and a part of its text, or the JSON
	}{
		{"everything", Permissions{
			KnowledgeBases: []KnowledgeBase{
				{ID: strings.ToUpper(testID), FileIDs: []string{otherID}, FAQIDs: []string{testID}},
				{ID: otherID, All: true},
			},
			Labels: new(AnyOf(Label(testID), AllOf(Label(otherID), Label(testID)))),
		}, `{"knowledge_bases":[` +
			`{"chatbot_file_ids":["` + otherID + `"],"faq_ids":["` + testID + `"],"has_user_selected_all":"False","knowledge_base_id":"` + testID + `"},` +
			`{"chatbot_file_ids":[],"faq_ids":[],"has_user_selected_all":"True","knowledge_base_id":"` + otherID + `"}],` +
			`"label_relations":{"conditions":[{"label_id":"` + testID + `"},{"conditions":[{"label_id":"` + otherID + `"},{"label_id":"` + testID + `"}],"operator":"AND"}],"operator":"OR"}}`},
		{"no knowledge base", Permissions{KnowledgeBases: []KnowledgeBase{}}, `{"knowledge_bases":[]}`},
		{"one label", Permissions{Labels: new(Label(testID))}, `{"label_relations":{"conditions":[{"label_id":"` + testID + `"}],"operator":"AND"}}`},
		{"nothing set", Permissions{}, "error: nothing is set"},
		{"bad knowledge base", Permissions{KnowledgeBases: []KnowledgeBase{{ID: "1"}}}, "error: knowledge base 0: id is not a UUID"},
		{"bad file", Permissions{KnowledgeBases: []KnowledgeBase{{ID: testID, FileIDs: []string{testID, ""}}}}, "error: file id 1"},
		{"bad FAQ", Permissions{KnowledgeBases: []KnowledgeBase{{ID: testID, FAQIDs: []string{"x"}}}}, "error: FAQ id 0"},
		{"twice", Permissions{KnowledgeBases: []KnowledgeBase{{ID: testID}, {ID: strings.ToUpper(testID)}}}, "error: named twice"},
		{"bad label", Permissions{Labels: new(AnyOf(Label("x")))}, "error: label id is not a UUID"},
		{"bad operator", Permissions{Labels: &Condition{Operator: "NOT", Conditions: []Condition{Label(testID)}}}, "error: operator"},
		{"label and group", Permissions{Labels: new(AnyOf(Condition{LabelID: testID, Operator: And}))}, "error: not both"},
		{"empty group", Permissions{Labels: new(AnyOf())}, "error: no conditions"},
		{"zero condition", Permissions{Labels: &Condition{}}, "error: operator"},
		{"too deep", Permissions{Labels: &deep}, "error: more than 10 levels"},
		{"just deep enough", Permissions{Labels: &deep.Conditions[0]}, `{"label_relations":` +
			strings.Repeat(`{"conditions":[`, 10) + `{"label_id":"` + testID + `"}` + strings.Repeat(`],"operator":"AND"}`, 10) + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.in.QueryMetadata()
			if part, bad := strings.CutPrefix(tt.want, "error: "); bad {
				if err == nil || !strings.Contains(err.Error(), part) || !got.IsZero() {
					t.Errorf("got %s, %v; want an error with %q", got.JSON(), err, part)
				}
				return
			}
			if err != nil || string(got.JSON()) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got.JSON(), err, tt.want)
			}
		})
	}
}
