package maicontact

import (
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

func FuzzDecodeEntry(f *testing.F) {
	full := entry{
		epoch:   "YxW3xfKN0VOzmgKt4yzfow",
		contact: "22222222-2222-4222-8222-222222222222", stamp: "abc.1", checked: time.Unix(1_700_000_000, 0),
	}
	visitor := entry{place: "0tRjMng3YCN", epoch: "0tRjMng3YCN3gZ8NGcEjXQ", visitor: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", checked: full.checked}
	for _, e := range []entry{full, visitor} {
		got, ok := decodeEntry(e.encode())
		if !ok || got != e {
			f.Fatalf("round trip: %v %v", got, ok)
		}
		f.Add(e.encode())
	}
	for _, bad := range []string{"", "|||||", "1||a|||c|1", "2||a||not-a-uuid|c|1", "2||a|||c|x", "2||a|||c|1|", "2||a|||1", "2|||||c|1", "2|p|a|||c|1",
		"2||a|ABCDEFGHIJKLMNOPQRSTUVWXYZ||c|1",
		"2|p|a|short||c|1", "2|p|a|shop:member:ABCDEFGHIJKLMNOPQRSTUVWXYZ||c|1", strings.Repeat("2|", 600)} {
		if _, ok := decodeEntry(bad); ok {
			f.Errorf("%.20q was taken", bad)
		}
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := decodeEntry(text)
		if !ok {
			if e != (entry{}) {
				t.Error("a refused entry has content")
			}
			return
		}
		if e.contact != "" {
			if _, err := webchat.ParseContactID(e.contact.Reveal()); err != nil {
				t.Error("a contact id that is none was taken")
			}
		}
		if again, ok := decodeEntry(e.encode()); !ok || again != e {
			t.Errorf("%q does not come back", text)
		}
	})
}

// Two different subjects never meet, and what names them is plain and short.
func FuzzSourceID(f *testing.F) {
	f.Add("1", "01")
	f.Add("a:b", "a%3Ab")
	f.Add("a\x00", "a")
	f.Add(strings.Repeat("x", 200), "~"+strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, a, b string) {
		source := func(id string) string {
			return sourceID(owner("shop", memberKind, NewKey("shop", "inbox", id).Member), 1)
		}
		if (source(a) == source(b)) != (a == b) {
			t.Errorf("%q and %q: %q and %q", a, b, source(a), source(b))
		}
		if source(a) == sourceID(owner("shop", visitorKind, b), 1) || source(a) == sourceID(owner("shop", memberKind, encodeID(b)), 2) {
			t.Errorf("%q meets a visitor or another generation of %q", a, b)
		}
		if len(encodeID(a)) > longestPart || strings.ContainsFunc(encodeID(a), func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == '|' }) {
			t.Errorf("%q is not plain: %q", a, encodeID(a))
		}
	})
}

func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://shop.test", "https://shop.test:443/x", "http://[::1]:80", "null", "https://a@shop.test", "https://shop.test\\@evil.test"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := originOfText(text)
		if got == "" {
			return
		}
		if again := originOfText(got); again != got {
			t.Errorf("%q: %q becomes %q", text, got, again)
		}
		if got == "https://shop.test" && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "https://shop.test") {
			t.Errorf("%q passes for our own origin", text)
		}
	})
}
