package maicontact_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// keyOf is a key of that many bytes.
func keyOf(letter string, size int) []byte { return []byte(strings.Repeat(letter, size)) }

func newCookieStore(t testing.TB, keyPairs ...[]byte) *sessions.CookieStore {
	t.Helper()
	store, err := maicontact.NewCookieStore(keyPairs...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestCookieStoreKeys(t *testing.T) {
	a, b, c := keyOf("a", 32), keyOf("b", 32), keyOf("c", 64)
	const start = "maicontact: NewCookieStore"
	for name, test := range map[string]struct {
		pairs [][]byte
		want  string
	}{
		"signed":                {[][]byte{a}, ""},
		"signed, nil":           {[][]byte{a, nil}, ""},
		"signed, empty":         {[][]byte{a, {}}, ""},
		"AES-128":               {[][]byte{a, keyOf("s", 16)}, ""},
		"AES-192":               {[][]byte{a, keyOf("s", 24)}, ""},
		"AES-256":               {[][]byte{a, keyOf("s", 32)}, ""},
		"two pairs and a half":  {[][]byte{a, nil, b, keyOf("s", 16), c}, ""},
		"same encryption key":   {[][]byte{a, keyOf("s", 16), b, keyOf("s", 16)}, ""},
		"none":                  {nil, " needs a key that signs: 32 random bytes, the same on all servers and after a restart"},
		"nil":                   {[][]byte{nil}, ": the signing key of pair 1 has 0 bytes, give it at least 32 random ones"},
		"short":                 {[][]byte{keyOf("z", 31)}, ": the signing key of pair 1 has 31 bytes, give it at least 32 random ones"},
		"older is short":        {[][]byte{a, nil, keyOf("z", 5)}, ": the signing key of pair 2 has 5 bytes, give it at least 32 random ones"},
		"older is the same":     {[][]byte{a, keyOf("s", 16), b, nil, a, nil}, ": the signing key of pair 3 is that of an earlier pair, give each pair its own"},
		"odd encryption key":    {[][]byte{a, keyOf("z", 31)}, ": the encryption key of pair 1 has 31 bytes, give it 16, 24 or 32, or nil for none"},
		"older, odd encryption": {[][]byte{a, nil, b, keyOf("z", 33)}, ": the encryption key of pair 2 has 33 bytes, give it 16, 24 or 32, or nil for none"},
	} {
		store, err := maicontact.NewCookieStore(test.pairs...)
		switch {
		case test.want == "" && (err != nil || len(store.Codecs) != (len(test.pairs)+1)/2):
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (store != nil || err == nil || err.Error() != start+test.want):
			t.Errorf("%s: %v, want %s%s", name, err, start, test.want)
		}
	}
}

// put saves a session of these values and returns its cookie.
func put(t testing.TB, store *sessions.CookieStore, values map[any]any) *http.Cookie {
	t.Helper()
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	session, _ := store.New(r, "app")
	session.Values = values
	if err := store.Save(r, w, session); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// open reads the session of a cookie: nil when it is not valid.
func open(store *sessions.CookieStore, value string) map[any]any {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "app", Value: value})
	session, err := store.New(r, "app")
	if session.IsNew != (err != nil) {
		panic("a session is new without a reason, or old with one")
	}
	if err != nil {
		return nil
	}
	return session.Values
}

func TestCookieStoreCookie(t *testing.T) {
	c := put(t, newCookieStore(t, keyOf("a", 32)), map[any]any{"k": 1})
	c.Value, c.Raw, c.RawExpires, c.Expires = "", "", "", time.Time{}
	want := &http.Cookie{Name: "app", Path: "/", MaxAge: 30 * 24 * 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.String() != want.String() {
		t.Errorf("%v, want %v", c, want)
	}
}

// Thirty days are what the codecs hold to as well, whatever the browser sends.
func TestCookieStoreEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newCookieStore(t, keyOf("a", 32))
		c := put(t, store, map[any]any{"k": 1})
		time.Sleep(30 * 24 * time.Hour)
		if open(store, c.Value) == nil {
			t.Error("it ended too soon")
		}
		time.Sleep(time.Second)
		if open(store, c.Value) != nil {
			t.Error("it did not end")
		}
	})
}

// An application's own session, flashes too, comes back with the same types.
func TestCookieStoreSession(t *testing.T) {
	for name, pairs := range map[string][][]byte{
		"signed": {keyOf("a", 32)}, "AES-128": {keyOf("a", 32), keyOf("s", 16)}, "AES-256": {keyOf("a", 64), keyOf("s", 32)},
	} {
		store := newCookieStore(t, pairs...)
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		session, err := store.Get(r, "app")
		if err != nil {
			t.Fatal(err)
		}
		since := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
		session.Values["user"], session.Values["visits"], session.Values["since"] = "u-alice", 3, since
		session.AddFlash("Saved.")
		session.AddFlash(7)
		if err := session.Save(r, w); err != nil {
			t.Fatal(err)
		}
		c := w.Result().Cookies()[0]
		want := map[any]any{"user": "u-alice", "visits": 3, "since": since, "_flash": []any{"Saved.", 7}}
		if got := open(store, c.Value); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if readable := strings.Contains(peel(c.Value), "u-alice"); readable != (len(pairs) == 1) {
			t.Errorf("%s: readable %v", name, readable)
		}
		next := httptest.NewRequest("GET", "/", nil)
		next.AddCookie(c)
		session, _ = store.Get(next, "app")
		if got := session.Flashes(); !reflect.DeepEqual(got, []any{"Saved.", 7}) {
			t.Errorf("%s: flashes %v", name, got)
		}
	}
}

// peel takes both layers of base64 off a cookie.
func peel(value string) string {
	outer, _ := base64.URLEncoding.DecodeString(value)
	parts := strings.SplitN(string(outer), "|", 3)
	if len(parts) != 3 {
		return ""
	}
	inner, _ := base64.URLEncoding.DecodeString(parts[1])
	return string(inner)
}

func TestCookieStoreRefusesToSave(t *testing.T) {
	store := newCookieStore(t, keyOf("a", 32), keyOf("s", 32))
	for name, test := range map[string]struct {
		value any
		want  string // in the error; "" is none
	}{
		"what fits":    {strings.Repeat("secret", 2200/6), ""},
		"too long":     {strings.Repeat("secret", 2300/6), "the value is too long"},
		"another type": {[]string{"secret"}, "a compact session holds no []string: convert it to"},
	} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		session, _ := store.New(r, "app")
		session.Values["k"] = test.value
		err := store.Save(r, w, session)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || len(w.Header()) > 0) {
			t.Errorf("%s: the error tells the value, or a cookie was set: %v", name, err)
		}
	}
}

// No place of a cookie can be changed, and no cookie passes under another name.
func TestCookieStoreTampered(t *testing.T) {
	for name, pairs := range map[string][][]byte{"signed": {keyOf("a", 32)}, "encrypted": {keyOf("a", 32), keyOf("s", 16)}} {
		store := newCookieStore(t, pairs...)
		values := map[any]any{"user": "u-alice"}
		value := put(t, store, values).Value
		raw, err := base64.URLEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			changed := bytes.Clone(raw)
			changed[i] ^= 1
			if got := open(store, base64.URLEncoding.EncodeToString(changed)); got != nil {
				t.Errorf("%s: byte %d was changed, and %v read", name, i, got)
			}
			if got := open(store, base64.URLEncoding.EncodeToString(raw[:i])); got != nil {
				t.Errorf("%s: cut at byte %d, and %v read", name, i, got)
			}
		}
		if open(store, value) == nil {
			t.Errorf("%s: the cookie itself was refused", name)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "other", Value: value})
		if session, err := store.New(r, "other"); err == nil || len(session.Values) > 0 {
			t.Errorf("%s: it passed under another name", name)
		}
	}
}

// Who can read whose cookies while keys are rotated, and while a site moves
// from gob: of each column the stages that may run side by side.
func TestCookieStoreWhoReadsWhose(t *testing.T) {
	a, b := [][]byte{keyOf("a", 32), keyOf("s", 32)}, [][]byte{keyOf("b", 32), nil}
	compact := newCookieStore(t, a...)
	readsBoth := sessions.NewCookieStore(a...)
	readsBoth.Codecs = append(readsBoth.Codecs, compact.Codecs...)
	writesCompact := newCookieStore(t, a...)
	writesCompact.Codecs = append(writesCompact.Codecs, securecookie.CodecsFromPairs(a...)...)
	for name, test := range map[string]struct {
		stores []*sessions.CookieStore
		want   string // a row for each writer, a column for each reader
	}{
		"rotation": {
			[]*sessions.CookieStore{
				compact, newCookieStore(t, append(append([][]byte{}, a...), b...)...),
				newCookieStore(t, append(append([][]byte{}, b...), a...)...), newCookieStore(t, b...),
			},
			"xxx- xxx- -xxx -xxx",
		},
		"from gob": {
			[]*sessions.CookieStore{sessions.NewCookieStore(a...), readsBoth, writesCompact, compact},
			"xxx- xxx- -xxx -xxx",
		},
	} {
		var got []string
		for i, writer := range test.stores {
			values := map[any]any{"user": fmt.Sprint("u-", i), "n": i}
			value := put(t, writer, values).Value
			row := ""
			for _, reader := range test.stores {
				switch read := open(reader, value); {
				case read == nil:
					row += "-"
				case reflect.DeepEqual(read, values):
					row += "x"
				default:
					t.Errorf("%s: %v was read as %v", name, values, read)
				}
			}
			got = append(got, row)
		}
		if all := strings.Join(got, " "); all != test.want {
			t.Errorf("%s: %s, want %s", name, all, test.want)
		}
	}
}

// While gob's codecs come last they also write what the compact format cannot.
func TestCookieStoreFallsBackToGob(t *testing.T) {
	store := newCookieStore(t, keyOf("a", 32))
	store.Codecs = append(store.Codecs, securecookie.CodecsFromPairs(keyOf("a", 32))...)
	values := map[any]any{7: int32(8)}
	if got := open(store, put(t, store, values).Value); !reflect.DeepEqual(got, values) {
		t.Errorf("%v, want %v", got, values)
	}
}

// A visitor keeps their contact when a site moves from gob in the stages of
// the documentation, with servers of neighbouring stages side by side.
func TestVisitorKeepsContactFromGob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := keyOf("a", 32)
		readsBoth, writesCompact := sessions.NewCookieStore(key), newCookieStore(t, key)
		readsBoth.Codecs = append(readsBoth.Codecs, newCookieStore(t, key).Codecs...)
		writesCompact.Codecs = append(writesCompact.Codecs, securecookie.CodecsFromPairs(key)...)
		zero, one, two, three := sessions.NewCookieStore(key), readsBoth, writesCompact, newCookieStore(t, key)

		var config maicontact.Config
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
		config.API.HTTPClient = &http.Client{Transport: inProcess{s.sim}}
		b := s.browser()
		first := ""
		for i, store := range []*sessions.CookieStore{zero, one, zero, one, two, one, two, three, two, three} {
			config.Sessions = store
			s.build(config)
			id := b.contact()
			if first == "" {
				first = id
			}
			if id != first {
				t.Errorf("server %d: another contact", i)
			}
			time.Sleep(25 * time.Hour) // the visitor's cookie is written anew
		}
	})
}

// The whole of the middleware on this store: each sort of person keeps their
// contact, and the browser's cookie can be read by its owner at most.
func TestSiteOnCookieStore(t *testing.T) {
	store := newCookieStore(t, keyOf("a", 32), keyOf("s", 32))
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Sessions = store })
	s.member("u-alice", alice)
	s.member("u-bob", alice)
	b := s.browser()
	visitor := b.contact()
	if b.contact() != visitor {
		t.Error("the visitor's contact is not stable")
	}
	b.login("u-alice")
	aliceID := b.contact()
	b.login("u-bob")
	if bobID := b.contact(); bobID == aliceID || bobID != b.contact() || bobID == visitor || aliceID == visitor {
		t.Error("two people share a contact, or one has two")
	}
	if r := b.send("GET", "/webchat.js"); len(r.Cookies()) != 0 {
		t.Error("a returning person was set a cookie")
	}
	if text := peel(b.cookie("maicontact")); text == "" || strings.Contains(text, "u-bob") {
		t.Error("the cookie is readable")
	}
}

// The caller may wipe the keys.
func TestCookieStoreCopiesKeys(t *testing.T) {
	signing, encryption := keyOf("a", 32), keyOf("s", 32)
	store := newCookieStore(t, signing, encryption)
	clear(signing)
	clear(encryption)
	value := put(t, store, map[any]any{"k": 1}).Value
	if open(newCookieStore(t, keyOf("a", 32), keyOf("s", 32)), value) == nil {
		t.Error("the keys changed with those of the caller")
	}
}

func TestCookieStoreConcurrently(t *testing.T) {
	store := newCookieStore(t, keyOf("a", 32), keyOf("s", 32))
	var people sync.WaitGroup
	for i := range 8 {
		people.Go(func() {
			for n := range 50 {
				values := map[any]any{"i": i, "n": n, "entry": "x"}
				if got := open(store, put(t, store, values).Value); !reflect.DeepEqual(got, values) {
					t.Errorf("%v, want %v", got, values)
				}
			}
		})
	}
	people.Wait()
}

// One store for the middleware and for the site's own sessions.
func ExampleNewCookieStore() {
	signingKey := []byte("32 random bytes from a secret...") // the same on all servers
	store, err := maicontact.NewCookieStore(signingKey)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, "shop")
		visits, _ := session.Values["visits"].(int)
		session.Values["visits"] = visits + 1
		if err := session.Save(r, w); err != nil {
			http.Error(w, "try again", http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "visit %d", visits+1)
	})
	// maicontact.New(maicontact.Config{Sessions: store, ...})
}
