package webchat

import (
	"slices"
	"strings"
	"testing"
)

var cspWidget = Widget{ChatURL: "https://chat.example.com/tenant/web-chats"}

func TestMergeCSP(t *testing.T) {
	t.Parallel()
	const host = "https://chat.example.com"
	tests := []struct{ name, policy, want string }{
		{"empty", "", ""},
		{"nothing restricted", "object-src 'none'; report-uri /csp", "object-src 'none'; report-uri /csp"},
		{"default none", "default-src 'none'", "default-src 'none'; script-src 'self' " + host + "; style-src " + host + "; img-src " + host +
			"; font-src " + host + "; connect-src 'self' " + host + "; frame-src " + host},
		{"default self", "default-src 'self' data:;", "default-src 'self' data:; script-src 'self' data: " + host + "; style-src 'self' data: " + host +
			"; img-src 'self' data: " + host + "; font-src 'self' data: " + host + "; connect-src 'self' data: " + host + "; frame-src 'self' data: " + host},
		{"default allows", "default-src 'self' https:", "default-src 'self' https:"},
		{"anything", "default-src *", "default-src *"},
		{"some", "script-src 'self'; object-src 'none'; report-uri /csp", "script-src 'self' " + host + "; object-src 'none'; report-uri /csp"},
		{"none", "img-src 'NONE'", "img-src " + host},
		{"no value", "img-src", "img-src " + host},
		{"case and space", " IMG-SRC\t'self' ;x", " IMG-SRC 'self' " + host + ";x"},
		{"there already", "img-src HTTPS://chat.EXAMPLE.com", "img-src HTTPS://chat.EXAMPLE.com"},
		{"wildcard", "img-src *.example.com; font-src https://*.example.com; style-src chat.example.com", "img-src *.example.com; font-src https://*.example.com; style-src chat.example.com"},
		{"look-alikes", "img-src *.ample.com https://chat.example.com.evil.test", "img-src *.ample.com https://chat.example.com.evil.test " + host},
		{"a path only", "img-src https://chat.example.com/a/", "img-src https://chat.example.com/a/ " + host},
		{"twice", "img-src 'self'; img-src *", "img-src 'self' " + host + "; img-src *"},
		{"elements", "script-src 'none'; script-src-elem 'self'; style-src-elem 'self'", "script-src 'none'; script-src-elem 'self' " + host + "; style-src-elem 'self' " + host},
		{"child-src", "child-src blob:", "child-src blob:; frame-src blob: " + host},
		{"several policies", "img-src 'self', font-src 'self'", "img-src 'self' " + host + ", font-src 'self' " + host},
		{"strict-dynamic", "script-src 'nonce-a' 'strict-dynamic'; img-src 'self'", "script-src 'nonce-a' 'strict-dynamic'; img-src 'self' " + host},
		{"nonce", "script-src 'nonce-a'", "script-src 'nonce-a' 'self' " + host},
	}
	for _, tt := range tests {
		if got, err := cspWidget.MergeCSP(tt.policy); got != tt.want || err != nil {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, got, tt.want)
		}
	}
	if _, err := (Widget{ChatURL: "http://chat.example.com"}).MergeCSP("img-src x"); err == nil {
		t.Error("no error for a chat URL that cannot be used")
	}
}

// Merging again changes nothing, and a directive only grows by what the chat
// needs, and loses nothing but 'none'.
func FuzzMergeCSP(f *testing.F) {
	for _, s := range []string{"default-src 'none'", "img-src;IMG-SRC a, child-src x;", "script-src 'strict-dynamic'", ";;, ;", "frame-src 'none' *.example.com;\u00a0style-src"} {
		f.Add(s)
	}
	added := []string{"'self'", "https://chat.example.com"}
	f.Fuzz(func(t *testing.T, policy string) {
		merged, err := cspWidget.MergeCSP(policy)
		again, againErr := cspWidget.MergeCSP(merged)
		if again != merged || err != nil || againErr != nil {
			t.Fatalf("%q became %q, and then %q: %v, %v", policy, merged, again, err, againErr)
		}
		before, after := strings.Split(policy, ","), strings.Split(merged, ",")
		if len(before) != len(after) {
			t.Fatalf("%q became %q", policy, merged)
		}
		for i := range before {
			old, now := directives(before[i]), directives(after[i])
			if len(now) < len(old) {
				t.Fatalf("%q lost directives in %q", policy, merged)
			}
			for j, was := range old {
				rest := slices.Clone(now[j])
				if rest[0] != was[0] {
					t.Fatalf("%q became %q", policy, merged)
				}
				if slices.Equal(rest, was) {
					continue
				}
				kept := slices.DeleteFunc(slices.Clone(was), func(s string) bool { return strings.EqualFold(s, "'none'") })
				if len(rest) < len(kept) || !slices.Equal(rest[:len(kept)], kept) ||
					slices.ContainsFunc(rest[len(kept):], func(s string) bool { return !slices.Contains(added, s) }) {
					t.Fatalf("%q became %q", policy, merged)
				}
			}
			for _, extra := range now[len(old):] {
				from := [][]string{{"", ""}}
				for _, was := range old {
					if name := strings.ToLower(was[0]); name == "default-src" || name == "child-src" && extra[0] == "frame-src" {
						from = append(from, was)
					}
				}
				for _, source := range extra[1:] {
					if !slices.Contains(added, source) && !slices.ContainsFunc(from, func(was []string) bool { return slices.Contains(was[1:], source) }) {
						t.Fatalf("%q became %q", policy, merged)
					}
				}
			}
		}
	})
}

// directives returns name and sources of each directive that is not blank.
func directives(policy string) [][]string {
	var out [][]string
	for part := range strings.SplitSeq(policy, ";") {
		if fields := cspFields(part); len(fields) > 0 {
			out = append(out, fields)
		}
	}
	return out
}
