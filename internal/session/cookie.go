package session

import (
	"bytes"
	"crypto/sha256"
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
	c := &codec{maxAge: CookieMaxAge}
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

// ownCodec returns our codec when the store tries it first.
func ownCodec(store sessions.Store) *codec {
	cookies, ok := store.(*sessions.CookieStore)
	if !ok || len(cookies.Codecs) == 0 {
		return nil
	}
	c, _ := cookies.Codecs[0].(*codec)
	return c
}

// checkCookieStore tries the keys of a cookie store.
func checkCookieStore(cookies *sessions.CookieStore, name string) error {
	if cookies.Options == nil {
		return errors.New("the cookie store has no Options: make it with NewCookieStore")
	}
	_, err := contained(func() (string, error) {
		return securecookie.EncodeMulti(name, map[any]any{entryKey: ""}, cookies.Codecs...)
	})
	if err != nil {
		return fmt.Errorf("the cookie store cannot write a cookie, check its keys: %w", err)
	}
	return nil
}
