package sitetest

import (
	"net/http"
	"slices"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// walk takes a person through every route of the shop, also the ways that fail.
func (p person) walk(name string) {
	p.w.t.Helper()
	p.visit()
	p.wantSeen(visitor)
	p.signUp(name)
	p.wantSeen(member(name))
	p.submit("/profile", "name", name+" Two")
	p.wantSeen(member(name + " Two"))
	p.submit("/plan", "plan", "vip")
	p.wantSeen(member(name + " Two"))
	p.logOut()
	p.wantSeen(visitor)
	p.logIn(name)
	p.wantSeen(member(name + " Two"))
	p.Do(`(async () => {
		for (const path of ['/', '/webchat.js', '/healthz', '/nothing', '/signup', '/logout', '/assets/shop.css']) {
			for (const method of ['GET', 'HEAD', 'OPTIONS']) await (await fetch(path, { method })).text();
		}
	})()`)
}

// A cache in front of the shop that serves everybody keeps nothing that tells
// who somebody is, and serves nobody another one's. It is a greedy one, in two
// kinds: one obeys Cache-Control, one the headers that CDNs have of their own.
func TestSharedCacheInFront(t *testing.T) {
	t.Parallel()
	for name, targeted := range map[string]bool{"by the standard": false, "a CDN": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cache.set(targeted)
			ids := map[string]string{}
			for _, name := range []string{"Alice", "Bob"} {
				p := w.person(t)
				p.Expect("404|405|403") // the walk asks for what is not there
				p.walk(name)
				_, ids[name] = p.see()
			}
			if ids["Alice"] == ids["Bob"] {
				t.Error("two members have one contact")
			}
			w.wantContacts("Alice Two, Anonymous, Anonymous, Anonymous, Anonymous, Bob Two")
			// That of the files says that the cache does keep what it may.
			if got, want := w.cache.stored(), []string{"/assets/chat.js", "/assets/icon.svg", "/assets/shop.css", "/webchat.HASH.js"}; !slices.Equal(got, want) {
				t.Errorf("the cache has stored %q, want %q", got, want)
			}
			if w.holdsID(w.cache.text()) {
				t.Error("the cache has stored a contact id")
			}
		})
	}
}

// The control: without the headers of the shop the same cache gives the second
// person the first one's page and chat.
func TestSharedCacheWithoutHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cache.set(false, "Cache-Control", "Cdn-Cache-Control", "Surrogate-Control", "Vary")
	alice := w.person(t)
	alice.Expect("favicon")
	alice.Open(w.origin(shopHost) + "/healthz")
	// Not by the page, or the visitor's would be kept.
	status := chromium.Eval[int](alice.Tab, `fetch('/signup', { method: 'POST', redirect: 'manual', body: new URLSearchParams({
		name: 'Alice', email: 'alice@example.test', password: '`+password+`' }) }).then((r) => r.status)`)
	if status != 0 { // that of a redirect that was not followed
		t.Fatalf("sign-up: %d", status)
	}
	alice.visit()
	id := alice.wantSeen(member("Alice"))

	bob := w.person(t)
	bob.visit()
	if bob.wantSeen(member("Alice")) != id {
		t.Error("the second person has another contact: the cache is too shy to prove anything")
	}
	if !slices.Contains(w.cache.stored(), "/webchat.js") || !w.holdsID(w.cache.text()) {
		t.Errorf("the cache has stored %q", w.cache.stored())
	}
	for _, x := range w.since(0) {
		if x.Path == "/webchat.js" && x.Status != http.StatusOK {
			t.Errorf("the script: %d", x.Status)
		}
	}
}
