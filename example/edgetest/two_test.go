package edgetest

import (
	"net/http"
	"testing"

	"github.com/maicontact/maicontact"
)

// blog adds a second chat to the shop's host, with a script and an inbox of
// its own.
func (s *shop) blog() {
	mc := s.middleware("blog-test", func(c *maicontact.Config) {
		c.Site.ScriptPath, c.Site.JSONPath = "/blog/webchat.js", "/blog/webchat.json"
	})
	s.mux.Handle("/blog/webchat.js", mc.Handler(mc.Script()))
	s.mux.Handle("/blog/{name}", mc.Handler(http.NotFoundHandler())) // the loader
}

const blogTag = `<script src="/blog/webchat.js" defer></script>`

// What the tabs of one chat tell each other is nothing to those of another.
func TestTwoChatsOnOneHost(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.blog()
	s.page("/", tagged)
	s.page("/blog/", `<!doctype html><body>`+blogTag)
	one := browser.Tab(t)
	one.Open(s.url + "/")
	settled(one, "started")
	two := one.Another()
	for range 3 {
		two.Open(s.url + "/blog/")
		settled(two, "started")
		s.quiet()
	}
	if shop, blog := s.count("GET /webchat.js"), s.count("GET /blog/webchat.js"); shop != 1 || blog != 3 {
		t.Errorf("one page of the shop and three of the blog: asked %d and %d times", shop, blog)
	}
}

// A page with both tags, such as a blog's within the shop's layout, has one
// chat and is not loaded again.
func TestTwoChatsOnOnePage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.blog()
	s.page("/", tagged+blogTag)
	tab := browser.Tab(t)
	tab.Open(s.url + "/")
	s.quiet()
	tab.Wait(`window.maicontact`)
	if n := s.count("GET /"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
	settled(tab, "started")
}
