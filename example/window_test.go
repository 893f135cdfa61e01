package main

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/maicontact/maicontact/example/internal/output"
)

// What a form has done is said once, on the next page that somebody looks at,
// and only there.
func TestFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	says := func(r reply) string {
		_, after, found := strings.Cut(r.body, `class="said"`)
		if !found {
			return ""
		}
		text, _, _ := strings.Cut(after, "</p>")
		_, text, _ = strings.Cut(text, ">")
		return text
	}
	for _, step := range []struct {
		path  string
		form  []string
		wants string
	}{
		{"/signup", []string{"email", "ana@example.com", "name", "Ana", "password", password}, flashTexts["signup"].Text},
		{"/profile", []string{"name", "Ana Santos"}, flashTexts["profile"].Text},
		{"/plan", []string{"plan", "vip"}, flashTexts["plan"].Text},
		{"/status", []string{"status", "suspended"}, flashTexts["suspended"].Text},
		{"/status", []string{"status", "active"}, flashTexts["active"].Text},
		{"/cart", []string{"product", "6"}, flashTexts["added"].Text},
		{"/cart", []string{"empty", "1"}, flashTexts["removed"].Text},
		{"/logout", nil, ""},
		{"/login", []string{"email", "ana@example.com", "password", password}, flashTexts["login"].Text},
		{"/erase", nil, flashTexts["erase"].Text},
	} {
		b.submit(step.path, step.form...)
		if r := b.do("GET", "/", nil, "Sec-Purpose", "prefetch"); says(r) != "" {
			t.Errorf("%s: a page that is fetched in advance says %q", step.path, says(r))
		}
		if r := b.get("/"); says(r) != step.wants {
			t.Errorf("%s: the page says %q, want %q", step.path, says(r), step.wants)
		}
		if r := b.get("/"); says(r) != "" || slices.Contains(b.cookies(), flashCookie) {
			t.Errorf("%s: the second page says %q, and the browser has %q", step.path, says(r), b.cookies())
		}
	}
	b.client.Jar.SetCookies(b.address(), []*http.Cookie{{Name: flashCookie, Value: "<b>.1", Path: "/"}})
	if r := b.get("/"); says(r) != "" || strings.Contains(r.body, "<b>") {
		t.Error("a cookie of another's making is repeated")
	}
}

// The cart belongs to the browser: it outlives sign-up, logout and a restart. Who
// is not on the plan keeps what is for it, and cannot buy it.
func TestCart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	wants := func(when string, texts ...string) {
		t.Helper()
		body := b.get("/").body
		for _, text := range texts {
			if !strings.Contains(body, text) {
				t.Errorf("%s: the page does not hold %q", when, text)
			}
		}
	}
	const badge, none, together = `Cart <span class="badge">`, "Nothing yet.", `<th scope="row">Together</th><td></td><td>`
	wants("nothing", none)
	for _, bad := range [][]string{nil, {"product", "99"}, {"product", "x"}, {"product", "6"}} {
		if r := b.post("/cart", bad...); r.StatusCode != http.StatusBadRequest || r.Header["Set-Cookie"] != nil {
			t.Errorf("%v: %d", bad, r.StatusCode)
		}
	}
	b.submit("/cart", "product", "1")
	b.submit("/cart", "product", "3")
	b.submit("/cart", "product", "1")
	wants("two teapots and cups", badge+"3<", `<td>2 ×</td><td>€68.00</td>`, together+"€168.00<")
	b.signUp("ana@example.com", "Ana")
	b.submit("/plan", "plan", "vip")
	b.submit("/cart", "product", "6")
	wants("a VIP", badge+"4<", together+"€297.00<")
	b.submit("/logout")
	wants("after the logout", badge+"3<", `<td>1 ×</td><td>On the VIP plan</td>`, together+"€168.00<")
	s.restart()
	b.signUp("ben@example.com", "Ben")
	wants("as Ben", badge+"3<", together+"€168.00<")
	b.submit("/cart", "empty", "1")
	wants("emptied", none)
	if slices.Contains(b.cookies(), cartCookie) {
		t.Error("an empty cart leaves its cookie")
	}
}

func TestCartOf(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                                "",
		"1x2.4x1":                         "1x2.4x1",
		"1x999999":                        "1x20",
		"1x-1.2x0.x.3.4x1x1.5xa":          "",
		strings.Repeat("7x1.", 3) + "8x1": "7x1.8x1",
	} {
		r := &http.Request{Header: http.Header{"Cookie": {cartCookie + "=" + value}}}
		if got := cartOf(r).String(); got != want {
			t.Errorf("%q is read as %q, want %q", value, got, want)
		}
	}
}

// The switch for MaiAgent is there with the simulation only, and no other site
// may use it. While MaiAgent is down the shop goes on, and afterwards the chat
// does.
func TestSwitchMaiAgent(t *testing.T) {
	t.Parallel()
	real := newSite(t).browser()
	if r := real.post("/maiagent", "state", "down"); r.StatusCode != http.StatusNotFound {
		t.Errorf("with a real MaiAgent the switch answers %d", r.StatusCode)
	}
	if strings.Contains(real.get("/").body, `action="/maiagent"`) {
		t.Error("with a real MaiAgent the page has the switch")
	}
	s := newSimulatedSite(t)
	b := s.browser()
	for _, refused := range []struct {
		status int
		header []string
		form   string
	}{
		{http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site"}, "state=down"},
		{http.StatusForbidden, []string{"Origin", "https://elsewhere.example"}, "state=down"},
		{http.StatusBadRequest, []string{"Sec-Fetch-Site", "same-origin"}, "state=gone"},
	} {
		r := b.do("POST", "/maiagent", strings.NewReader(refused.form), append(refused.header, "Content-Type", "application/x-www-form-urlencoded")...)
		if r.StatusCode != refused.status {
			t.Errorf("%v: %d, want %d", refused.header, r.StatusCode, refused.status)
		}
	}
	b.signUp("ana@example.com", "Ana")
	id := b.contactID()
	for range 2 { // twice is once
		b.submit("/maiagent", "state", "down")
	}
	if page := b.get("/").body; !strings.Contains(page, "MaiAgent is down") {
		t.Error("the page does not say that MaiAgent is down")
	}
	if b.contactID() != id {
		t.Error("a known member has lost the chat")
	}
	b.submit("/plan", "plan", "vip")
	if got := b.script(); got.config != nil {
		t.Error("a contact is handed out whose plan MaiAgent does not know")
	}
	b.submit("/maiagent", "state", "up")
	s.eventually("the chat is back", func() bool { return b.script().contactID() == id })
}

// newSimulatedSite starts the shop as a process of its own, with nothing but a
// place for its files.
func newSimulatedSite(t *testing.T) *site {
	t.Helper()
	var stdout output.Buffer
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = []string{asCommand + "=1", "ADDR=127.0.0.1:0", "XDG_CACHE_HOME=" + t.TempDir(), "SESSION_KEY=" + canarySessionKey}
	command.Stdout, command.Stderr = &stdout, &stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = patience
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's context has ended the process
		if err := command.Wait(); command.ProcessState.ExitCode() != exitOK {
			t.Errorf("it ended with %v: %s", err, &stderr)
		}
	})
	s := &site{t: t}
	s.eventually("the shop tells its address", func() bool {
		line, _, found := strings.Cut(stdout.String(), "\n")
		s.url = strings.TrimSuffix(strings.TrimPrefix(line, "shop: "), "/")
		return found
	})
	if u, err := url.Parse(s.url); err != nil || u.Host == "" {
		t.Fatalf("the shop says %q", &stdout)
	}
	return s
}
