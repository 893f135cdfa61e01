package maicontact_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// newLazySite builds a site whose visitors get their contact when they open the
// chat.
func newLazySite(t *testing.T, change func(*maicontact.Config, *webchattest.Options)) *site {
	return newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
		c.Visitors.Start = maicontact.OnOpen
		if change != nil {
			change(c, o)
		}
	})
}

// post opens the chat as the loader's fetch does, without following.
func (b *browser) post(path string, header ...string) *http.Response {
	fetch := []string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "same-origin", "Origin", origin}
	return b.send("POST", path, append(fetch, header...)...)
}

// opened is the answer to opening.
type opened struct {
	told
	Status int
}

// open opens the chat as the loader does, over the redirect if there is one.
func (b *browser) open() opened {
	b.site.t.Helper()
	response := b.post("/webchat.js")
	if response.StatusCode == http.StatusTemporaryRedirect {
		if got := response.Header.Get("Location"); got != "?kept" {
			b.site.t.Fatalf("sent to %q", got)
		}
		response = b.post("/webchat.js?kept")
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	o := opened{Status: response.StatusCode}
	if err := json.Unmarshal(body, &o); err != nil || response.Header.Get("Content-Type") != "application/json" {
		b.site.t.Fatalf("%v in %s", err, body)
	}
	return o
}

func (s *site) calls() int { return len(s.sim.Requests()) }

// Before a visitor opens the chat, nothing that they, or others, ask for makes a
// contact, a cookie or a call.
func TestNothingBeforeOpening(t *testing.T) {
	s := newLazySite(t, nil)
	s.mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		if _, reason := maicontact.ContactOrReason(r.Context()); reason != maicontact.NotOpened {
			t.Errorf("a page is told %q", reason)
		}
		snippet, _ := maicontact.Snippet(r.Context(), "")
		io.WriteString(w, string(snippet))
	})
	for name, response := range map[string]*http.Response{
		"script":      s.browser().send("GET", "/webchat.js"),
		"any query":   s.browser().send("GET", "/webchat.js?kept"),
		"JSON":        s.browser().send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty"),
		"page":        s.browser().send("GET", "/page", "Sec-Fetch-Dest", "document"),
		"posted page": s.browser().send("POST", "/page", "Sec-Fetch-Dest", "document"),
	} {
		if cookies := response.Cookies(); response.StatusCode != 200 || len(cookies) != 0 {
			t.Errorf("%s: status %d, cookies %v", name, response.StatusCode, cookies)
		}
		body, _ := io.ReadAll(response.Body)
		if text := string(body); !strings.Contains(text, `"reason":"not opened"`) || !strings.Contains(text, `"open":{"embed":"https://chat.maiagent.ai/js/embed.min.js"}`) || strings.Contains(text, `"retry"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
	for name, response := range map[string]*http.Response{
		"no Origin":         s.browser().post("/webchat.js", "Origin", ""),
		"another site":      s.browser().post("/webchat.js", "Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"),
		"a form of theirs":  s.browser().post("/webchat.js", "Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"),
		"a form of ours":    s.browser().post("/webchat.js", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"),
		"straight to ?kept": s.browser().post("/webchat.js?kept", "Origin", "null"),
		"another, plain":    s.browser().post("/webchat.js", "Origin", "http://evil.test", "Sec-Fetch-Site", "", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", ""),
	} {
		if response.StatusCode != 403 || len(response.Cookies()) != 0 {
			t.Errorf("%s: status %d, cookies %v", name, response.StatusCode, response.Cookies())
		}
	}
	for name, agent := range map[string]string{"a bot": "Examplebot/1.0"} {
		if o := listen(t, s.browser().post("/webchat.js", "User-Agent", agent)); o.Reason != "bot" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if n := s.calls(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// Opening gives the cookie first, and makes the contact when it has come back.
func TestOpening(t *testing.T) {
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Widget.Options.PrimaryColor = "#3854d8" })
	b := s.browser()
	first := b.post("/webchat.js")
	body, _ := io.ReadAll(first.Body)
	if first.StatusCode != http.StatusTemporaryRedirect || len(first.Cookies()) != 1 || len(body) != 0 || s.calls() != 0 {
		t.Fatalf("status %d, %d cookies, %d calls, %s", first.StatusCode, len(first.Cookies()), s.calls(), body)
	}
	header := first.Header.Clone()
	header.Del("Set-Cookie")
	want := scriptHeader()
	want.Set("Content-Type", "application/json")
	want.Set("Location", "?kept")
	want.Set("Referrer-Policy", "same-origin")
	wantHeader(t, header, want)

	// A page that loads meanwhile makes nothing either.
	if a := b.ask(); a.Reason != "not opened" || s.calls() != 0 {
		t.Errorf("between the two: %+v, %d calls", a, s.calls())
	}
	o := b.open()
	id, _ := o.Config["contactId"].(string)
	if o.Status != 200 || !o.Opened || id == "" || o.Embed == "" || len(o.Epoch) != 22 || o.Config["primaryColor"] != "#3854d8" {
		t.Fatalf("opened: %+v", o)
	}
	if name := s.upstream(id).Name; name != "Anonymous" {
		t.Errorf("the contact is %q", name)
	}
	// From now on the chat starts by itself, as the same contact.
	if got := b.contact(); got != id {
		t.Error("the next page has another contact")
	}
	if got := b.open().Config["contactId"]; got != id {
		t.Error("opening again gives another contact")
	}
	if n := len(s.sim.All()); n != 1 {
		t.Errorf("%d contacts", n)
	}
}

// However often opening is sent, and whatever is lost of it, one person gets one
// contact, and who keeps no cookie gets none.
func TestOpeningIsSentAgain(t *testing.T) {
	for name, test := range map[string]struct {
		way  func(b *browser)
		want int
	}{
		"the first reply is lost": {func(b *browser) {
			other := b.site.browser() // its jar is thrown away
			other.post("/webchat.js")
			other.jar = b.jar
			b.open()
		}, 1},
		"the second reply is lost": {func(b *browser) {
			b.post("/webchat.js")
			before := b.jar.Cookies(shop)
			b.post("/webchat.js?kept") // what it sets does not arrive
			b.jar = b.site.browser().jar
			b.jar.SetCookies(shop, before)
			b.open()
		}, 1},
		"three times at once": {func(b *browser) {
			b.post("/webchat.js")
			done := make(chan bool)
			for range 3 {
				go func() { b.post("/webchat.js?kept"); done <- true }()
			}
			for range 3 {
				<-done
			}
		}, 1},
		"no cookies": {func(b *browser) {
			for range 3 {
				response := b.site.browser().post("/webchat.js?kept")
				if got := listen(b.site.t, response); got.Reason != "cookie refused" || got.Retry {
					b.site.t.Errorf("told %+v", got)
				}
			}
		}, 0},
		"and again": {func(b *browser) { b.open(); b.open(); b.post("/webchat.json?kept") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newLazySite(t, nil)
			test.way(s.browser())
			if n := len(s.sim.All()); n != test.want {
				t.Errorf("%d contacts, want %d", n, test.want)
			}
		})
	}
}

// Who is there is decided by the session when the chat is opened, whatever the
// page was drawn for.
func TestOpeningAsSomebodyElse(t *testing.T) {
	s := newLazySite(t, nil)
	s.member("u-alice", alice)
	b := s.browser()
	if a := b.ask(); a.Reason != "not opened" {
		t.Fatalf("%+v", a)
	}
	b.login("u-alice") // in another tab
	o := b.open()
	id, _ := o.Config["contactId"].(string)
	if o.Opened || s.upstream(id).Name != alice.Name {
		t.Errorf("opened as %+v", o)
	}
	b.logout()
	if a := b.ask(); a.Reason != "not opened" || a.Contact != "" {
		t.Errorf("after logout: %+v", a)
	}
	if b.cookie("maicontact") != "" {
		t.Error("the member's entry stays after logout")
	}
	visitor := b.open()
	if got := visitor.Config["contactId"]; got == id || got == nil || !visitor.Opened {
		t.Errorf("the visitor opened as %+v", visitor)
	}
	b.login("u-alice")
	if got := b.contact(); got != id {
		t.Error("the member has another contact")
	}
	b.logout()
	if got := b.open().Config["contactId"]; got == id || got == visitor.Config["contactId"] {
		t.Error("a retired visitor is back")
	}
}

// A visitor whom MaiAgent cannot be told of sees why, and gets one contact when
// it is back.
func TestOpeningWhileMaiAgentIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLazySite(t, nil)
		up := s.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
		b := s.browser()
		if o := b.open(); o.Status != 200 || o.Config != nil || !o.Retry || o.Reason == "" {
			t.Errorf("told %+v", o)
		}
		up()
		time.Sleep(2 * time.Minute)
		if o := b.open(); o.Config == nil {
			t.Errorf("told %+v", o)
		}
		if n := len(s.sim.All()); n != 1 {
			t.Errorf("%d contacts", n)
		}
	})
}

// Limits hold for those who open, and cost nothing for those who do not.
func TestOpeningIsLimited(t *testing.T) {
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Visitors.Burst = 1 })
	for range 5 {
		s.browser().ask()
	}
	s.browser().open()
	response := s.browser().post("/webchat.js")
	if got := listen(t, response); got.Reason != "too many new visitors" || !got.Retry || len(response.Cookies()) != 0 {
		t.Errorf("told %+v, cookies %v", got, response.Cookies())
	}
}

// A listed page of the same site opens as ours does, one of another site never.
func TestOpeningFromListedPages(t *testing.T) {
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Site.AllowedOrigins = []string{"https://www.shop.test"}
	})
	from := func(site string) []string {
		return []string{"Origin", "https://www.shop.test", "Sec-Fetch-Site", site, "Sec-Fetch-Mode", "cors"}
	}
	b := s.browser()
	first := b.post("/webchat.js", from("same-site")...)
	second := b.post("/webchat.js?kept", from("same-site")...)
	for _, response := range []*http.Response{first, second} {
		if h := response.Header; h.Get("Access-Control-Allow-Origin") != "https://www.shop.test" || h.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("header %v", h)
		}
	}
	if first.StatusCode != 307 || listen(t, second).Config == nil {
		t.Errorf("status %d, then no contact", first.StatusCode)
	}
	for _, response := range []*http.Response{s.browser().post("/webchat.js", from("cross-site")...), s.browser().send("GET", "/webchat.js", "Origin", "https://www.shop.test", "Sec-Fetch-Site", "cross-site")} {
		if got := listen(t, response); got.Reason != "cross-site" || len(response.Cookies()) != 0 {
			t.Errorf("told %+v, cookies %v", got, response.Cookies())
		}
	}
	if n := len(s.sim.All()); n != 1 {
		t.Errorf("%d contacts", n)
	}
}

// The button looks as the request's own options say, and says what the site wants.
func TestButton(t *testing.T) {
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Widget.Options = webchat.Options{PrimaryColor: "red", ButtonSize: "48"}
		c.Visitors.Button = maicontact.Button{Hidden: true, Label: "</script>", Opening: "o", Failed: "f"}
		c.WidgetOptions = func(*http.Request) (webchat.Options, error) {
			return webchat.Options{PrimaryColor: "blue", ButtonRadius: "8px"}, nil
		}
	})
	body, _ := io.ReadAll(s.browser().send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty").Body)
	var o opened
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"embed": "https://chat.maiagent.ai/js/embed.min.js", "color": "blue", "size": "48", "radius": "8px",
		"label": "</script>", "opening": "o", "failed": "f", "button": false,
	}
	if !reflect.DeepEqual(o.Open, want) || strings.Contains(string(body), "</script") {
		t.Errorf("told %s", body)
	}
}

// A site that mounts Script for GET alone, or keeps its POST away, reads so in
// its log.
func TestOpeningThatDoesNotArrive(t *testing.T) {
	for i, refuse := range []int{http.StatusMethodNotAllowed, http.StatusForbidden} {
		s := newLazySite(t, nil)
		s.handler = s.mc.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(refuse) }))
		s.browser().post("/webchat.js", "Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site")
		s.browser().post("/elsewhere")
		if log := s.log.String(); strings.Contains(log, "WARN") {
			t.Errorf("the log blames the site for others:\n%s", log)
		}
		for range 3 {
			s.browser().post("/webchat.js")
		}
		if n := strings.Count(s.log.String(), "could not open the chat"); n != 1 {
			t.Errorf("%s: %d lines:\n%s", strconv.Itoa(i), n, s.log)
		}
	}
}

// Two servers that are asked at once for the same new visitor make one contact.
func TestOpeningOnTwoServers(t *testing.T) {
	var config maicontact.Config
	s := newLazySite(t, func(c *maicontact.Config, _ *webchattest.Options) {
		c.Visitors.Burst, c.Visitors.PerSecond = -1, -1
		config = *c
	})
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	first := s.handler
	s.build(config)
	second := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler := first
		if r.Header.Get("X-Server") == "second" {
			handler = second
		}
		handler.ServeHTTP(w, r)
	})
	const people = 20
	for range people {
		b := s.browser()
		b.post("/webchat.js")
		answers := make(chan *http.Response)
		for _, server := range []string{"first", "second"} {
			go func() { answers <- b.post("/webchat.js?kept", "X-Server", server) }()
		}
		ids := map[any]bool{}
		for range 2 {
			if got := listen(t, <-answers); got.Config != nil {
				ids[got.Config["contactId"]] = true
			}
		}
		if len(ids) != 1 {
			t.Errorf("%d contacts are handed out", len(ids))
		}
	}
	if n := len(s.sim.All()); n != people {
		t.Errorf("%d contacts for %d people", n, people)
	}
}
