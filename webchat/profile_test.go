package webchat

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestProfileNormalized(t *testing.T) {
	t.Parallel()
	family := "👨\u200D👩\u200D👧"
	tests := []struct{ name, in, want string }{
		{"kept", "Ada Lovelace", "Ada Lovelace"},
		{"trimmed", " \tAda\u3000\n", "Ada"},
		{"empty", "", AnonymousName},
		{"blank", " \u00a0 ", AnonymousName},
		{"nothing to see", "\u200b\u200d", AnonymousName},
		{"control characters", "Ada\x00\nLovelace", "Ada  Lovelace"},
		{"invalid UTF-8", "Ada\xff", "Ada\uFFFD"},
		{"255 characters", strings.Repeat("語", 255), strings.Repeat("語", 255)},
		{"256 characters", strings.Repeat("語", 256), strings.Repeat("語", 255)},
		{"accent on the border", strings.Repeat("a", 254) + "e\u0301", strings.Repeat("a", 254)},
		{"family on the border", strings.Repeat("a", 252) + family, strings.Repeat("a", 252)},
		{"skin tone on the border", strings.Repeat("a", 254) + "👍🏽", strings.Repeat("a", 254)},
		{"flag on the border", strings.Repeat("a", 254) + "🇹🇼", strings.Repeat("a", 254)},
		{"flag before the border", strings.Repeat("a", 253) + "🇹🇼🇯🇵", strings.Repeat("a", 253) + "🇹🇼"},
		{"space on the border", strings.Repeat("a", 254) + " b", strings.Repeat("a", 254)},
		{"endless accents", "e" + strings.Repeat("\u0301", 400), "e" + strings.Repeat("\u0301", 254)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := (Profile{Name: tt.in}).Normalized().Name; got != tt.want {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
	got := Profile{Name: "A", Email: " a@b.c\n", Phone: "\t1", Avatar: " u\xff "}.Normalized()
	if want := (Profile{Name: "A", Email: "a@b.c", Phone: "1", Avatar: "u\uFFFD"}); got != want {
		t.Errorf("got %q %q %q %q", got.Name, got.Email, got.Phone, got.Avatar)
	}
}

func TestProfileFingerprint(t *testing.T) {
	t.Parallel()
	metadata := func(s string) QueryMetadata {
		m, err := RawQueryMetadata([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	different := []Profile{
		{},
		{Name: "A"},
		{Email: "A"},
		{Phone: "A"},
		{Avatar: "A"},
		{Name: "AB"},
		{Name: "A", Email: "B"},
		{QueryMetadata: metadata(`{}`)},
		{QueryMetadata: metadata(`{"a":1}`)},
		{QueryMetadata: metadata(`{"a":"1"}`)},
		{QueryMetadata: metadata(`{"a":[1,2]}`)},
		{QueryMetadata: metadata(`{"a":[2,1]}`)},
	}
	all, access := map[string]int{}, map[string]int{}
	for i, p := range different {
		if j, ok := all[p.Fingerprint()]; ok {
			t.Errorf("profiles %d and %d have one fingerprint", i, j)
		}
		all[p.Fingerprint()] = i
		access[p.AccessFingerprint()]++
		if len(p.Fingerprint()) != 22 {
			t.Errorf("fingerprint %q is not 22 characters long", p.Fingerprint())
		}
	}
	if access["-"] != 7 || len(access) != 6 {
		t.Errorf("access fingerprints: %v", access)
	}
	same := [][2]Profile{
		{{}, {Name: " Anonymous "}},
		{{Name: "A"}, {Name: "A\n"}},
		{{QueryMetadata: metadata(`{"a":1,"b":{"c":2,"d":3}}`)}, {QueryMetadata: metadata(` {"b":{"d":3,"c":2},"a":1} `)}},
	}
	for i, pair := range same {
		if pair[0].Fingerprint() != pair[1].Fingerprint() || pair[0].AccessFingerprint() != pair[1].AccessFingerprint() {
			t.Errorf("pair %d: fingerprints differ", i)
		}
	}
}

func TestProfileJSONRoundTrip(t *testing.T) {
	t.Parallel()
	metadata, err := RawQueryMetadata([]byte(`{"note":"<b>&\u2028"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Profile{{}, {Name: canaryName, Email: canaryMail, Phone: canaryPhone, Avatar: "u", QueryMetadata: metadata}} {
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Profile
		if err := json.Unmarshal(written, &back); err != nil || back != p || back.Fingerprint() != p.Fingerprint() {
			t.Errorf("round trip of %s: %v", written, err)
		}
	}
}

func FuzzProfileNormalized(f *testing.F) {
	for _, s := range []string{"", "Ada", "\xff\xfe", strings.Repeat("🇹🇼", 200), strings.Repeat("e\u0301", 300), "👨\u200D👩\u200D👧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Profile{Name: s, Email: s}.Normalized()
		if once != once.Normalized() {
			t.Fatalf("normalizing twice changes %q", s)
		}
		if !utf8.ValidString(once.Name) || utf8.RuneCountInString(once.Name) > maxNameRunes || once.Name == "" {
			t.Fatalf("name %q from %q", once.Name, s)
		}
		written, err := json.Marshal(once)
		if err != nil {
			t.Fatal(err)
		}
		var back Profile
		if err := json.Unmarshal(written, &back); err != nil || back != once {
			t.Fatalf("round trip of %s: %v", written, err)
		}
	})
}
