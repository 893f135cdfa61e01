package webchat

import (
	"reflect"
	"strings"
	"testing"
)

func parsedMetadata(t testing.TB, s string) QueryMetadata {
	t.Helper()
	if s == "" {
		return QueryMetadata{}
	}
	m, err := RawQueryMetadata([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSeenIn(t *testing.T) {
	t.Parallel()
	const a, b = `"5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69"`, `"6c9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a70"`
	base := func(id, rest string) string {
		return `{"knowledge_base_id":` + id + `,"chatbot_file_ids":[` + a + `,` + b + `],"faq_ids":[],"has_user_selected_all":"False"` + rest + `}`
	}
	two := `{"knowledge_bases":[` + base(a, "") + `,` + base(b, "") + `]}`
	tests := []struct {
		name, sent, seen string
		same             bool
		added            []string
	}{
		{"none", "", "", true, nil},
		{"none as an empty object", "", "{}", true, nil},
		{"empty object as none", "{}", "", true, nil},
		{"none, and a vendor's empty form", "", `{"knowledgeBases":[],"labelRelations":null,"x":"","y":false,"z":0,"v":{"w":[]}}`, true, nil},
		{"none, but access", "", `{"knowledge_bases":[{"knowledge_base_id":` + a + `}]}`, false, nil},
		{"none, but a label", "", `{"labelRelations":{"operator":"AND"}}`, false, nil},
		{"none, but access inside", "", `{"defaults":{"knowledgeBases":[1]}}`, false, nil},
		{"none, and a version", "", `{"version":3,"updatedAt":"1728390996000"}`, true, []string{"updated_at", "version"}},
		{"none, and something", "", `{"Ada":"x"}`, false, nil},
		{"none, and a type", "", `{"type":"gold"}`, false, nil},
		{"none, and what is the vendor's", "", `{"vendor-ids":[1],"version":2}`, true, []string{"other", "version"}},
		{"an own key is still there", `{"tier":"basic"}`, `{"tier":"basic","department":"board"}`, false, nil},
		{"access in what is the vendor's", "", `{"vendorIds":{"faq_ids":[1]}}`, false, nil},
		{"some, but none", two, "", false, nil},
		{"nothing allowed, but the default", `{"knowledge_bases":[]}`, "{}", false, nil},
		{"nothing allowed, but null", `{"knowledge_bases":[]}`, `{"knowledgeBases":null}`, false, nil},
		{"nothing allowed", `{"knowledge_bases":[]}`, `{"knowledgeBases":[],"labelRelations":{}}`, true, nil},
		{"camel case inside", two, `{"knowledgeBases":[` + strings.NewReplacer("knowledge_base_id", "knowledgeBaseId", "chatbot_file_ids", "chatbotFileIds", "faq_ids", "faq-ids", "has_user_selected_all", "hasUserSelectedAll", `"False"`, "false").Replace(base(b, "")+","+base(a, "")) + `]}`, true, nil},
		{"ids in another order and form", `{"faq_ids":[` + a + `,` + b + `]}`, `{"faqIds":["` + strings.ToUpper(strings.ReplaceAll(strings.Trim(b, `"`), "-", "")) + `",` + strings.ToUpper(a) + `,` + a + `]}`, true, nil},
		{"one id more", `{"faq_ids":[` + a + `]}`, `{"faq_ids":[` + a + `,` + b + `]}`, false, nil},
		{"one id less", `{"faq_ids":[` + a + `,` + b + `]}`, `{"faq_ids":[` + a + `]}`, false, nil},
		{"selected all", `{"a":"False"}`, `{"a":true}`, false, nil},
		{"a base more", `{"knowledge_bases":[` + base(a, "") + `]}`, two, false, nil},
		{"names added to a base", `{"knowledge_bases":[` + base(a, "") + `,` + base(b, "") + `]}`, `{"knowledge_bases":[` + base(b, `,"name":"Docs","vendor_ids":1`) + `,` + base(a, "") + `]}`, true, []string{"name", "other"}},
		{"something added to a base", `{"knowledge_bases":[` + base(a, "") + `]}`, `{"knowledge_bases":[` + base(a, `,"secret":1`) + `]}`, false, nil},
		{"labels added to a base", `{"knowledge_bases":[` + base(a, "") + `]}`, `{"knowledge_bases":[` + base(a, `,"label_ids":[`+b+`]`) + `]}`, false, nil},
		{"conditions in another order", `{"label_relations":{"operator":"OR","conditions":[{"label_id":` + a + `},{"operator":"AND","conditions":[{"label_id":` + b + `}]}]}}`,
			`{"labelRelations":{"conditions":[{"conditions":[{"labelId":` + b + `}],"operator":"AND"},{"labelId":` + a + `}],"operator":"OR"}}`, true, nil},
		{"another operator", `{"label_relations":{"operator":"OR"}}`, `{"label_relations":{"operator":"AND"}}`, false, nil},
		{"numbers by value", `{"a":[1,10,0.5,-0,100e-2]}`, `{"a":[1.0,1e1,5e-1,0,1]}`, true, nil},
		{"numbers differ", `{"a":1}`, `{"a":10}`, false, nil},
		{"a number is no text", `{"a":1}`, `{"a":"1e0"}`, false, nil},
		{"huge exponents", `{"a":1e999999999999}`, `{"a":1e999999999999}`, true, nil},
		{"order of other lists", `{"a":[1,2]}`, `{"a":[2,1]}`, false, nil},
		{"null and missing", `{"a":null,"b":{}}`, `{}`, true, nil},
		{"null in a list", `{"a":[null,{}]}`, `{"a":[{"x":""},null]}`, true, nil},
		{"an own key is dropped", `{"plan":"gold"}`, `{}`, false, nil},
		{"text and case", `{"plan":"gold"}`, `{"Plan":"Gold"}`, false, nil},
		{"object for text", `{"plan":"gold"}`, `{"plan":{}}`, false, nil},
		{"list for text", `{"plan":"gold"}`, `{"plan":["gold"]}`, false, nil},
		{"two styles of one key", `{"faq_ids":[]}`, `{"faqIds":[],"faq_ids":[` + a + `]}`, false, nil},
		{"two styles of one key sent", `{"faqIds":[],"faq_ids":[` + a + `]}`, `{"faqIds":[],"faq_ids":[` + a + `]}`, false, nil},
	}
	for _, tt := range tests {
		same, added := parsedMetadata(t, tt.sent).SeenIn(parsedMetadata(t, tt.seen), "vendorIds")
		if same != tt.same || !reflect.DeepEqual(added, tt.added) {
			t.Errorf("%s: got %v, %q", tt.name, same, added)
		}
	}
	for _, m := range []QueryMetadata{{}, NoAccess(), unreadable} {
		if same, _ := m.SeenIn(unreadable); same {
			t.Errorf("%s is seen in what cannot be read", m.JSON())
		}
	}
}

func TestNoAccess(t *testing.T) {
	t.Parallel()
	want, err := Permissions{KnowledgeBases: []KnowledgeBase{}}.QueryMetadata()
	if err != nil || NoAccess() != want {
		t.Errorf("got %s, want %s", NoAccess().JSON(), want.JSON())
	}
}

func FuzzSeenIn(f *testing.F) {
	for _, s := range []string{`{}`, `{"knowledge_bases":[{"faq_ids":["a","b"]},{}]}`, `{"a":[1,[null,"True"]],"b":{"C_d":-1.50e2}}`, `{"a":1,"A":1}`} {
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		sent, err := RawQueryMetadata(a)
		if err != nil {
			return
		}
		if same, added := sent.SeenIn(sent); len(added) > 0 || same != (sent != unreadable && !hasAmbiguous(sent.parsed())) {
			t.Fatalf("%s is not seen in itself: %v %q", sent.JSON(), same, added)
		}
		seen, err := RawQueryMetadata(b)
		if err != nil {
			return
		}
		same, added := sent.SeenIn(seen)
		if !same && added != nil {
			t.Fatal("something was added to what differs")
		}
		if same {
			if back, more := seen.SeenIn(sent); back && len(added)+len(more) > 0 && len(added) > 0 && len(more) > 0 {
				t.Fatalf("%s and %s both add to each other", a, b)
			}
		}
		for _, name := range added {
			known := name == "other"
			for _, keys := range []map[string]string{timeKeys, itemKeys} {
				for _, common := range keys {
					known = known || name == common
				}
			}
			if !known {
				t.Fatalf("added names %q", name)
			}
		}
	})
}

func hasAmbiguous(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if key == ambiguous || hasAmbiguous(inner) {
				return true
			}
		}
	case []any:
		for _, inner := range value {
			if hasAmbiguous(inner) {
				return true
			}
		}
	}
	return false
}
