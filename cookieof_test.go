package maicontact

import (
	"net/http"
	"testing"
)

// What a browser sends is found as net/http finds it.
func FuzzCookieOf(f *testing.F) {
	for _, line := range []string{"s=abc", "a=1; s=abc", " s = abc ;s=d", "ss=1;s=2", "s", "s=", "a=s=1", ";;s=x", "s\t=y", `s="abc"`, "s=a b", "s=\xff; s=1"} {
		f.Add(line, "")
	}
	f.Add("a=1", "s=2; s=3")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{Header: http.Header{"Cookie": {first, second}}}
		want, err := r.Cookie("s")
		got, ok := cookieOf(r.Header, "s")
		if err != nil || want.Value == "" {
			return
		}
		if !ok {
			t.Fatalf("%q, %q: %q is not found", first, second, want.Value)
		}
		// One that net/http passes over verifies nowhere, and is then left to
		// the store, which finds what net/http finds.
		if isPlainText(got) && got != "" && want.Value != got && !want.Quoted {
			t.Errorf("%q, %q: %q, net/http says %q", first, second, got, want.Value)
		}
	})
}
