package maicontact

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

const (
	shortestSigningKey = 32
	cookieStoreMaxAge  = 30 * dayInSeconds
)

// NewCookieStore returns the recommended store for Config.Sessions: gorilla's
// cookie store with a compact format in place of gob, which takes most of the
// time of reading a cookie. It serves the application's own sessions as well.
//
// keyPairs are as for [sessions.NewCookieStore]: a key that signs (HMAC-SHA256,
// at least 32 random bytes) and one that encrypts (AES; 16, 24 or 32 bytes; nil
// or left out: none), and the same again for other pairs. The first pair writes
// and all read. To rotate keys let all servers have the new pair last, then
// first, and take the old one away a month later. Each pair needs a signing key
// of its own. Without an encryption key people can read what is in their own
// cookies, though not change it. The keys are copied; an error says what is
// wrong with them, and holds none.
//
// A session holds string keys and values of type string, bool, int, int64,
// uint64, float64, []byte, time.Time (the instant and the UTC offset; the zone's
// name is lost) and []any of these, such as flashes. They come back with the
// same types. Saving any other type fails, as does a cookie longer than 4096
// bytes, for which at most about 2,200 bytes of keys and values fit. The format
// is version 1; docs/session-store.md has it.
//
// Cookies end after 30 days, and go out with Path "/", HttpOnly, Secure and
// SameSite=Lax. Change Options, or call MaxAge, for the application's own
// sessions: Secure must be false where a site is tried over plain HTTP. The
// middleware sets its own.
//
// Cookies of a [sessions.NewCookieStore] with the same keys are still read when
// its codecs come last:
//
//	store.Codecs = append(store.Codecs, securecookie.CodecsFromPairs(keyPairs...)...)
//
// Servers that know only gob take the new cookies for broken ones: visitors
// would lose their contact and members their login. Where old and new servers
// run side by side, first let all of them read both and write gob:
//
//	store := sessions.NewCookieStore(keyPairs...)
//	store.Codecs = append(store.Codecs, compact.Codecs...) // of NewCookieStore
//
// The store is safe for concurrent use once its Codecs and Options are settled,
// which must be before it is given to [New].
func NewCookieStore(keyPairs ...[]byte) (*sessions.CookieStore, error) {
	if len(keyPairs) == 0 {
		return nil, errors.New("maicontact: NewCookieStore needs a key that signs: 32 random bytes, the same on all servers and after a restart")
	}
	var codecs []securecookie.Codec
	var former [][]byte
	for pair := range slices.Chunk(keyPairs, 2) {
		n, signing := len(codecs)+1, bytes.Clone(pair[0])
		if len(signing) < shortestSigningKey {
			return nil, fmt.Errorf("maicontact: NewCookieStore: the signing key of pair %d has %d bytes, give it at least %d random ones", n, len(signing), shortestSigningKey)
		}
		// A text that one pair encrypts must not pass another's signature.
		if slices.ContainsFunc(former, func(k []byte) bool { return bytes.Equal(k, signing) }) {
			return nil, fmt.Errorf("maicontact: NewCookieStore: the signing key of pair %d is that of an earlier pair, give each pair its own", n)
		}
		former = append(former, signing)
		var encryption []byte
		if len(pair) == 2 && len(pair[1]) > 0 {
			encryption = bytes.Clone(pair[1])
		}
		switch len(encryption) {
		case 0, 16, 24, 32:
		default:
			return nil, fmt.Errorf("maicontact: NewCookieStore: the encryption key of pair %d has %d bytes, give it 16, 24 or 32, or nil for none", n, len(encryption))
		}
		codecs = append(codecs, securecookie.New(signing, encryption).SetSerializer(compactSerializer{}))
	}
	store := &sessions.CookieStore{
		Codecs:  codecs,
		Options: &sessions.Options{Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode},
	}
	store.MaxAge(cookieStoreMaxAge)
	return store, nil
}

// compactCodecs returns the codecs of a cookie store that decode into a
// *storedEntry, up to the first that does not: none for any other store. Who
// decodes with them in their order, and asks the store when all refuse, gets
// what the store alone would give.
func compactCodecs(store sessions.Store) []securecookie.Codec {
	cookies, ok := store.(*sessions.CookieStore)
	if !ok || cookies == nil {
		return nil
	}
	var compact []securecookie.Codec
	for _, codec := range cookies.Codecs {
		if !readsEntries(codec) {
			break
		}
		compact = append(compact, codec)
	}
	return compact
}

// readsEntries tries one codec. Somebody else's serializer may panic when it is
// given another type than a session's map.
func readsEntries(codec securecookie.Codec) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	const name, probe = "maicontact", "probe"
	text, err := codec.Encode(name, map[any]any{sessionKey: probe})
	if err != nil {
		return false
	}
	var stored storedEntry
	return codec.Decode(name, text, &stored) == nil && stored == storedEntry{text: probe, found: true}
}
