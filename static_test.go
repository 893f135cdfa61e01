package maicontact_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The stub is the same for everybody, may be cached, and asks nobody.
func TestStub(t *testing.T) {
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Site.JSONPath = "/who/chat.json" })
	s.member("u-alice", alice)
	alices, visitor := s.browser(), s.browser()
	loader := loaderOf(t, visitor.send("GET", "/webchat.js"))
	want := "(" + templates.Bootstrap + `)({"v":1,"js":"` + loader.JS + `","sri":"` + loader.SRI + `","again":"/who/chat.json","json":true});` + "\n"
	alices.login("u-alice")
	s.identifyBy(func(*http.Request) (*maicontact.Member, error) {
		t.Error("Identify was asked")
		return nil, nil
	})
	etag := visitor.send("GET", "/webchat-static.js").Header.Get("Etag")
	if len(etag) < 10 || etag[0] != '"' {
		t.Errorf("no strong ETag: %s", etag)
	}
	header := func(more ...string) http.Header {
		h := http.Header{
			"X-Content-Type-Options": {"nosniff"}, "Cross-Origin-Resource-Policy": {"same-origin"},
			"Cache-Control": {"public, max-age=300"}, "Etag": {etag},
		}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	whole := header("Content-Type", "text/javascript; charset=utf-8", "Content-Length", strconv.Itoa(len(want)), "Accept-Ranges", "bytes")
	refused := header("Allow", "GET, HEAD")
	refused.Del("Cache-Control")
	refused.Del("Etag")
	for name, test := range map[string]struct {
		response *http.Response
		status   int
		header   http.Header
		body     string
	}{
		"visitor":        {visitor.send("GET", "/webchat-static.js"), 200, whole, want},
		"member":         {alices.send("GET", "/webchat-static.js"), 200, whole, want},
		"any query":      {visitor.send("GET", "/webchat-static.js?json=//evil.test"), 200, whole, want},
		"another site":   {visitor.send("GET", "/webchat-static.js", "Sec-Fetch-Site", "cross-site"), 200, whole, want},
		"HEAD":           {visitor.send("HEAD", "/webchat-static.js"), 200, whole, ""},
		"not modified":   {visitor.send("GET", "/webchat-static.js", "If-None-Match", etag), 304, header(), ""},
		"weakly so":      {visitor.send("GET", "/webchat-static.js", "If-None-Match", `"x", W/`+etag), 304, header(), ""},
		"other version":  {visitor.send("GET", "/webchat-static.js", "If-None-Match", `"x"`), 200, whole, want},
		"another method": {visitor.send("POST", "/webchat-static.js"), 405, refused, ""},
	} {
		body, err := io.ReadAll(test.response.Body)
		if err != nil || test.response.StatusCode != test.status || string(body) != test.body {
			t.Errorf("%s: status %d, want %d; %d bytes, want %d; %v", name, test.response.StatusCode, test.status, len(body), len(test.body), err)
		}
		got := test.response.Header.Clone()
		if name == "not modified" || name == "weakly so" {
			got.Del("Accept-Ranges")
		}
		wantHeader(t, got, test.header)
	}
	other := newSite(t, nil)
	if other.browser().send("GET", "/webchat-static.js").Header.Get("Etag") == etag {
		t.Error("another text has the same ETag")
	}
}

// The JSON route refuses, and keeps caches out, as the script route does.
func TestJSONGuard(t *testing.T) {
	s := newSite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	b.login("u-alice")
	b.contact()
	s.sim.ResetRequests()
	for name, test := range map[string]struct {
		response *http.Response
		status   int
		body     string
		allow    bool
	}{
		"cross-site": {b.send("GET", "/webchat.json", "Sec-Fetch-Site", "cross-site"), 403, `{"reason":"cross-site"}`, false},
		"framed":     {b.send("GET", "/webchat.json", "Sec-Fetch-Dest", "iframe"), 403, `{"reason":"not a script"}`, false},
		"posted":     {b.send("POST", "/webchat.json", "Sec-Fetch-Dest", "empty"), 403, `{"reason":"cross-site"}`, false},
		"put":        {b.send("PUT", "/webchat.json"), 405, "", true},
		"preflight":  {b.send("OPTIONS", "/webchat.json", "Origin", origin), 405, "", true},
		"HEAD":       {b.send("HEAD", "/webchat.json"), 200, "", false},
		"a bot":      {b.send("GET", "/webchat.json", "User-Agent", "Examplebot/1"), 200, `{"reason":"bot"}`, false},
	} {
		body, err := io.ReadAll(test.response.Body)
		if got := strings.TrimSuffix(string(body), "\n"); err != nil || test.response.StatusCode != test.status || got != test.body {
			t.Errorf("%s: %d %s, want %d %s; %v", name, test.response.StatusCode, got, test.status, test.body, err)
		}
		want := scriptHeader()
		want.Set("Content-Type", "application/json")
		if len(body) > 0 {
			want.Set("Content-Length", strconv.Itoa(len(body)))
		}
		if test.allow {
			want.Set("Allow", "GET, HEAD, POST")
		}
		wantHeader(t, test.response.Header, want)
	}
	if n := len(s.sim.Requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// The JSON form works without Handler around it, and remembers the visitor of
// the script form.
func TestJSONAlone(t *testing.T) {
	s := newSite(t, nil)
	b := s.browser()
	id := b.contact()
	s.handler = s.mc.JSON()
	got := listen(t, b.send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty"))
	if got.Config["contactId"] != id {
		t.Error("another contact")
	}
}
