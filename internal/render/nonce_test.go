package render

import "testing"

func TestIsNonce(t *testing.T) {
	for _, nonce := range []string{"", "abc", "AZaz09+/", "AZaz09-_", "YQ==", "YWI="} {
		if !isNonce(nonce) {
			t.Errorf("%q is none", nonce)
		}
	}
	for _, nonce := range []string{"=", "==", "YQ===", "a=b", "a b", `a"`, "a'", "a>", "a\n", "\u00e9"} {
		if isNonce(nonce) {
			t.Errorf("%q is one", nonce)
		}
	}
}
