package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// CookieMaxAge is how long a cookie of [NewCookieStore] is good for, whatever
// its browser says.
const CookieMaxAge = 30 * 24 * time.Hour

// NewCookieStore returns gorilla's cookie store with cookies of AES-256-GCM: nobody
// can read or change them, nor pass one off under another name. That of the root
// package says how it is used. Secrets are copied; an error says what is wrong with
// them, and holds none.
func NewCookieStore(secret []byte, older ...[]byte) (*sessions.CookieStore, error) {
	c := new(codec)
	secrets := append([][]byte{secret}, older...)
	for i, one := range secrets {
		which := "the secret"
		if i > 0 {
			which = fmt.Sprintf("older secret %d", i)
		}
		if len(one) != secretSize {
			return nil, fmt.Errorf("maicontact: NewCookieStore: %s has %d bytes, give it 32 random ones, the same on all servers and after a restart; decode them first where they are written in hex or base64", which, len(one))
		}
		if slices.ContainsFunc(secrets[:i], func(former []byte) bool { return bytes.Equal(former, one) }) {
			return nil, fmt.Errorf("maicontact: NewCookieStore: %s is the same as an earlier one, give each once", which)
		}
		k, err := newKey(one)
		if err != nil {
			return nil, fmt.Errorf("maicontact: NewCookieStore: %w", err)
		}
		c.keys = append(c.keys, k)
	}
	return &sessions.CookieStore{
		Codecs: []securecookie.Codec{c},
		Options: &sessions.Options{
			Path: "/", MaxAge: int(CookieMaxAge / time.Second), HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
		},
	}, nil
}

// DefaultName is the name of the session of a namespace and inbox, so that two
// sites on one host do not take each other's. Over https no sister site can plant
// one of that name.
func DefaultName(namespace, inboxID string, https bool) string {
	sum := sha256.Sum256([]byte(namespace + "|" + inboxID))
	name := "maicontact-" + hex.EncodeToString(sum[:4])
	if https {
		return "__Host-" + name
	}
	return name
}

// checkCookieStore tries the keys of a cookie store. It reports whether what is in its
// cookies can be read without them.
func checkCookieStore(cookies *sessions.CookieStore, name string) (readable bool, err error) {
	if cookies.Options == nil {
		return false, errors.New("the cookie store has no Options: make it with NewCookieStore")
	}
	text, err := contained(func() (string, error) {
		return securecookie.EncodeMulti(name, map[any]any{entryKey: ""}, cookies.Codecs...)
	})
	if err != nil {
		return false, fmt.Errorf("the cookie store cannot write a cookie, check its keys: %w", err)
	}
	return isReadable(text), nil
}

// isReadable goes by gorilla's format: the time, the values and the signature, each
// encoded once more.
func isReadable(cookie string) bool {
	whole, _ := base64.URLEncoding.DecodeString(cookie)
	for part := range bytes.SplitSeq(whole, []byte("|")) {
		if values, _ := base64.URLEncoding.DecodeString(string(part)); bytes.Contains(values, []byte(entryKey)) {
			return true
		}
	}
	return false
}
