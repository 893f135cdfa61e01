package browsertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/templates"
)

// How the chat script may answer.
const (
	contact  = "contact"
	retry    = "retry"
	declined = "declined"
	broken   = "503"
	cut      = "cut"
	login    = "html" // a login page in its place
	empty    = "empty"
	refused  = "403"

	// These name who is there. "slow " before an answer holds it back until
	// GET /release; "somebody" is another person each time.
	ann         = "contact@ann"
	bob         = "contact@bob"
	annWaits    = "retry@ann"
	annErased   = "erased@ann"
	bobDeclined = "declined@bob"
	stranger    = "contact@somebody"
)

// How the vendor's script may start the chat.
const (
	usesBody     = `document.body.onload = start;`
	usesWindow   = `window.onload = start;`
	usesListener = `addEventListener('load', start);`
)

// site is a shop with the two forms of the chat script, and a chat host of
// another origin.
type site struct {
	shop, chat *httptest.Server
	url        string // of the shop
	chatHost   string // origin of the chat host

	html    map[string]string
	headers http.Header
	embed   string // how it starts; "404" and "cut" for none

	held    chan struct{} // closed by GET /release: lets /held/ go on
	release func()

	mu      sync.Mutex
	answers []string // the last one stays
	asked   int
	viewed  int      // pages
	notes   []string // posted to /note
}

// newSite starts a site with one page. In the page, an answer in braces, such
// as {{contact}}, stands for the text of the snippet, {{chat}} for the chat host.
func newSite(t *testing.T, html string, answers ...string) *site {
	s := &site{html: map[string]string{"/": html}, headers: http.Header{}, embed: usesBody, answers: answers, held: make(chan struct{})}
	s.shop = httptest.NewServer(http.HandlerFunc(s.serveShop))
	s.chat = httptest.NewServer(http.HandlerFunc(s.serveChat))
	s.release = sync.OnceFunc(func() { close(s.held) })
	s.url = s.shop.URL
	s.chatHost = strings.Replace(s.chat.URL, "127.0.0.1", "localhost", 1)
	t.Cleanup(func() {
		s.shop.CloseClientConnections()
		s.chat.CloseClientConnections()
		s.shop.Close()
		s.chat.Close()
	})
	return s
}

// say sets what the chat script answers from now on.
func (s *site) say(answers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(make([]string, s.asked), answers...)
}

// options renders what the loader is given, and the JSON, for an answer that
// names who is there.
func (s *site) options(answer string) (options map[string]any) {
	kind, who, _ := strings.Cut(answer, "@")
	options = map[string]any{"epoch": "epoch-" + who}
	switch kind {
	case contact:
		options["embed"] = s.chatHost + "/js/embed.min.js"
		options["config"] = map[string]any{"webChatId": "w", "baseUrl": s.chatHost + "/web-chats", "contactId": "c-" + who}
	case retry:
		options["reason"], options["retry"] = "unavailable", true
	default:
		options["reason"] = kind
	}
	if who == "" {
		delete(options, "epoch")
		if config, ok := options["config"].(map[string]any); ok {
			config["contactId"] = "c-1"
		}
	}
	return options
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// script renders the chat script as the server does.
func (s *site) script(answer string) string {
	if !strings.Contains(answer, "@") {
		switch answer {
		case contact:
			answer = contact + "@"
		case retry, declined:
			answer += "@"
		default:
			return ""
		}
	}
	options, line := s.options(answer), ""
	if config, ok := options["config"]; ok {
		line = "window.maiagentChatbotConfig = " + encode(config) + ";\n"
		delete(options, "config")
	}
	options["again"] = "/webchat.js"
	return "// maicontact\n" + line + call(options)
}

// call is a script that runs the loader at once, not after the page has loaded.
func call(options map[string]any) string {
	return fmt.Sprintf("(%s)(%s);\n%s", inline, encode(options), templates.Loader)
}

// inline is a bootstrap that fetches no loader.
var inline = strings.NewReplacer(`=="complete"`, `=="never"`, `addEventListener("load"`, `addEventListener("never"`).Replace(templates.Bootstrap)

var placeholder = regexp.MustCompile(`{{[a-z]+(@[a-z]+)?}}`)

func (s *site) fill(html string) string {
	return placeholder.ReplaceAllStringFunc(html, func(name string) string {
		if name = strings.Trim(name, "{}"); name != "chat" {
			return s.script(name)
		}
		return s.chatHost
	})
}

func (s *site) serveShop(w http.ResponseWriter, r *http.Request) {
	path, held := strings.CutPrefix(r.URL.Path, "/held")
	if held {
		select {
		case <-s.held:
		case <-r.Context().Done():
			return
		}
	}
	switch path {
	case "/webchat.js", "/webchat.json":
		s.serveScript(w, r, strings.HasSuffix(path, "json"))
	case "/webchat-static.js":
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, call(map[string]any{"json": true, "again": "/webchat.json"}))
	case "/release":
		s.release()
	case "/note":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notes = append(s.notes, r.FormValue("text"))
	case "/idle.html": // another page, not counted
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>other</title>")
	case "/favicon.ico", "/image.png", "/idle":
		w.WriteHeader(http.StatusNoContent)
	default:
		html, ok := s.html[path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.mu.Lock()
		s.viewed++
		s.mu.Unlock()
		for name, values := range s.headers {
			for _, value := range values {
				w.Header().Add(name, s.fill(value))
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if strings.HasSuffix(path, ".js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		}
		fmt.Fprint(w, s.fill(html))
	}
}

func (s *site) serveScript(w http.ResponseWriter, r *http.Request, asJSON bool) {
	s.mu.Lock()
	answer, slow := strings.CutPrefix(s.answers[min(s.asked, len(s.answers)-1)], "slow ")
	s.asked++
	if answer == stranger {
		answer += strconv.Itoa(s.asked)
	}
	s.mu.Unlock()
	if slow {
		select {
		case <-s.held:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	switch answer {
	case broken:
		http.Error(w, "", http.StatusServiceUnavailable)
	case cut:
		// Not before the headers: Chromium would ask once more by itself.
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "// ")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case login:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Log in</title>")
	case refused:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"reason":"cross-site"}`)
	default:
		switch {
		case !asJSON:
			fmt.Fprint(w, s.script(answer))
		case strings.HasPrefix(answer, "json "):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, s.fill(strings.TrimPrefix(answer, "json ")))
		case answer != empty:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, encode(s.options(answer)))
		}
	}
}

func (s *site) serveChat(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/js/embed.min.js" || s.embed == "404":
		http.NotFound(w, r)
	case s.embed == cut:
		panic(http.ErrAbortHandler)
	default:
		if strings.HasPrefix(s.embed, "/* held */") {
			select {
			case <-s.held:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprintf(w, `(function () {
			note('embed ran');
			function start() { note('chat started ' + (document.readyState === 'complete' ? '' : 'early ') + 'as ' + window.maiagentChatbotConfig.contactId); }
			%s
		})();`, s.embed)
	}
}

func (s *site) timesAsked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *site) timesViewed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.viewed
}

func (s *site) posted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

// noting gives pages a note function and keeps the notes in their order.
const noting = `window.notes = []; window.note = (text) => { notes.push(text); };`

// status is what window.maicontact.status() tells.
type status struct {
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

// newTab opens a tab whose pages can note.
func newTab(t *testing.T) *chromium.Tab {
	t.Helper()
	return withNotes(browser.Tab(t))
}

// withNotes lets the pages of a tab note.
func withNotes(tab *chromium.Tab) *chromium.Tab {
	tab.Before(noting)
	return tab
}

// settled waits until the page has loaded and the loader is in the state, and
// then until everything the page had queued has run.
func settled(tab *chromium.Tab, state string) {
	tab.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().state === '` + state + `'`)
	tab.Do(`new Promise((done) => requestIdleCallback(() => done(), { timeout: 1000 }))`)
}

// deadline polls until the condition holds.
func deadline(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
