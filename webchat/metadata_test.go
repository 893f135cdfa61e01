package webchat

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRawQueryMetadata(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string // want "" is an error
	}{
		{"empty object", "{}", "{}"},
		{"sorted and compact", ` { "b" : [ 1 , {"z":null,"y":true} ], "a" : "x" } `, `{"a":"x","b":[1,{"y":true,"z":null}]}`},
		{"numbers kept", `{"a":12345678901234567890.10}`, `{"a":12345678901234567890.10}`},
		{"escaped for scripts", `{"a":"</script>"}`, `{"a":"\u003c/script\u003e"}`},
		{"nothing", "", ""},
		{"null", "null", ""},
		{"array", "[]", ""},
		{"string", `"{}"`, ""},
		{"two objects", "{}{}", ""},
		{"cut off", `{"a":1`, ""},
		{"twice", `{"a":1,"a":1}`, ""},
		{"twice, written differently", `{"a":1,"\u0061":2}`, ""},
		{"twice inside", `{"x":[{"a":1,"a":2}]}`, ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", ""},
		{"deep", strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), ""},
		{"large", `{"a":"` + strings.Repeat("x", 64<<10) + `"}`, ""},
		{"large once escaped", `{"a":"` + strings.Repeat("<", 20<<10) + `"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := RawQueryMetadata([]byte(tt.in))
			if string(got.JSON()) != tt.want || (err == nil) != (tt.want != "") || got.IsZero() != (tt.want == "") {
				t.Errorf("got %s, %v; want %s", got.JSON(), err, tt.want)
			}
		})
	}
}

func TestQueryMetadataJSON(t *testing.T) {
	t.Parallel()
	type holder struct {
		M QueryMetadata `json:"m,omitzero"`
	}
	written, err := json.Marshal([]holder{{}, {QueryMetadata{object: `{"a":1}`}}})
	if err != nil || string(written) != `[{},{"m":{"a":1}}]` {
		t.Fatalf("json.Marshal = %s, %v", written, err)
	}
	if written, err = json.Marshal(QueryMetadata{}); err != nil || string(written) != "null" {
		t.Errorf("json.Marshal of none = %s, %v", written, err)
	}
	h := holder{QueryMetadata{object: `{"a":1}`}}
	if err := json.Unmarshal([]byte(`{"m":null}`), &h); err != nil || !h.M.IsZero() {
		t.Errorf("null did not clear: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"m":[1]}`), &h); err == nil {
		t.Error("an array was taken for query metadata")
	}
}

func FuzzRawQueryMetadata(f *testing.F) {
	f.Add([]byte(`{"knowledge_bases":[],"a":{"b":1e400}}`))
	f.Add([]byte(`{"\u2028":"<&>"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := RawQueryMetadata(data)
		if err != nil {
			if !m.IsZero() {
				t.Fatal("an error and a value")
			}
			return
		}
		again, err := RawQueryMetadata(m.JSON())
		if err != nil || again != m {
			t.Fatalf("%s reads back as %s, %v", m.JSON(), again.JSON(), err)
		}
	})
}
