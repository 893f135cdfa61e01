package maicontact_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// withoutLimit lets one test make many visitors, on a machine of any speed.
func withoutLimit(c *maicontact.Config, _ *webchattest.Options) {
	c.Visitors.Burst, c.Visitors.PerSecond, c.Limits.CallsPerSecond, c.Timing.Budget = -1, -1, -1, time.Minute
}

// Whatever cookies of our name come, in whatever order and number: a member
// gets their own contact, and a visitor one that no member has. The first
// cookie counts, and what cannot be used is replaced in the same reply.
func TestHostileCookies(t *testing.T) {
	s := newSite(t, withoutLimit)
	s.member("u-alice", alice)
	s.member("u-bob", alice) // nothing but the id tells them apart
	whose, entries := map[string]string{}, map[string]string{}
	for _, person := range []string{"alice", "bob", "one", "two"} {
		b := s.browser()
		if person == "alice" || person == "bob" {
			b.login("u-" + person)
		}
		whose[b.contact()] = person
		entries[person] = b.cookie("maicontact")
	}
	sameKey := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { c.Cookie.Name = "other" }).browser()
	sameKey.contact()
	entries["renamed"] = sameKey.cookie("other")

	// ask sends the cookies as they are, and tells who the browser then is.
	ask := func(t *testing.T, header string) (http.Header, string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", origin+"/webchat.js", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Cookie", header)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		a := read(t, w.Result())
		if a.Status != 200 || a.Contact == "" {
			return w.Header(), fmt.Sprintf("%d %s", a.Status, a.Reason)
		}
		if person, known := whose[a.Contact]; known {
			return w.Header(), person
		}
		if c := s.upstream(a.Contact); c.Name != "Anonymous" || c.Email != "" {
			return w.Header(), "a contact with a profile"
		}
		whose[a.Contact] = fmt.Sprintf("%d", len(whose))
		return w.Header(), "new"
	}

	// What the reply's cookie is good for in the next request: nothing means
	// that the reply set none.
	type outcome struct{ now, next string }
	own, kept := outcome{"alice", "alice"}, outcome{"alice", ""}
	fresh := outcome{"new", "same"}
	type row struct {
		cookies         []string
		visitor, member outcome // without a login, and with alice's
	}
	tests := map[string]row{}
	for name, test := range map[string]row{
		"none":                          {nil, fresh, own},
		"0 bytes":                       {[]string{""}, fresh, own},
		"4 KB":                          {[]string{strings.Repeat("A", 4096)}, fresh, own},
		"64 KB":                         {[]string{strings.Repeat("A", 64<<10)}, fresh, own},
		"NUL":                           {[]string{"\x00"}, fresh, own},
		"NUL after one's own":           {[]string{entries["one"] + "\x00"}, fresh, own},
		"not base64":                    {[]string{"!!!|???"}, fresh, own},
		"quoted":                        {[]string{`"` + entries["one"] + `"`}, outcome{"one", ""}, own},
		"of another name, same key":     {[]string{entries["renamed"]}, fresh, own},
		"64 KB before a usable one":     {[]string{strings.Repeat("A", 64<<10), entries["one"]}, fresh, own},
		"1,000 of no use":               {strings.Split(strings.Repeat("x ", 999)+"x", " "), fresh, own},
		"1,000 of no use after one":     {append([]string{entries["one"]}, strings.Split(strings.Repeat("x ", 998)+"x", " ")...), outcome{"one", ""}, own},
		"a former member's":             {[]string{entries["alice"]}, fresh, kept},
		"another member's":              {[]string{entries["bob"]}, fresh, own},
		"a visitor's":                   {[]string{entries["one"]}, outcome{"one", ""}, own},
		"another member's before own":   {[]string{entries["bob"], entries["alice"]}, fresh, own},
		"another member's after own":    {[]string{entries["alice"], entries["bob"]}, fresh, kept},
		"another visitor's before own":  {[]string{entries["two"], entries["one"]}, outcome{"two", ""}, own},
		"another visitor's after own":   {[]string{entries["one"], entries["two"]}, outcome{"one", ""}, own},
		"a member's before a visitor's": {[]string{entries["bob"], entries["one"]}, fresh, own},
		"a visitor's before a member's": {[]string{entries["one"], entries["alice"]}, outcome{"one", ""}, own},
	} {
		tests[name] = test
	}
	retired := map[string]outcome{}
	for name, test := range tests {
		retired[name] = test.visitor
		if test.visitor.now == "one" || test.visitor.now == "two" {
			retired[name] = fresh // by a member's login
		}
	}
	// A visitor who logs in is retired, so the visitors come first; and then no
	// cookie brings them back.
	for _, pass := range []struct {
		name, login string
		want        func(name string) outcome
	}{
		{"visitor", "", func(name string) outcome { return tests[name].visitor }},
		{"member", "user=u-alice; ", func(name string) outcome { return tests[name].member }},
		{"visitor again", "", func(name string) outcome { return retired[name] }},
	} {
		for name, test := range tests {
			t.Run(pass.name+"/"+name, func(t *testing.T) {
				login, want := pass.login, pass.want(name)
				header := login
				for _, value := range test.cookies {
					header += "maicontact=" + value + "; "
				}
				h, now := ask(t, strings.TrimSuffix(header, "; "))
				got := outcome{now: now}
				if set := (&http.Response{Header: h}).Cookies(); len(set) == 1 {
					_, got.next = ask(t, login+"maicontact="+set[0].Value)
					if _, again := ask(t, login+"maicontact="+set[0].Value); again == got.next && now == "new" && again != "new" {
						got.next = "same"
					}
				} else if len(set) > 1 {
					t.Errorf("login %q: %d cookies were set", login, len(set))
				}
				if got != want {
					t.Errorf("login %q: %+v, want %+v", login, got, want)
				}
			})
		}
	}
}

// A key is rotated without anybody noticing: what the old one wrote is read,
// and what is written is readable without it.
func TestRotatedSessionKeys(t *testing.T) {
	key := func(c string) []byte { return []byte(strings.Repeat(c, 32)) }
	before := sessions.NewCookieStore(key("a"), key("b"))
	during := sessions.NewCookieStore(key("c"), key("d"), key("a"), key("b"))
	after := sessions.NewCookieStore(key("c"), key("d"))
	for name, test := range map[string]struct {
		member bool
		pause  time.Duration // between the asks
		stores []sessions.Store
		wrote  []bool // whether each ask sets a cookie
		same   bool   // whether the contact stays
	}{
		"visitor, renewed in time":       {false, 25 * time.Hour, []sessions.Store{before, during, after}, []bool{true, true, true}, true},
		"visitor, read and not written":  {false, time.Minute, []sessions.Store{before, during, during}, []bool{true, false, false}, true},
		"visitor, old key gone too soon": {false, time.Minute, []sessions.Store{before, during, after}, []bool{true, false, true}, false},
		"visitor, some servers behind":   {false, 25 * time.Hour, []sessions.Store{before, during, before}, []bool{true, true, true}, false},
		"member, rechecked":              {true, 6 * time.Minute, []sessions.Store{before, during, after}, []bool{true, true, true}, true},
		"member, old key gone too soon":  {true, time.Minute, []sessions.Store{before, during, after}, []bool{true, false, true}, true},
		"member, some servers behind":    {true, time.Minute, []sessions.Store{during, before, during}, []bool{true, true, false}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var config maicontact.Config
				s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
				config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
				s.member("u-alice", alice)
				b := s.browser()
				if test.member {
					b.login("u-alice")
				}
				seen := map[string]bool{}
				for i, store := range test.stores {
					time.Sleep(test.pause)
					config.Sessions = store
					s.build(config)
					r := b.send("GET", "/webchat.js")
					a := read(t, r)
					if a.Contact == "" {
						t.Fatalf("ask %d: %+v", i, a)
					}
					seen[a.Contact] = true
					if wrote := len(r.Cookies()) == 1; wrote != test.wrote[i] {
						t.Errorf("ask %d: %d cookies, want one: %v", i, len(r.Cookies()), test.wrote[i])
					}
				}
				if same := len(seen) == 1; same != test.same {
					t.Errorf("%d contacts, want one: %v", len(seen), test.same)
				}
			})
		})
	}
}

// A flood of headers costs its sender at most their own chat. The log does not
// repeat it.
func TestHeaderFlood(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *maicontact.Config, o *webchattest.Options) {
		withoutLimit(c, o)
		c.Site.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.member("u-alice", alice)
	own := s.browser()
	own.login("u-alice")
	id := own.contact()

	const big, most = 900 << 10, 4 << 10
	flood := func(name func(int) string, value string, n int) http.Header {
		h := http.Header{}
		for i := range n {
			h.Add(name(i), value)
		}
		return h
	}
	always := func(name string) func(int) string { return func(int) string { return name } }
	for name, test := range map[string]struct {
		header http.Header
		want   string
	}{
		"none":                       {nil, "200 own"},
		"1,000 headers":              {flood(func(i int) string { return fmt.Sprintf("X-Flood-%d", i) }, "x", 1000), "200 own"},
		"1,000 headers, 900 KB":      {flood(func(i int) string { return fmt.Sprintf("X-Flood-%d", i) }, strings.Repeat("x", big/1000), 1000), "200 own"},
		"one of 900 KB":              {flood(always("X-Flood"), strings.Repeat("x", big), 1), "200 own"},
		"2 MB":                       {flood(always("X-Flood"), strings.Repeat("x", 2<<20), 1), "431 "},
		"User-Agent of 900 KB":       {flood(always("User-Agent"), strings.Repeat("bot ", big/4), 1), "200 own"},
		"Referer of 900 KB":          {flood(always("Referer"), "http://shop.test/"+strings.Repeat("x", big), 1), "200 own"},
		"Sec-Fetch-Site of 900 KB":   {flood(always("Sec-Fetch-Site"), strings.Repeat("x", big), 1), "403 cross-site"},
		"Sec-Fetch-Site 1,000 times": {flood(always("Sec-Fetch-Site"), "cross-site", 1000), "403 cross-site"},
		"X-Forwarded-For, 1,000":     {flood(always("X-Forwarded-For"), strings.Repeat("127.0.0.1, ", 80)+"127.0.0.1", 1000), "200 own"},
		"cookies of 900 KB":          {flood(always("Cookie"), "maicontact="+strings.Repeat("x", big), 1), "200 own"},
		"2,900 cookies":              {flood(always("Cookie"), strings.Repeat("maicontact=x; ", 28)+"maicontact=x", 100), "200 own"},
		// net/http reads none when there are more than 3,000.
		"3,001 cookies": {flood(always("Cookie"), "maicontact=x", 3001), "200 another"},
	} {
		logged := len(s.log.String())
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/webchat.js", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Cookie": {"user=u-alice"}, "Sec-Fetch-Site": {"same-origin"}}
		for name, values := range test.header {
			r.Header[name] = append(r.Header[name], values...)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a := read(t, response)
		response.Body.Close()
		whose := map[string]string{id: "own", "": a.Reason}[a.Contact]
		if a.Contact != "" && whose == "" {
			whose = "another"
		}
		if got := fmt.Sprint(a.Status, " ", whose); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if n := len(s.log.String()) - logged; n > most {
			t.Errorf("%s: the log grew by %d bytes", name, n)
		}
		if own.contact() != id {
			t.Errorf("%s: the next one got another contact", name)
		}
	}
}

// slowReader takes one byte a second.
type slowReader struct{ *httptest.ResponseRecorder }

func (s slowReader) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(len(p)) * time.Second)
	return s.ResponseRecorder.Write(p)
}

// A browser that reads the script slowly keeps nobody waiting: not another tab
// of the same person, and no change of theirs.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.member("u-alice", alice)
		owner, visitor := s.browser(), s.browser()
		owner.login("u-alice")
		visitor.contact()
		var slow []slowReader
		done := make(chan struct{}, 20)
		began := time.Now()
		for i := range cap(done) {
			b := []*browser{owner, visitor}[i%2]
			r := httptest.NewRequestWithContext(t.Context(), "GET", origin+"/webchat.js", nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			for _, c := range b.jar.Cookies(shop) {
				r.AddCookie(c)
			}
			w := slowReader{httptest.NewRecorder()}
			slow = append(slow, w)
			go func() {
				s.handler.ServeHTTP(w, r)
				done <- struct{}{}
			}()
		}
		synctest.Wait() // they read

		mine, theirs := owner.contact(), visitor.contact()
		stranger := s.browser().contact()
		changed := alice
		changed.Name = "Alice Wu"
		if err := s.mc.UpdateMember(t.Context(), s.member("u-alice", changed)); err != nil {
			t.Error(err)
		}
		id := owner.contact()
		synctest.Wait() // the change goes out by itself
		if id != mine || s.upstream(id).Name != "Alice Wu" || stranger == mine || stranger == theirs {
			t.Error("somebody got the wrong contact or an old profile")
		}
		if len(done) > 0 {
			t.Fatal("the slow readers were served at once")
		}
		if waited := time.Since(began); waited > time.Second {
			t.Errorf("the others waited for %v", waited)
		}
		for range cap(done) {
			<-done
		}
		for i, w := range slow {
			if text, _ := io.ReadAll(w.Body); !strings.Contains(string(text), []string{mine, theirs}[i%2]) {
				t.Errorf("slow reader %d did not get their contact", i)
			}
		}
	})
}
