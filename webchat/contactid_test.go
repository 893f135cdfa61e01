package webchat

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseContactID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		ok       bool
	}{
		{testID, testID, true},
		{strings.ToUpper(testID), testID, true},
		{"", "", false},
		{"[contact id]", "", false},
		{"5b9f3a527d0c4b0e9a3e1f2d3c4b5a69", "", false},
		{"{5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a6}", "", false},
		{"5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a6g", "", false},
		{"5b9f3a52-7d0c-4b0e-9a3e/1f2d3c4b5a69", "", false},
		{testID + "\n", "", false},
		{nilUUID, "", false},
	}
	for _, tt := range tests {
		id, err := ParseContactID(tt.in)
		if id.Reveal() != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseContactID(%q) = %q, %v; want %q, ok %v", tt.in, id.Reveal(), err, tt.want, tt.ok)
		}
		if id.IsZero() == tt.ok {
			t.Errorf("ParseContactID(%q).IsZero() = %v", tt.in, id.IsZero())
		}
		if err != nil && tt.in != "" && strings.Contains(err.Error(), tt.in) {
			t.Errorf("error repeats the input: %v", err)
		}
	}
}

func TestContactIDTextRoundTripIsRefused(t *testing.T) {
	t.Parallel()
	written, err := json.Marshal(struct{ ID ContactID }{testID})
	if err != nil || string(written) != `{"ID":"[contact id]"}` {
		t.Fatalf("json.Marshal = %s, %v", written, err)
	}
	var back struct{ ID ContactID }
	if err := json.Unmarshal(written, &back); err == nil {
		t.Error("a redacted id was read back as an id")
	}
	if err := json.Unmarshal([]byte(`{"ID":"`+strings.ToUpper(testID)+`"}`), &back); err != nil || back.ID != testID {
		t.Errorf("json.Unmarshal = %q, %v", back.ID.Reveal(), err)
	}
}
