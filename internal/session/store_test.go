package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

var gorillaKey = []byte("0123456789abcdef0123456789abcdef")

func sessionsOf(t testing.TB, store sessions.Store) *Sessions {
	t.Helper()
	s, err := New(Options{Store: store, Name: "maicontact"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open reads the session of a request.
func open(ctx context.Context, s *Sessions, r *http.Request) *Opened {
	return s.Open(ctx, r, new(Opened))
}

// allStores are one of each sort that there is.
func allStores(t testing.TB) map[string]sessions.Store {
	legacy := siteStore(t, "a")
	legacy.Codecs = append(legacy.Codecs, securecookie.CodecsFromPairs(gorillaKey)...)
	last := sessions.NewCookieStore(gorillaKey)
	last.Codecs = append(last.Codecs, siteStore(t, "a").Codecs...)
	return map[string]sessions.Store{
		"ours": siteStore(t, "ab"), "ours, then gorilla's": legacy, "gorilla's, then ours": last,
		"gorilla": sessions.NewCookieStore(gorillaKey), "files": sessions.NewFilesystemStore(t.TempDir(), gorillaKey), "map": newMapStore(),
	}
}

// with returns a request that brings what a reply of these headers set.
func with(h http.Header) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "other", Value: "maicontact=1"})
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
	return r
}

// saved returns the headers of a reply that saves the entry.
func saved(t testing.TB, s *Sessions, e Entry) http.Header {
	t.Helper()
	h, r := http.Header{}, with(nil)
	if err := s.Save(h, r, open(r.Context(), s, r), e, true, time.Hour); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSessionsInEveryStore(t *testing.T) {
	for name, store := range allStores(t) {
		s := sessionsOf(t, store)
		r := with(nil)
		if o := open(r.Context(), s, r); o.Found || o.Err != nil {
			t.Errorf("%s: something is there at first: %v", name, o.Err)
		}
		h := saved(t, s, member)
		r = with(h)
		o := open(r.Context(), s, r)
		if !o.Found || o.Entry != member || o.Err != nil {
			t.Errorf("%s: not found: %v", name, o.Err)
		}
		// Written anew under the same session, twice in one reply: the last counts.
		h = http.Header{"X": {"y"}}
		for _, e := range []Entry{visitor, largest} {
			if err := s.Save(h, r, o, e, true, time.Hour); err != nil || o.Entry != e || !o.Found {
				t.Errorf("%s: %v", name, err)
			}
		}
		h["Set-Cookie"] = h["Set-Cookie"][1:]
		r = with(h)
		registry := sessions.GetRegistry(r)
		if o = open(r.Context(), s, r); o.Entry != largest {
			t.Errorf("%s: not written anew", name)
		}
		h = http.Header{}
		if err := s.Drop(h, r, o, true); err != nil || o.Found || o.Entry != (Entry{}) {
			t.Errorf("%s: %v", name, err)
		}
		if c := (&http.Response{Header: h}).Cookies(); len(c) != 1 || c[0].MaxAge >= 0 || c[0].Path != "/" || !c[0].Secure || s.HasCookie(with(h)) {
			t.Errorf("%s: dropped with %v", name, c)
		}
		w := httptest.NewRecorder()
		if err := registry.Save(w); err != nil || len(w.Header()) > 0 {
			t.Errorf("%s: the registry of the request was entered", name)
		}
	}
	store := newMapStore()
	s := sessionsOf(t, store)
	r := with(saved(t, s, member))
	later := member
	later.Trust++
	if o := open(r.Context(), s, r); s.Save(http.Header{}, r, o, later, true, time.Hour) != nil || len(store.values) != 1 {
		t.Error("the session was not written again, but another")
	}
	if store.entered == sessions.GetRegistry(r) {
		t.Error("a store that writes on another goroutine has the registry of the request")
	}
	h := http.Header{}
	if o := open(r.Context(), s, r); s.Save(h, r, o, visitor, true, time.Hour) != nil || len(store.values) != 1 || open(r.Context(), s, r).Found {
		t.Error("the next person is in the session of the former, or that one is still in the store")
	}
	r = with(h)
	if o := open(r.Context(), s, r); o.Entry.Owner != visitor.Owner || s.Drop(http.Header{}, r, o, true) != nil || len(store.values) != 0 {
		t.Error("the session is still in the store")
	}
}

func TestSessionCookie(t *testing.T) {
	for name, store := range allStores(t) {
		for _, secure := range []bool{false, true} {
			h, r := http.Header{}, with(nil)
			s := sessionsOf(t, store)
			if err := s.Save(h, r, open(r.Context(), s, r), member, secure, 7*24*time.Hour); err != nil {
				t.Fatal(err)
			}
			c := (&http.Response{Header: h}).Cookies()[0]
			got := http.Cookie{Name: c.Name, Path: c.Path, Domain: c.Domain, MaxAge: c.MaxAge, Secure: c.Secure, HttpOnly: c.HttpOnly, SameSite: c.SameSite}
			want := http.Cookie{Name: "maicontact", Path: "/", MaxAge: 7 * 24 * 3600, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
			if got.String() != want.String() {
				t.Errorf("%s: cookie %v, want %v", name, &got, &want)
			}
		}
	}
	s, err := New(Options{Store: siteStore(t, "a"), Name: "__Host-chat"})
	if err != nil {
		t.Fatal(err)
	}
	if c := (&http.Response{Header: saved(t, s, member)}).Cookies()[0]; c.Name != "__Host-chat" || c.MaxAge != 3600 {
		t.Errorf("%v", c)
	}
}

// A cookie that does not decode, of another key, or of any content is a clean
// start, and no trouble.
func TestHostileCookie(t *testing.T) {
	for name, store := range allStores(t) {
		if name == "map" {
			continue // whatever it does not know is a failure
		}
		s := sessionsOf(t, store)
		good := (&http.Response{Header: saved(t, s, member)}).Cookies()[0].Value
		other := (&http.Response{Header: saved(t, sessionsOf(t, siteStore(t, "c")), member)}).Cookies()[0].Value
		for what, value := range map[string]string{
			"empty": "", "garbage": "%%%", "long": strings.Repeat("A", 8000), "longest": strings.Repeat("A", 4096), "cut": good[:40],
			"changed": strings.ToUpper(good), "another key": other, "not ASCII": "\xff\xfe", "quoted": `"A"`, "NUL": "\x00",
		} {
			r := with(nil)
			r.Header.Set("Cookie", "a=b; maicontact="+value)
			o := open(r.Context(), s, r)
			if o.Found || o.Entry != (Entry{}) || o.Err != nil {
				t.Errorf("%s, %s: %v, %v", name, what, o.Found, o.Err)
			}
			if err := s.Save(http.Header{}, r, o, visitor, true, time.Hour); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		// A good one is found between others, and as net/http finds it.
		for _, line := range []string{"maicontact2=x; maicontact=" + good, `maicontact="` + good + `"`, "maicontact=\xff; maicontact=" + good} {
			r := with(nil)
			r.Header.Set("Cookie", line)
			if o := open(r.Context(), s, r); o.Entry != member {
				t.Errorf("%s: %.40q is not found", name, line)
			}
		}
	}
}

// A session that the site keeps under the same name has no entry, and keeps what
// is in it.
func TestForeignSession(t *testing.T) {
	for name, store := range allStores(t) {
		s := sessionsOf(t, store)
		w := httptest.NewRecorder()
		g := sessions.NewSession(store, "maicontact")
		g.Options, g.Values["user"], g.Values[entryKey] = &sessions.Options{}, "u-1", "not ours"
		if name == "files" || name == "map" {
			g.Options.MaxAge = 60
		}
		if err := store.Save(with(nil), w, g); err != nil {
			t.Fatal(err)
		}
		r := with(w.Header())
		o := open(r.Context(), s, r)
		if o.Found || o.Err != nil {
			t.Errorf("%s: %v, %v", name, o.Found, o.Err)
		}
		h := http.Header{}
		if err := s.Save(h, r, o, member, true, time.Hour); err != nil {
			t.Fatal(err)
		}
		r = with(h)
		if o = open(r.Context(), s, r); o.Entry != member {
			t.Errorf("%s: the entry is not found beside other values", name)
		}
		if g, _ := store.New(r, "maicontact"); g.Values["user"] != "u-1" {
			t.Errorf("%s: the site's value is gone", name)
		}
	}
}

// A session whose file is gone is a clean start; a file that cannot be read is
// trouble that does not tell its name.
func TestFileStore(t *testing.T) {
	dir := t.TempDir()
	s := sessionsOf(t, sessions.NewFilesystemStore(dir, gorillaKey))
	r := with(saved(t, s, member))
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	os.Remove(files[0])
	if o := open(r.Context(), s, r); o.Found || o.Err != nil {
		t.Errorf("%v, %v", o.Found, o.Err)
	}
	os.Mkdir(files[0], 0o700)
	o := open(r.Context(), s, r)
	if o.Found || o.Err == nil || strings.Contains(o.Err.Error(), "session_") {
		t.Errorf("%v", o.Err)
	}
	if err := s.Save(http.Header{}, r, o, member, true, time.Hour); err != nil {
		t.Errorf("beside the file that cannot be read: %v", err)
	}
	os.RemoveAll(dir)
	if err := s.Save(http.Header{}, r, o, member, true, time.Hour); err == nil || strings.Contains(err.Error(), "session_") {
		t.Errorf("%v", err)
	}
}

func TestNewChecks(t *testing.T) {
	noKey := sessions.NewCookieStore()
	shortKey := sessions.NewCookieStore(gorillaKey, []byte("short"))
	jsons := &sessions.CookieStore{Codecs: []securecookie.Codec{securecookie.New(gorillaKey, nil).SetSerializer(securecookie.JSONEncoder{})}, Options: &sessions.Options{}}
	ours := siteStore(t, "a")
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"nothing":            {Options{Name: "s"}, "it must be a gorilla session store"},
		"nil pointer":        {Options{Name: "s", Store: (*mapStore)(nil)}, "it must be a gorilla session store"},
		"nil cookie store":   {Options{Name: "s", Store: (*sessions.CookieStore)(nil)}, "it must be a gorilla session store"},
		"too long":           {Options{Store: ours, Name: "s", MaxAge: 31 * 24 * time.Hour}, "lasts 30 days at most"},
		"no codec":           {Options{Store: noKey, Name: "s"}, "cannot write a cookie"},
		"bad key":            {Options{Store: shortKey, Name: "s"}, "cannot write a cookie"},
		"JSON":               {Options{Store: jsons, Name: "s"}, "cannot write a cookie"},
		"no options":         {Options{Store: &sessions.CookieStore{Codecs: ours.Codecs}, Name: "s"}, "has no Options"},
		"nil codec":          {Options{Store: &sessions.CookieStore{Codecs: []securecookie.Codec{nil}, Options: &sessions.Options{}}, Name: "s"}, "cannot write a cookie"},
		"ours":               {Options{Store: ours, Name: "s"}, ""},
		"longer in a map":    {Options{Store: newMapStore(), Name: "s", MaxAge: 400 * 24 * time.Hour}, ""},
		"a store that fails": {Options{Store: &mapStore{noSave: errors.New("down"), fail: []error{errors.New("down")}}, Name: "s"}, ""},
	} {
		s, err := New(test.options)
		switch {
		case test.want == "" && (err != nil || s == nil):
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || s != nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), string(gorillaKey))):
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	s := sessionsOf(t, siteStore(t, "a"))
	r, h := with(nil), http.Header{}
	o := open(r.Context(), s, r)
	if s.Save(h, r, o, Entry{}, true, time.Hour) == nil || s.Save(h, r, o, member, true, -1) == nil || s.Save(h, r, o, member, true, time.Millisecond) == nil {
		t.Error("it was saved")
	}
	if len(h) != 0 || o.Found {
		t.Errorf("%v, %v", h, o.Found)
	}
}

// Legs that run side by side each read for themselves, while the handler uses
// gorilla's registry.
func TestOpenConcurrently(t *testing.T) {
	for name, store := range allStores(t) {
		s := sessionsOf(t, store)
		handlers := with(saved(t, s, member))
		copied := handlers.WithContext(&Isolated{Context: handlers.Context()})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 20 {
					if o := open(copied.Context(), s, copied); o.Entry != member {
						t.Errorf("%s: not found", name)
					}
				}
			})
		}
		for i := range 20 {
			if g, err := store.Get(handlers, fmt.Sprint("site", i)); err == nil {
				g.Values["k"] = i
			}
		}
		group.Wait()
	}
}
