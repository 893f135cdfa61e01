package maicontact_test

import (
	"io"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// Handler serves the loader beside the script, wherever that is, to every page,
// and makes nothing for it.
func TestLoaderIsServed(t *testing.T) {
	for _, path := range []string{"/webchat.js", "/shop/chat", "/shop/chat.js"} {
		s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.ScriptPath = path })
		if path != "/webchat.js" {
			s.mux.Handle(path, s.mc.Script())
		}
		b := s.browser()
		loader := loaderOf(t, b.send("GET", path))
		calls := len(s.sim.Requests())
		for name, address := range map[string]string{"hash": loader.JS, "fallback": path + "?loader"} {
			response := s.browser().send("GET", address, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test")
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != 200 || string(body) != templates.Loader {
				t.Errorf("%s, %s: status %d, %d bytes, %v", path, name, response.StatusCode, len(body), err)
			}
			if cookies, vary := response.Cookies(), response.Header.Get("Vary"); len(cookies) > 0 || vary != "Accept-Encoding" {
				t.Errorf("%s, %s: cookies %v, Vary %s", path, name, cookies, vary)
			}
		}
		other := strings.Replace(loader.JS, ".js", "0.js", 1)
		if response := b.send("GET", other); response.StatusCode != 404 || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, Cache-Control %s", other, response.StatusCode, response.Header.Get("Cache-Control"))
		}
		if n := len(s.sim.Requests()); n != calls {
			t.Errorf("%s: %d calls", path, n-calls)
		}
	}
}

// Without Handler the loader comes from the script's own address.
func TestLoaderAlone(t *testing.T) {
	s := newLazySite(t, nil)
	s.handler = s.mc.Script()
	b := s.browser()
	for range 2 {
		loader := loaderOf(t, b.send("GET", "/webchat.js"))
		if loader.JS != "/webchat.js?loader" {
			t.Errorf("the loader is at %s", loader.JS)
		}
		if body, err := io.ReadAll(b.send("GET", loader.JS).Body); err != nil || string(body) != templates.Loader {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		b.open()
	}
}
