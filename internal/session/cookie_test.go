package session

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

func TestCookieStoreSecrets(t *testing.T) {
	a, b, c := secretOf("a"), secretOf("b"), secretOf("c")
	const (
		start = "maicontact: NewCookieStore: "
		give  = " bytes, give it 32 random ones, the same on all servers and after a restart; decode them first where they are written in hex or base64"
	)
	for name, test := range map[string]struct {
		secrets [][]byte
		want    string
	}{
		"one": {[][]byte{a}, ""}, "three": {[][]byte{a, b, c}, ""},
		"nil":               {[][]byte{nil}, start + "the secret has 0" + give},
		"short":             {[][]byte{a[1:]}, start + "the secret has 31" + give},
		"in hex":            {[][]byte{append(a, a...)}, start + "the secret has 64" + give},
		"older is short":    {[][]byte{a, b, c[:5]}, start + "older secret 2 has 5" + give},
		"older is the same": {[][]byte{a, b, bytes.Clone(a)}, start + "older secret 2 is the same as an earlier one, give each once"},
	} {
		store, err := NewCookieStore(test.secrets[0], test.secrets[1:]...)
		switch {
		case test.want == "" && (err != nil || len(store.Codecs) != 1 || len(store.Codecs[0].(*codec).keys) != len(test.secrets)):
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (store != nil || err == nil || err.Error() != test.want):
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestCookieStoreCopiesSecrets(t *testing.T) {
	secret := secretOf("a")
	store, err := NewCookieStore(secret)
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	if read(store.Codecs[0].(*codec), encode(t, codecOf(t, "a"), sessionOf(member))) == nil {
		t.Error("the secret is not copied")
	}
}

func siteStore(t testing.TB, letters string) *sessions.CookieStore {
	t.Helper()
	store, err := NewCookieStore(secretOf(letters[:1]))
	if err != nil {
		t.Fatal(err)
	}
	store.Codecs[0] = codecOf(t, letters)
	return store
}

// put saves a session of the site's own and returns its cookie.
func put(t testing.TB, store *sessions.CookieStore, values map[any]any) *http.Cookie {
	t.Helper()
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	g, _ := store.Get(r, "app")
	g.Values = values
	if err := g.Save(r, w); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// values reads the session of a cookie: nil when it is not valid.
func values(store *sessions.CookieStore, value string) map[any]any {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "app", Value: value})
	g, err := store.Get(r, "app")
	if err != nil {
		return nil
	}
	return g.Values
}

func TestCookieStoreCookie(t *testing.T) {
	c := put(t, siteStore(t, "a"), map[any]any{"k": 1})
	c.Value, c.Raw, c.RawExpires, c.Expires = "", "", "", time.Time{}
	want := &http.Cookie{Name: "app", Path: "/", MaxAge: 30 * 24 * 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.String() != want.String() {
		t.Errorf("%v, want %v", c, want)
	}
}

// A site's own session, flashes too, comes back with the same types.
func TestCookieStoreSession(t *testing.T) {
	store := siteStore(t, "a")
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	g, err := store.Get(r, "app")
	if err != nil {
		t.Fatal(err)
	}
	g.Values["user"], g.Values[7] = "u-alice", int32(3)
	g.AddFlash("Saved.")
	g.AddFlash(7)
	if err := g.Save(r, w); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	want := map[any]any{"user": "u-alice", 7: int32(3), "_flash": []any{"Saved.", 7}}
	if got := values(store, c.Value); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if strings.Contains(c.Value, "alice") || len(c.Value) > maxCookieLength {
		t.Error(c.Value)
	}
}

// Gorilla's codecs at the end read what was there before, and nothing of ours
// is written with them.
func TestCookieStoreReadsLegacy(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	former, store := sessions.NewCookieStore(key), siteStore(t, "a")
	old := map[any]any{"user": "u-1"}
	value := put(t, former, old).Value
	if values(store, value) != nil {
		t.Error("a cookie without our key was read")
	}
	store.Codecs = append(store.Codecs, securecookie.CodecsFromPairs(key)...)
	if got := values(store, value); !reflect.DeepEqual(got, old) {
		t.Errorf("%v, want %v", got, old)
	}
	if next := put(t, store, old).Value; values(siteStore(t, "a"), next) == nil || values(former, next) != nil {
		t.Error("gorilla's codec writes")
	}
	// With ours at the end all servers can read it before the first writes it.
	former.Codecs = append(former.Codecs, siteStore(t, "a").Codecs...)
	if values(former, put(t, store, old).Value) == nil || values(former, value) == nil {
		t.Error("the first stage of moving does not read both")
	}
}

// The cookie of an entry is small whatever the entry holds.
func TestCookieSizes(t *testing.T) {
	c := codecOf(t, "a")
	fullest := member
	fullest.Profile, fullest.Trust = largest.Profile, largest.Trust
	for name, test := range map[string]struct {
		entry Entry
		most  int
	}{
		"member": {member, 240}, "member at most": {fullest, 240}, "visitor": {visitor, 240}, "largest": {largest, 320},
	} {
		size := len(encode(t, c, sessionOf(test.entry)))
		t.Logf("%s: %d characters", name, size)
		if size > test.most {
			t.Errorf("%s: %d characters, want %d at most", name, size, test.most)
		}
	}
}

// A cookie that whoever has it can read the contact id in is told from one that nobody
// can read.
func TestReadable(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	own, err := NewCookieStore(key)
	if err != nil {
		t.Fatal(err)
	}
	moving := sessions.NewCookieStore(key) // on the way to ours
	moving.Codecs = append(slices.Clone(own.Codecs), moving.Codecs...)
	for name, test := range map[string]struct {
		store sessions.Store
		want  bool
	}{
		"signed":                      {sessions.NewCookieStore(key), true},
		"signed, and encrypted":       {sessions.NewCookieStore(key, other), false},
		"signed since, and encrypted": {sessions.NewCookieStore(key, nil, key, other), true},
		"ours":                        {own, false},
		"ours, and signed before":     {moving, false},
		"on the server":               {newMapStore(), false},
	} {
		s, err := New(Options{Store: test.store, Name: "s"})
		if err != nil {
			t.Fatal(name, err)
		}
		if s.Readable != test.want {
			t.Errorf("%s: readable %v", name, s.Readable)
		}
	}
}
