package main

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// A form that is not accepted: the right status, what is wrong, and what was
// typed, except for the password.
func TestFormsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signUp("ana@example.com", "Ana")
	member := s.browser()
	member.signUp("ben@example.com", "Ben")
	visitor := s.browser()
	const emailMessage, loginMessage = "This does not look like an email address", "The email or the password is wrong."
	for _, test := range []struct {
		name    string
		browser *browser
		path    string
		form    []string
		status  int
		holds   []string
	}{
		{"email taken", visitor, "/signup", []string{"email", "ANA@Example.com", "name", `A "quoted" <name>`, "phone", "1", "password", password},
			409, []string{"There is an account with this email", `value="ANA@Example.com"`, `value="A &#34;quoted&#34; &lt;name&gt;"`}},
		{"nothing filled in", visitor, "/signup", nil,
			400, []string{"Please give your email address.", "Please tell us your name.", "at least 8 characters"}},
		{"bad email", visitor, "/signup", []string{"email", "ana@", "name", "Ana", "password", password}, 400, []string{emailMessage, `value="Ana"`}},
		{"bad phone", visitor, "/signup", []string{"email", "a@example.com", "name", "Ana", "phone", "call me", "password", password},
			400, []string{"A phone number has digits"}},
		{"password too long", visitor, "/signup", []string{"email", "a@example.com", "name", "Ana", "password", strings.Repeat(password, 5)},
			400, []string{"72 bytes fit"}},
		{"wrong password", visitor, "/login", []string{"email", "ana@example.com", "password", password + "x"},
			401, []string{loginMessage, `value="ana@example.com"`}},
		{"no such account", visitor, "/login", []string{"email", "eva@example.com", "password", password}, 401, []string{loginMessage}},
		{"login without fields", visitor, "/login", nil, 401, []string{loginMessage}},
		{"wrong password over a login", member, "/login", []string{"email", "ana@example.com", "password", password + "x"}, 401, []string{loginMessage, "Ben</bdi>"}},
		{"profile of a visitor", visitor, "/profile", []string{"name", "Eva"}, 401, []string{"Please log in first."}},
		{"plan of a visitor", visitor, "/plan", []string{"plan", "vip"}, 401, []string{"Please log in first."}},
		{"email of another", member, "/profile", []string{"email", "ana@example.COM"}, 409, []string{"Another account has this email."}},
		{"empty name", member, "/profile", []string{"name", " \u200b "}, 400, []string{"Please tell us your name.", "Ben</bdi>"}},
		{"bad profile email", member, "/profile", []string{"email", "x"}, 400, []string{emailMessage, `value="x"`}},
		{"unknown plan", member, "/plan", []string{"plan", "gold"}, 400, []string{"Please choose the plan"}},
		{"unknown status", member, "/status", []string{"status", "gone"}, 400, []string{"An account is active or suspended."}},
		{"status of a visitor", visitor, "/status", []string{"status", "suspended"}, 401, []string{"Please log in first."}},
		{"erasure of a visitor", visitor, "/erase", nil, 401, []string{"Please log in first."}},
		{"no plan", member, "/plan", nil, 400, []string{"Please choose the plan"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.browser.post(test.path, test.form...)
			if r.StatusCode != test.status || r.Header["Set-Cookie"] != nil {
				t.Errorf("got %d, Set-Cookie %q", r.StatusCode, r.Header["Set-Cookie"])
			}
			for _, text := range test.holds {
				if !strings.Contains(r.body, text) {
					t.Errorf("the page does not hold %q", text)
				}
			}
			if strings.Contains(r.body, password) {
				t.Error("the page repeats the password")
			}
			if !strings.Contains(r.body, `role="alert"`) {
				t.Error("nobody is told aloud")
			}
		})
	}
	if got := member.get("/"); !strings.Contains(got.body, `value="ben@example.com"`) {
		t.Error("a refused change was made")
	}
}

func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const kind = "application/x-www-form-urlencoded"
	large := "name=" + strings.Repeat("x", maxForm)
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		allow                    string
	}{
		{"another site, told by the browser", "POST", "/login", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"another host of the same site", "POST", "/logout", "", []string{"Sec-Fetch-Site", "same-site"}, 403, ""},
		{"another site, told by the origin", "POST", "/signup", "", []string{"Origin", "https://elsewhere.example"}, 403, ""},
		{"large sign-up", "POST", "/signup", large, []string{"Content-Type", kind}, 413, ""},
		{"large profile", "POST", "/profile", large, []string{"Content-Type", kind}, 413, ""},
		{"bad escape", "POST", "/signup", "name=%zz", []string{"Content-Type", kind}, 400, ""},
		{"bad multipart", "POST", "/signup", "x", []string{"Content-Type", "multipart/form-data; boundary=y"}, 400, ""},
		{"fields in the address", "POST", "/signup?email=a@example.com&name=A&phone=1&password=" + password, "", nil, 400, ""},
		{"GET of a form", "GET", "/logout", "", nil, 405, "POST"},
		{"POST to the page", "POST", "/", "", nil, 405, "GET, HEAD"},
		{"POST to the script", "POST", "/webchat.js", "", []string{"Sec-Fetch-Site", "same-origin"}, 403, ""},
		{"unknown page", "GET", "/about", "", nil, 404, ""},
		{"listing", "GET", "/assets/", "", nil, 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.browser().do(test.method, test.path, strings.NewReader(test.body), test.header...)
			if r.StatusCode != test.status || r.Header.Get("Allow") != test.allow || r.Header["Set-Cookie"] != nil {
				t.Errorf("got %d, Allow %q, Set-Cookie %q", r.StatusCode, r.Header.Get("Allow"), r.Header["Set-Cookie"])
			}
		})
	}
}

func TestMultipartForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"email": "ana@example.com", "name": "Ana", "password": password} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if r := s.browser().do("POST", "/signup", &body, "Content-Type", w.FormDataContentType()); r.StatusCode != http.StatusSeeOther {
		t.Errorf("got %d", r.StatusCode)
	}
}

// Whatever people are called, the page and the script stay whole.
func TestNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	for _, name := range []string{
		"</script><script>alert(1)</script>", `"'` + "`${1}\\", "a\u2028b\u2029c", "Ünïcødé 李小龍 👩‍👩‍👧‍👦", "\u202eright to left",
		"Zalgo" + strings.Repeat("\u0301", 100), strings.Repeat("李", maxName), "{{.Account}}", "line\nbreak",
	} {
		b.submit("/profile", "name", name)
		s.eventually("the contact has the name", func() bool {
			return s.contact(id).Name == strings.ReplaceAll(name, "\n", " ")
		})
		if b.contactID() != id {
			t.Errorf("with the name %q the member has another contact", name)
		}
		if page := b.get("/"); strings.Count(page.body, "<script") != 2 || !strings.Contains(page.body, "</html>") {
			t.Errorf("the name %q breaks the page", name)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if r := s.browser().get("/healthz"); r.StatusCode != 200 || r.body != "ok\n" || r.Header["Set-Cookie"] != nil {
		t.Errorf("got %d %q", r.StatusCode, r.body)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signUp("ana@example.com", "Ana")
	for path, want := range map[string]map[string]string{
		"/": {
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-store",
			"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; script-src 'self' " + s.sim.URL + "; style-src 'self' 'unsafe-inline' " + s.sim.URL +
				"; img-src 'self' data: " + s.sim.URL + "; font-src " + s.sim.URL + "; connect-src 'self' " + s.sim.URL +
				"; frame-src " + s.sim.URL + "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		},
		"/assets/shop.css": {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"},
		"/assets/icon.svg": {"Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=300"},
		"/assets/chat.js":  {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=300"},
		"/nothing":         {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"},
	} {
		r := b.get(path)
		for name, value := range want {
			if got := r.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, not %q", path, name, got, value)
			}
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, origin := range []string{"", "https://shop.example"} {
		s.env["TRUSTED_ORIGIN"] = origin
		s.restart()
		email := "a" + strings.TrimPrefix(origin, "https://") + "@example.com"
		login := s.browser().post("/signup", "email", email, "name", "Ana", "password", password)
		chat := s.browser().do("GET", "/webchat.js", nil, "Sec-Fetch-Site", "same-origin")
		for _, test := range []struct {
			reply   reply
			cookies []string // how their names begin
		}{{login, []string{loginCookie, flashCookie}}, {chat, []string{"maicontact"}}} {
			cookies := test.reply.Cookies()
			if len(cookies) != len(test.cookies) {
				t.Fatalf("%v: got %d cookies", test.cookies, len(cookies))
			}
			for i, c := range cookies {
				if !strings.HasPrefix(strings.TrimPrefix(c.Name, "__Host-"), test.cookies[i]) || c.Path != "/" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != (origin != "") || c.Domain != "" {
					t.Errorf("with the origin %q the cookie %s has the wrong attributes", origin, c.Name)
				}
			}
		}
	}
	// Behind a proxy that rewrites Host, by browsers that send no Sec-Fetch-Site.
	for origin, status := range map[string]int{"https://shop.example": 303, "https://elsewhere.example": 403} {
		if r := s.browser().do("POST", "/logout", nil, "Origin", origin); r.StatusCode != status {
			t.Errorf("a form from %s: %d, not %d", origin, r.StatusCode, status)
		}
	}
}
