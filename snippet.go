package maicontact

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"strings"
)

// Snippet returns the chat script as an inline element for a page's own
// template, with the nonce of the page's Content-Security-Policy (standard or
// URL-safe base64, padded or not; empty: no nonce). Put it before the end of
// the body. ctx is that of the page's request. The reply is then marked
// private. When there is no chat the element says why, as the script does.
//
// The error is ErrNoMiddleware, or says that the nonce is not base64.
func Snippet(ctx context.Context, nonce string) (template.HTML, error) {
	if !isNonce(nonce) {
		return "", errors.New("maicontact: the nonce is not base64")
	}
	open := "<script>"
	if nonce != "" {
		open = `<script nonce="` + nonce + `">`
	}
	element, _, err := inline(ctx, open)
	return element, err
}

// SnippetWithHash is [Snippet] for a page whose Content-Security-Policy allows
// scripts by hash. source is what to put into the policy's script-src for this
// reply: 'sha256-…' with its quotes. It differs from person to person and from
// time to time. The element must get into the page as it is, and the page must
// be UTF-8; the scripts that the element loads (the chat host's, and the one at
// Config.ScriptPath when it asks again) need their own places in the policy.
//
// The error is ErrNoMiddleware.
func SnippetWithHash(ctx context.Context) (_ template.HTML, source string, _ error) {
	element, text, err := inline(ctx, "<script>")
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(text))
	return element, "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", nil
}

// inline returns the element that the tag opens, and the text in it. The text
// holds no carriage return and no NUL, which would not reach a script as they
// are.
func inline(ctx context.Context, tag string) (_ template.HTML, text string, _ error) {
	v, err := visitOf(ctx)
	if err != nil {
		return "", "", err
	}
	m := v.middleware
	text = "\n" + string(m.render(ctx, v, nil, m.answerOf(ctx, v), m.script.text)) + string(m.script.tail)
	// #nosec G203 -- the text is rendered for its place in a script, and a nonce holds base64 only
	return template.HTML(tag + text + "</script>"), text, nil
}

// isNonce accepts the base64-value of Content Security Policy: either
// alphabet, with or without padding.
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
