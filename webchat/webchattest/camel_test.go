package webchattest

import (
	"encoding/json"
	"testing"
)

func TestCamelKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"name": "name", "phone_number": "phoneNumber", "phoneNumber": "phoneNumber", "a_b_c": "aBC",
		"a_1": "a1", "_private": "Private", "trailing_": "trailing_", "A_B": "A_B", "": "", "_": "_", "é_x": "éX", "a__b": "a_B",
	} {
		if got := camelKey(key); got != want {
			t.Errorf("camelKey(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestCamelMetadata(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"":                                `null`,
		`{}`:                              `{}`,
		`{"a_b":{"c_d":[{"e_f":"g_h"}]}}`: `{"aB":{"cD":[{"eF":"g_h"}]}}`,
		`{"n":1.50,"t":true,"z":null}`:    `{"n":1.50,"t":true,"z":null}`,
	} {
		var raw json.RawMessage
		if sent != "" {
			raw = json.RawMessage(sent)
		}
		got, err := json.Marshal(camelMetadata(raw))
		if err != nil || string(got) != want {
			t.Errorf("%s became %s, want %s (%v)", sent, got, want, err)
		}
	}
}
