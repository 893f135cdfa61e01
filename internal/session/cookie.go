package session

import (
	"bytes"
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

// NewCookieStore returns gorilla's cookie store with cookies of AES-256-GCM:
// nobody can read or change them, nor pass one off under another name. It serves
// the site's own sessions as well.
//
// A secret is 32 random bytes, the same on all servers and after a restart. The
// first writes, all read. To change it, let all servers have the new one as an
// older one, then as the first, and take the old one away 30 days later. One
// secret is good for more cookies than a site can write. Secrets are copied; an
// error says what is wrong with them, and holds none.
//
// A session holds what gob can write; types of your own need [gob.Register]. A
// cookie has at most 4096 characters, for about 3,000 bytes of gob.
//
// Cookies end after 30 days, and go out with Path "/", HttpOnly, Secure and
// SameSite=Lax. Change Options for the site's own sessions: Secure must be false
// where a site is tried over plain HTTP. The store's MaxAge changes only what
// browsers are told: a cookie older than 30 days is refused all the same.
//
// Cookies of a store of gorilla's own are still read when its codecs come last,
// until you take them away again, which should be within 30 days:
//
//	store.Codecs = append(store.Codecs, securecookie.CodecsFromPairs(keyPairs...)...)
//
// While they are there, a cookie is worth no more than those keys are.
//
// The store is safe for concurrent use once its Codecs and Options are settled.
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
