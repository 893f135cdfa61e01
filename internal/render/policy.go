package render

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// isNonce reports whether a text is a base64-value of Content Security Policy, in either
// alphabet, with or without padding, or is empty.
func isNonce(s string) bool {
	plain := strings.TrimRight(s, "=")
	if len(s)-len(plain) > 2 || plain == "" && s != "" {
		return false
	}
	for i := range len(plain) {
		if c := plain[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0) {
			return false
		}
	}
	return true
}

// HashSource returns the source, with its quotes, that allows an inline script of that
// text in a policy's script-src.
func HashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// OpenTag returns the start tag of an inline script with the nonce of the page's
// policy; empty: no nonce.
func OpenTag(nonce string) (string, error) {
	switch {
	case !isNonce(nonce):
		return "", errors.New("maicontact: the nonce is not base64")
	case nonce == "":
		return "<script>", nil
	}
	return `<script nonce="` + nonce + `">`, nil
}
