package contacts_test

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/contacts"
)

func TestPerson(t *testing.T) {
	t.Parallel()
	member, visitor := shop.Member("a b"), shop.Visitor("a b")
	if want := (contacts.Person{Namespace: "shop", InboxID: "inbox", Kind: "member", ID: "a%20b"}); member != want || member.Scope() != shop || member.IsVisitor() {
		t.Errorf("the member is %+v", member)
	}
	if want := (contacts.Person{Namespace: "shop", InboxID: "inbox", Kind: "visitor", ID: "a%20b"}); visitor != want || visitor.Scope() != shop || !visitor.IsVisitor() {
		t.Errorf("the visitor is %+v", visitor)
	}
}

func TestPersonID(t *testing.T) {
	t.Parallel()
	plain := strings.Repeat("x", contacts.MaxIDLength)
	for id, want := range map[string]string{
		"":                "",
		"u-1.a_B":         "u-1.a_B",
		" ":               "%20",
		"~":               "%7E",
		"%20":             "%2520",
		"a:b|c/d":         "a%3Ab%7Cc%2Fd",
		"測":               "%E6%B8%AC",
		"\x00\xff":        "%00%FF",
		plain:             plain,
		plain + "x":       "~",
		plain[:127] + " ": "~",
	} {
		got := shop.Member(id).ID
		if strings.HasPrefix(want, "~") {
			if len(got) != 65 || got[0] != '~' {
				t.Errorf("a long id is %q, want a digest", got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}

func TestIsPlain(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"": true, "aZ0._-": true, "a b": false, "%": false, "~": false, "é": false, "a\x00": false} {
		if contacts.IsPlain(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func FuzzPersonID(f *testing.F) {
	long := strings.Repeat("x", 4096)
	for _, pair := range [][2]string{
		{"", " "}, {"1", "1 "}, {"bob", "Bob"}, {"%", "%25"}, {"\xff", "\xfe"}, {"~", "~0"}, {long, long + "x"},
		{strings.Repeat("測", 14), strings.Repeat("測", 15)}, {long[:128], long[:129]},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := shop.Member(a).ID, shop.Member(b).ID
		if (x == y) != (a == b) {
			t.Errorf("%q and %q are %q and %q", a, b, x, y)
		}
		if len(x) > contacts.MaxIDLength || strings.ContainsFunc(x, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == '|' }) {
			t.Errorf("%q is not plain: %q", a, x)
		}
	})
}

func TestPersonMemberID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"1", "u-alice", "a b", "100%", "ä~/\x00", strings.Repeat("x", contacts.MaxIDLength)} {
		if got, ok := shop.Member(id).MemberID(); !ok || got != id {
			t.Errorf("%q comes back as %q, %v", id, got, ok)
		}
	}
	for _, p := range []contacts.Person{shop.Visitor("key"), shop.Member(strings.Repeat("x", contacts.MaxIDLength+1)), {}} {
		if got, ok := p.MemberID(); ok || got != "" {
			t.Errorf("%v has the id %q", p.Kind, got)
		}
	}
}

// A site names its people anew in each request, and many by an address.
func TestNamingIsCheap(t *testing.T) {
	for name, id := range map[string]string{"plain": "7", "an address": "anna@shop.example", "too long": strings.Repeat("@", 1<<16)} {
		if n := testing.AllocsPerRun(100, func() { shop.Member(id) }); n > 4 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
