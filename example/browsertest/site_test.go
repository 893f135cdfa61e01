package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
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
	notes   []string // posted to /note
}

// newSite starts a site with one page. In the page, {{contact}}, {{retry}} and
// {{declined}} stand for the text of the snippet, {{chat}} for the chat host.
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

// script renders the chat script as the server does.
func (s *site) script(answer string) string {
	switch answer {
	case contact:
		return fmt.Sprintf("// maicontact\nwindow.maiagentChatbotConfig = {\"webChatId\":\"w\",\"baseUrl\":\"%s/web-chats\",\"contactId\":\"c-1\"};\n"+
			"(%s)({\"embed\":\"%s/js/embed.min.js\",\"again\":\"/webchat.js\"});\n", s.chatHost, templates.Loader, s.chatHost)
	case retry:
		return fmt.Sprintf("// maicontact: no chat: unavailable\n(%s)({\"again\":\"/webchat.js\",\"reason\":\"unavailable\",\"retry\":true});\n", templates.Loader)
	case declined:
		return fmt.Sprintf("// maicontact: no chat: declined\n(%s)({\"again\":\"/webchat.js\",\"reason\":\"declined\",\"retry\":false});\n", templates.Loader)
	default:
		return ""
	}
}

func (s *site) fill(html string) string {
	return strings.NewReplacer("{{contact}}", s.script(contact), "{{retry}}", s.script(retry),
		"{{declined}}", s.script(declined), "{{chat}}", s.chatHost).Replace(html)
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
	case "/webchat.js":
		s.serveScript(w)
	case "/release":
		s.release()
	case "/note":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notes = append(s.notes, r.FormValue("text"))
	case "/favicon.ico", "/image.png", "/idle":
		w.WriteHeader(http.StatusNoContent)
	default:
		html, ok := s.html[path]
		if !ok {
			http.NotFound(w, r)
			return
		}
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

func (s *site) serveScript(w http.ResponseWriter) {
	s.mu.Lock()
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	s.mu.Unlock()
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
	default:
		fmt.Fprint(w, s.script(answer))
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
	tab := browser.Tab(t)
	tab.Before(noting)
	return tab
}

// settled waits until the page has loaded and the loader is in the state, and
// then until everything the page had queued has run.
func settled(tab *chromium.Tab, state string) {
	tab.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().state === '` + state + `'`)
	tab.Do(`new Promise((done) => requestIdleCallback(() => done()))`)
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
