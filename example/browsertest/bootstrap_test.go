package browsertest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/templates"
)

// The addresses of the loader, which pages of this file fetch.
const (
	loaderPath   = "/webchat.0123456789abcdef.js"
	fallbackPath = "/webchat.js?loader"
)

// split is a shop whose chat script fetches the loader, as the library's does.
type split struct {
	*site
	mu     sync.Mutex
	serve  map[string]http.HandlerFunc // how the loader's addresses answer
	loaded []string                    // in their order
}

func integrity(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// newSplit serves the html, with {{script}} for the text of the chat script.
func newSplit(t *testing.T, html string) *split {
	s := &split{site: newSite(t, "", contact), serve: map[string]http.HandlerFunc{loaderPath: good, fallbackPath: good}}
	inner := s.shop.Config.Handler
	s.shop.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		serve := s.serve[r.URL.RequestURI()]
		if serve != nil {
			s.loaded = append(s.loaded, r.URL.RequestURI())
		}
		s.mu.Unlock()
		switch {
		case serve != nil:
			serve(w, r)
		case r.URL.Path == "/webchat.js":
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			fmt.Fprint(w, s.script())
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			for name, values := range s.headers {
				w.Header().Set(name, strings.ReplaceAll(values[0], "{{hash}}", integrity("\n"+s.script())))
			}
			fmt.Fprint(w, strings.ReplaceAll(html, "{{script}}", "\n"+s.script()))
		default:
			inner.ServeHTTP(w, r)
		}
	})
	return s
}

func (s *split) script() string {
	config := map[string]any{"webChatId": "w", "baseUrl": s.chatHost + "/web-chats", "contactId": "c-1"}
	options := map[string]any{"v": templates.Version, "again": "/webchat.js", "js": loaderPath, "sri": integrity(templates.Loader)}
	return fmt.Sprintf("window.maiagentChatbotConfig = %s;\n(%s)(%s);\n", encode(config), templates.Bootstrap, encode(options))
}

func (s *split) fetched() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.loaded)
}

// How an address of the loader may answer.
func good(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	fmt.Fprint(w, templates.Loader)
}

func altered(w http.ResponseWriter, r *http.Request) {
	good(w, r)
	fmt.Fprint(w, ";note('altered ran')")
}

func missing(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

func unavailable(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "", http.StatusServiceUnavailable)
}

func hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// cutShort ends in the middle.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, "// ")
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

const plainPage = `<!doctype html><html><body><script src="/webchat.js" defer></script>`

// However the loader fails to come, the one fallback brings it; where that
// fails too, there is no chat, and the page is whole.
func TestLoaderComes(t *testing.T) {
	t.Parallel()
	both := []string{loaderPath, fallbackPath}
	for name, test := range map[string]struct {
		first, second http.HandlerFunc
		want          []string
		state         string
		problems      string
	}{
		"at once":   {good, good, both[:1], "started", ""},
		"missing":   {missing, good, both, "started", "404|MIME"},
		"altered":   {altered, good, both, "started", "integrity"},
		"503":       {unavailable, good, both, "started", "503|MIME"},
		"cut":       {cutShort, good, both, "started", "CONTENT_LENGTH"},
		"hanging":   {hanging, good, both, "started", ""},
		"a rollout": {missing, altered, both, "started", "404|MIME"}, // the other version is taken as it is
		"nowhere":   {missing, unavailable, both, "blocked", "404|503|MIME"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSplit(t, plainPage)
			s.serve[loaderPath], s.serve[fallbackPath] = test.first, test.second
			tab := newTab(t)
			if test.problems != "" {
				tab.Expect(test.problems)
			}
			tab.Open(s.url + "/")
			settled(tab, test.state)
			if got := s.fetched(); !slices.Equal(got, test.want) {
				t.Errorf("fetched %q, want %q", got, test.want)
			}
			want := []string{ran, started}
			if test.state == "blocked" {
				want = nil
			}
			if name == "a rollout" {
				want = append([]string{"altered ran"}, want...)
			}
			if got := chromium.Eval[[]string](tab, `notes`); !slices.Equal(got, want) {
				t.Errorf("notes %q, want %q", got, want)
			}
		})
	}
}

// The page never waits for a loader, and what it calls meanwhile is done when
// the loader has come.
func TestLoaderWaitsForThePage(t *testing.T) {
	t.Parallel()
	s := newSplit(t, `<!doctype html><html><body><script src="/webchat.js"></script><img src="/held/image.png"><script>
		addEventListener('load', () => note('loaded'));
		maicontact.open().then((status) => note('opened ' + status.state));
		maicontact.refresh().then((status) => note('refreshed ' + status.state));
		note('before ' + maicontact.status().state);
		setTimeout(() => fetch('/release'), 300); // time enough for a loader that does not wait
	</script>`)
	s.serve[loaderPath] = func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.held:
		default:
			t.Error("the loader was fetched before the page had loaded")
		}
		good(w, r)
	}
	tab := newTab(t)
	tab.Open(s.url + "/")
	tab.Wait(`notes.some((n) => n.startsWith('opened ')) && notes.some((n) => n.startsWith('refreshed '))`)
	if got := chromium.Eval[[]string](tab, `notes.slice(0, 2)`); !slices.Equal(got, []string{"before waiting", "loaded"}) {
		t.Errorf("notes %q", got)
	}
}

// A loader that hangs does not hold up the page's load event.
func TestLoaderHangs(t *testing.T) {
	t.Parallel()
	s := newSplit(t, plainPage)
	s.serve[loaderPath], s.serve[fallbackPath] = hanging, hanging
	tab := newTab(t)
	tab.Open(s.url + "/")
	tab.Wait(`document.readyState === 'complete'`)
	if state := chromium.Eval[string](tab, `maicontact.status().state`); state != "waiting" {
		t.Errorf("state %s", state)
	}
}

// A policy of hashes allows the element and the loader by name, and one of
// nonces allows the loader by what the element had.
func TestLoaderUnderAPolicy(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]string{
		"hashes": "script-src '{{hash}}' '" + integrity(templates.Loader) + "' CHAT",
		"nonce":  "script-src 'nonce-cmFuZG9t'",
		"strict": "script-src 'nonce-cmFuZG9t' 'strict-dynamic'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tag := "<script>"
			if name != "hashes" {
				tag = `<script nonce="cmFuZG9t">`
			}
			s := newSplit(t, "<!doctype html><html><body>"+tag+"{{script}}</script>")
			s.headers.Set("Content-Security-Policy", strings.ReplaceAll(policy, "CHAT", s.chatHost))
			tab := newTab(t)
			tab.Open(s.url + "/")
			settled(tab, "started")
			if got := s.fetched(); !slices.Equal(got, []string{loaderPath}) {
				t.Errorf("fetched %q", got)
			}
		})
	}
}

// Two versions meet while a new one rolls out: a loader starts nothing by what a
// newer server says, and takes what an older one says.
func TestOtherVersions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version int
		status  status
	}{
		"older": {0, begun},
		"newer": {templates.Version + 1, status{State: "absent", Reason: "version"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "", contact)
			options, _ := strings.CutPrefix(s.script(contact), "// maicontact\n")
			options = strings.Replace(options, `)({`, fmt.Sprintf(`)({"v":%d,`, test.version), 1)
			s.html["/"] = "<!doctype html><html><body><script>" + options + "</script>"
			tab := newTab(t)
			tab.Open(s.url + "/")
			settled(tab, test.status.State)
			if got := chromium.Eval[status](tab, `maicontact.status()`); got != test.status {
				t.Errorf("status %+v, want %+v", got, test.status)
			}
			if name == "newer" {
				if left := chromium.Eval[bool](tab, `'maiagentChatbotConfig' in window`); left {
					t.Error("the configuration is left for the vendor")
				}
			}
		})
	}
}
