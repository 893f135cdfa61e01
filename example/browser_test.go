package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// browser is a person's browser: it has cookies and follows no redirects by
// itself.
type browser struct {
	site   *site
	client *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{
		Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is a reply with its body read.
type reply struct {
	*http.Response
	body string
}

func (b *browser) do(method, path string, body io.Reader, header ...string) reply {
	b.site.t.Helper()
	r, err := http.NewRequestWithContext(b.site.t.Context(), method, b.site.url+path, body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	b.site.mu.Lock()
	defer b.site.mu.Unlock()
	for _, c := range response.Cookies() {
		if c.Name != flashCookie && c.Name != cartCookie { // these are no secrets
			b.site.cookies = append(b.site.cookies, c.Value)
		}
	}
	return reply{response, string(text)}
}

func (b *browser) get(path string) reply {
	b.site.t.Helper()
	return b.do(http.MethodGet, path, nil, "Sec-Fetch-Site", "none")
}

// post sends a form of name, value pairs, as a page of the shop does.
func (b *browser) post(path string, form ...string) reply {
	b.site.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return b.do(http.MethodPost, path, strings.NewReader(values.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// submit is post that must be accepted.
func (b *browser) submit(path string, form ...string) {
	b.site.t.Helper()
	if r := b.post(path, form...); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		b.site.t.Fatalf("POST %s: %d to %q", path, r.StatusCode, r.Header.Get("Location"))
	}
}

func (b *browser) signUp(email, name string) {
	b.site.t.Helper()
	b.submit("/signup", "email", email, "name", name, "phone", "+351 912 000 111", "password", password)
}

func (b *browser) logIn(email string) {
	b.site.t.Helper()
	b.submit("/login", "email", email, "password", password)
}

// script is the chat script as the browser got it.
type script struct {
	config map[string]any // nil: no chat
	reason string
}

func (s script) contactID() string {
	id, _ := s.config["contactId"].(string)
	return id
}

var (
	configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
	reasonLine = regexp.MustCompile(`(?m)^// maicontact: no chat: (.*)$`)
)

// script asks for the chat script as the shop's page does.
func (b *browser) script() script {
	b.site.t.Helper()
	r := b.do(http.MethodGet, "/webchat.js", nil,
		"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script")
	if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "private, no-store" {
		b.site.t.Fatalf("the script: %d, Cache-Control %q", r.StatusCode, r.Header.Get("Cache-Control"))
	}
	lines := configLine.FindAllStringSubmatch(r.body, -1)
	if strings.Count(r.body, "maiagentChatbotConfig") != len(lines) || len(lines) > 1 {
		b.site.t.Fatalf("the script has %d lines of configuration", len(lines))
	}
	var s script
	if reason := reasonLine.FindStringSubmatch(r.body); reason != nil {
		s.reason = reason[1]
	}
	if len(lines) == 0 {
		if s.reason == "" {
			b.site.t.Fatal("the script says neither who nor why not")
		}
		return s
	}
	if err := json.Unmarshal([]byte(lines[0][1]), &s.config); err != nil {
		b.site.t.Fatalf("the configuration is not JSON: %v", err)
	}
	return s
}

// contactID asks for the chat script, which must have a contact.
func (b *browser) contactID() string {
	b.site.t.Helper()
	s := b.script()
	if s.contactID() == "" {
		b.site.t.Fatalf("the script has no contact: %q", s.reason)
	}
	return s.contactID()
}

func (b *browser) address() *url.URL {
	address, err := url.Parse(b.site.url)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return address
}

// cookies are the names of the browser's cookies for the shop.
func (b *browser) cookies() []string {
	var names []string
	for _, c := range b.client.Jar.Cookies(b.address()) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}
