// Package scripttest judges what the library renders with a real JavaScript
// engine and a real HTML parser.
package scripttest

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/gorilla/sessions"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// hostile is what people, or attackers, may put into a name or an option.
var hostile = []string{
	"Alice", "", "</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028\u2029", "\\", "\"'`${1}", "\x00\x01\x7f",
	"\xff\xfe", "🦊 é", "\r\n// end", "*/", "&lt;/script&gt;", "__proto__", "window.maiagentChatbotConfig = {};",
}

// Whatever a name, a phone or a widget option holds, the script stays one
// valid script that says exactly that, and the page around it stays whole.
func FuzzScript(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[(i+3)%len(hostile)], hostile[(i+7)%len(hostile)])
	}
	sim := webchattest.NewServer(webchattest.Options{})
	f.Cleanup(sim.Close)
	f.Fuzz(func(t *testing.T, name, value, key string) {
		if key == "" {
			key = "k"
		}
		extra := map[string]any{key: value, "list": []any{value, map[string]any{key: name}}}
		mc, err := maicontact.New(maicontact.Config{
			API:       webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey},
			InboxID:   webchattest.DefaultInboxID,
			Widget:    webchat.Widget{WebChatID: webchattest.DefaultWebChatID, Options: webchat.Options{ButtonSize: value}},
			Namespace: "fuzz",
			Sessions:  sessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef")),
			Store:     maicontact.NewMemoryStore(),
			Logger:    slog.New(slog.DiscardHandler),
			Identify: func(*http.Request) (*maicontact.Member, error) {
				return &maicontact.Member{ID: "fuzz", Profile: webchat.Profile{Name: name, Phone: value[:min(len(value), 20)]}, Revision: 1}, nil
			},
			WidgetOptions: func(*http.Request) (webchat.Options, error) {
				return webchat.Options{PrimaryColor: name, Extra: extra}, nil
			},
		})
		if err != nil {
			t.Skip("the widget's own check refused it:", err)
		}
		mux := http.NewServeMux()
		mux.Handle("/webchat.js", mc.Script())
		mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
			snippet, err := maicontact.Snippet(r.Context(), "cmFuZG9t")
			if err != nil {
				t.Error(err)
			}
			io.WriteString(w, "<!doctype html><html><body><p>before</p>"+string(snippet)+"<p>after</p></body></html>")
		})
		handler := mc.Handler(mux)

		script := get(t, handler, "/webchat.js")
		config := run(t, script)
		if config["contactId"] == nil || config["webChatId"] != webchattest.DefaultWebChatID {
			t.Errorf("configuration %v", config)
		}
		if config["list"] == nil {
			if !refused(key) {
				t.Errorf("the options are missing: %v", config)
			}
			return // options that cannot be used are left out as a whole
		}
		if name != "" && utf8.ValidString(name) && config["primaryColor"] != name {
			t.Errorf("primaryColor %q, want %q", config["primaryColor"], name)
		}
		if utf8.ValidString(value) && utf8.ValidString(key) && utf8.ValidString(name) {
			want := []any{value, map[string]any{key: name}}
			if !reflect.DeepEqual(config["list"], want) {
				t.Errorf("list %v, want %v", config["list"], want)
			}
		}
		inline := scriptOf(t, get(t, handler, "/page"))
		if again := run(t, inline); !reflect.DeepEqual(again, config) {
			t.Errorf("the snippet says %v, the script %v", again, config)
		}
	})
}

// refused reports whether an option of this name cannot be used.
func refused(key string) bool {
	return !utf8.ValidString(key) || len(key) > 100 || slices.ContainsFunc([]string{"__proto__", "webChatId", "baseUrl", "contactId"}, func(s string) bool {
		return strings.EqualFold(s, key)
	})
}

var configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (.*);$`)

func get(t *testing.T, handler http.Handler, path string) string {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Fatalf("%s: status %d", path, w.Code)
	}
	return w.Body.String()
}

// run executes a script in a page that records what is put into its window,
// and compares it with the JSON of the one configuration line.
func run(t *testing.T, script string) map[string]any {
	t.Helper()
	vm := goja.New()
	_, err := vm.RunString(`
		var loaded = 0;
		var window = this, self = this, document = {};
		Object.defineProperty(document, 'currentScript', { get: function () { loaded++; return null; } });`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vm.RunString(script); err != nil {
		t.Fatalf("not one valid script: %v\n%s", err, script)
	}
	if vm.Get("loaded").ToInteger() == 0 {
		t.Error("the loader was not called")
	}
	found := configLine.FindAllStringSubmatch(script, -1)
	if len(found) != 1 {
		t.Fatalf("%d configuration lines", len(found))
	}
	var config map[string]any
	if err := json.Unmarshal([]byte(found[0][1]), &config); err != nil {
		t.Fatal(err)
	}
	text, err := vm.RunString("JSON.stringify(window.maiagentChatbotConfig)")
	if err != nil {
		t.Fatal(err)
	}
	var ran map[string]any
	if err := json.Unmarshal([]byte(text.String()), &ran); err != nil || !reflect.DeepEqual(ran, config) {
		t.Errorf("the engine sees %v, the line says %v (%v)", ran, config, err)
	}
	return config
}

// scriptOf returns the text of the page's one script, and wants the page
// around it to be whole.
func scriptOf(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var scripts, paragraphs []string
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		text := ""
		if node.FirstChild != nil {
			text = node.FirstChild.Data
		}
		switch node.DataAtom {
		case atom.Script:
			scripts = append(scripts, text)
		case atom.P:
			paragraphs = append(paragraphs, text)
		case atom.Html, atom.Head, atom.Body:
		default:
			t.Errorf("an element %q has appeared", node.Data)
		}
	}
	if len(scripts) != 1 || !reflect.DeepEqual(paragraphs, []string{"before", "after"}) {
		t.Fatalf("%d scripts, paragraphs %q", len(scripts), paragraphs)
	}
	return scripts[0]
}
