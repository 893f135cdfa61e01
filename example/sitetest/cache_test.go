package sitetest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// guess is how long the cache keeps a reply that says nothing about it.
const guess = 10 * time.Minute

// sharedCache stands in front of the shop, as a proxy or a CDN does. It keeps
// everything that RFC 9111 lets a shared cache keep, also replies that set
// cookies, and does not care what the request says about caching.
type sharedCache struct {
	next http.Handler

	mu       sync.Mutex
	targeted bool     // obeys the headers for CDNs instead of Cache-Control
	strip    []string // headers that it never sees: the control
	kept     map[string][]kept
}

// kept is a stored reply, and the request it was for.
type kept struct {
	asked  http.Header
	reply  *httptest.ResponseRecorder
	expiry time.Time
}

// set makes the cache one that obeys the headers for CDNs, or one that never
// sees some headers.
func (c *sharedCache) set(targeted bool, strip ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.targeted, c.strip = targeted, strip
}

func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		c.next.ServeHTTP(w, r)
		return
	}
	reply := c.find(r)
	if reply == nil {
		reply = httptest.NewRecorder()
		asked := r.Header.Clone()
		c.next.ServeHTTP(reply, r)
		c.keep(r.URL.RequestURI(), asked, reply)
	}
	maps.Copy(w.Header(), reply.Header())
	w.WriteHeader(reply.Code)
	_, _ = w.Write(reply.Body.Bytes())
}

func (c *sharedCache) find(r *http.Request) *httptest.ResponseRecorder {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kept[r.URL.RequestURI()] {
		if time.Now().Before(k.expiry) && k.fits(r.Header) {
			return k.reply
		}
	}
	return nil
}

// fits reports whether the reply may answer a request with these headers.
func (k kept) fits(asked http.Header) bool {
	for name := range words(k.reply.Header(), "Vary") {
		if name == "*" || !slices.Equal(k.asked.Values(name), asked.Values(name)) {
			return false
		}
	}
	return true
}

func (c *sharedCache) keep(address string, asked http.Header, reply *httptest.ResponseRecorder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.strip {
		reply.Header().Del(name)
	}
	lifetime, ok := sharedLifetime(reply.Header(), c.targeted)
	if reply.Code != http.StatusOK || !ok {
		return
	}
	if c.kept == nil {
		c.kept = map[string][]kept{}
	}
	c.kept[address] = append(c.kept[address], kept{asked, reply, time.Now().Add(lifetime)})
}

// stored are the addresses of which something is stored, in order.
func (c *sharedCache) stored() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	stored := slices.Sorted(maps.Keys(c.kept))
	for i, path := range stored {
		stored[i] = loaderHash.ReplaceAllString(path, ".HASH.js")
	}
	return stored
}

// loaderHash is the end of the loader's address.
var loaderHash = regexp.MustCompile(`\.[0-9a-f]{16}\.js$`)

// text is all that is stored.
func (c *sharedCache) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for _, list := range c.kept {
		for _, k := range list {
			_ = k.reply.Header().Write(&all)
			all.Write(k.reply.Body.Bytes())
		}
	}
	return all.String()
}

// sharedLifetime is how long a reply may be served to anybody, and whether it
// may be stored at all.
func sharedLifetime(h http.Header, targeted bool) (time.Duration, bool) {
	control := words(h, "Cache-Control")
	if targeted {
		for _, name := range []string{"Surrogate-Control", "Cdn-Cache-Control"} {
			if h.Get(name) != "" {
				control = words(h, name)
			}
		}
	}
	for _, name := range []string{"no-store", "private"} {
		if _, ok := control[name]; ok {
			return 0, false
		}
	}
	if _, ok := control["no-cache"]; ok {
		return 0, true
	}
	for _, name := range []string{"s-maxage", "max-age"} {
		if seconds, err := strconv.Atoi(control[name]); err == nil {
			return time.Duration(seconds) * time.Second, true
		}
	}
	if expires, err := http.ParseTime(h.Get("Expires")); err == nil {
		return time.Until(expires), true
	}
	return guess, true
}

// words reads a header that is a list of names, some with values.
func words(h http.Header, name string) map[string]string {
	list := map[string]string{}
	for _, line := range h.Values(name) {
		for word := range strings.SplitSeq(line, ",") {
			key, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(word)), "=")
			if key != "" {
				list[key] = strings.Trim(value, `"`)
			}
		}
	}
	return list
}

// The cache must be as greedy as it may, or it proves nothing.
func TestSharedCache(t *testing.T) {
	t.Parallel()
	type outcome struct {
		lifetime time.Duration
		stored   bool
	}
	for _, test := range []struct {
		name     string
		header   http.Header
		standard outcome
		cdn      outcome
	}{
		{"nothing said", http.Header{}, outcome{guess, true}, outcome{guess, true}},
		{"cookie set", http.Header{"Set-Cookie": {"a=b"}}, outcome{guess, true}, outcome{guess, true}},
		{"public", http.Header{"Cache-Control": {"public, max-age=300"}}, outcome{5 * time.Minute, true}, outcome{5 * time.Minute, true}},
		{"shared longer", http.Header{"Cache-Control": {"max-age=1, s-maxage=60"}}, outcome{time.Minute, true}, outcome{time.Minute, true}},
		{"private", http.Header{"Cache-Control": {"private, max-age=300"}}, outcome{}, outcome{}},
		{"no-store in a second line", http.Header{"Cache-Control": {"max-age=9", "No-Store"}}, outcome{}, outcome{}},
		{"to be asked again", http.Header{"Cache-Control": {"no-cache"}}, outcome{0, true}, outcome{0, true}},
		{"for CDNs only", http.Header{"Cache-Control": {"private"}, "Cdn-Cache-Control": {"max-age=60"}}, outcome{}, outcome{time.Minute, true}},
		{"not for CDNs", http.Header{"Cache-Control": {"max-age=60"}, "Surrogate-Control": {"no-store"}}, outcome{time.Minute, true}, outcome{}},
	} {
		for _, targeted := range []bool{false, true} {
			want := test.standard
			if targeted {
				want = test.cdn
			}
			var got outcome
			if got.lifetime, got.stored = sharedLifetime(test.header, targeted); got != want {
				t.Errorf("%s, targeted %t: got %+v, want %+v", test.name, targeted, got, want)
			}
		}
	}
}
