package webchat

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestWidgetValidate(t *testing.T) {
	t.Parallel()
	extra := func(name string, value any) Options { return Options{Extra: map[string]any{name: value}} }
	tests := []struct {
		name   string
		widget Widget
		want   string // part of the error; "" is none
	}{
		{"least", Widget{WebChatID: testID}, ""},
		{"own host", Widget{WebChatID: "abc_1-2", ChatURL: "https://chat.example.com/"}, ""},
		{"loopback", Widget{WebChatID: testID, ChatURL: "http://127.0.0.1:8080"}, ""},
		{"http", Widget{WebChatID: testID, ChatURL: "http://chat.example.com"}, "https"},
		{"http on purpose", Widget{WebChatID: testID, ChatURL: "http://chat.example.com", InsecureHTTP: true}, ""},
		{"script", Widget{WebChatID: testID, ChatURL: "javascript:alert(1)"}, "https://"},
		{"no web chat id", Widget{}, "web chat id is required"},
		{"padded web chat id", Widget{WebChatID: testID + "\n"}, "web chat id"},
		{"path for a web chat id", Widget{WebChatID: "../x"}, "web chat id"},
		{"extra", Widget{WebChatID: testID, Options: extra("position", map[string]any{"x": 1})}, ""},
		{"reserved", Widget{WebChatID: testID, Options: extra("webChatId", "x")}, "cannot be set"},
		{"reserved, other case", Widget{WebChatID: testID, Options: extra("BASEURL", "x")}, "cannot be set"},
		{"reserved, other letters of the same case", Widget{WebChatID: testID, Options: extra("ba\u017FeUrl", "x")}, "cannot be set"},
		{"reserved contact", Widget{WebChatID: testID, Options: extra("contactid", "x")}, "cannot be set"},
		{"prototype", Widget{WebChatID: testID, Options: extra("__proto__", map[string]any{"contactId": "x"})}, "cannot be set"},
		{"prototype inside", Widget{WebChatID: testID, Options: extra("a", []any{map[string]any{"__proto__": 1}})}, "cannot be used"},
		{"prototype, escaped", Widget{WebChatID: testID, Options: extra("a", json.RawMessage(`{"__pr\u006fto__":1}`))}, "cannot be used"},
		{"key twice", Widget{WebChatID: testID, Options: extra("a", json.RawMessage(`{"b":1,"b":2}`))}, "twice"},
		{"no name", Widget{WebChatID: testID, Options: extra("", 1)}, "empty"},
		{"name not text", Widget{WebChatID: testID, Options: extra("a\xff", 1)}, "UTF-8"},
		{"function", Widget{WebChatID: testID, Options: extra("a", func() {})}, "cannot be written"},
		{"not a number", Widget{WebChatID: testID, Options: extra("a", math.NaN())}, "cannot be written"},
		{"large", Widget{WebChatID: testID, Options: extra("a", strings.Repeat("x", 65<<10))}, "64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.widget.Validate()
			config, configErr := tt.widget.Config("", Options{})
			if tt.want == "" {
				if err != nil || configErr != nil {
					t.Errorf("got %v and %v", err, configErr)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || configErr == nil || config != nil {
				t.Errorf("got %v and %v, want %q", err, configErr, tt.want)
			}
			if tt.widget.Options.Extra == nil {
				return
			}
			// The same options given for one page are the same error.
			if _, err := (Widget{WebChatID: testID}).Config("", tt.widget.Options); !errors.Is(err, ErrOption) {
				t.Errorf("got %v, want ErrOption", err)
			}
		})
	}
}

func TestWidgetAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct{ chat, base, embed string }{
		{"", "https://chat.maiagent.ai/web-chats", "https://chat.maiagent.ai/js/embed.min.js"},
		{"https://chat.example.com/", "https://chat.example.com/web-chats", "https://chat.example.com/js/embed.min.js"},
		{"https://chat.example.com/web-chats/", "https://chat.example.com/web-chats", "https://chat.example.com/js/embed.min.js"},
		{"http://localhost:1/sim", "http://localhost:1/sim/web-chats", "http://localhost:1/sim/js/embed.min.js"},
		{"http://chat.example.com", "", ""},
	}
	for _, tt := range tests {
		w := Widget{ChatURL: tt.chat}
		if w.BaseURL() != tt.base || w.EmbedURL() != tt.embed {
			t.Errorf("%q: %q, %q", tt.chat, w.BaseURL(), w.EmbedURL())
		}
	}
}

func TestWidgetConfig(t *testing.T) {
	t.Parallel()
	widget := Widget{WebChatID: "w1", Options: Options{
		PrimaryColor: "#1890ff", AllowDrag: new(true), ButtonSize: "48",
		Extra: map[string]any{"locale": "en", "buttonRadius": "1px", "deep": map[string]any{"b": 1, "a": "</script>"}},
	}}
	const head = `{"webChatId":"w1","baseUrl":"https://chat.maiagent.ai/web-chats"`
	tests := []struct {
		name   string
		widget Widget
		id     ContactID
		more   Options
		want   string // "" is an error
	}{
		{"least", Widget{WebChatID: "w1"}, "", Options{}, head + `}`},
		{"contact", Widget{WebChatID: "w1"}, ContactID(strings.ToUpper(testID)), Options{}, head + `,"contactId":"` + testID + `"}`},
		{"no contact id", Widget{WebChatID: "w1"}, `"};alert(1)//`, Options{}, ""},
		{"options", widget, testID, Options{}, head + `,"contactId":"` + testID +
			`","allowDrag":true,"buttonRadius":"1px","buttonSize":"48","deep":{"a":"\u003c/script\u003e","b":1},"locale":"en","primaryColor":"#1890ff"}`},
		{"options of the page win", widget, "", Options{
			PrimaryColor: "red", AllowDrag: new(false), ButtonRadius: "50%", ShowChatNotification: new(false),
			Extra: map[string]any{"locale": "zh", "buttonSize": 12, "deep": nil},
		}, head + `,"allowDrag":false,"buttonRadius":"50%","buttonSize":12,"deep":null,"locale":"zh","primaryColor":"red","showChatNotification":false}`},
		{"escapes", Widget{WebChatID: "w1"}, "", Options{PrimaryColor: "<!--\u2028\u2029&\"'\\\n\xff"},
			head + `,"primaryColor":"\u003c!--\u2028\u2029\u0026\"'\\\n\ufffd"}`},
		{"too much together", Widget{WebChatID: "w1", Options: Options{PrimaryColor: strings.Repeat("x", 40<<10)}}, "", Options{ButtonSize: strings.Repeat("x", 40<<10)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.widget.Config(tt.id, tt.more)
			if string(got) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func FuzzWidgetConfig(f *testing.F) {
	f.Add("#fff", "48", "locale", `"en"`, true)
	f.Add("</script>", "\u2028", "contactId", `{"__proto__":{}}`, false)
	f.Add("<!--<script>", "\xff", "KontaktId", `{"a":{"a":1,"a":2}}`, true)
	f.Fuzz(func(t *testing.T, color, size, name, value string, drag bool) {
		widget := Widget{WebChatID: testID, Options: Options{PrimaryColor: color, AllowDrag: &drag}}
		got, err := widget.Config(testID, Options{ButtonSize: size, Extra: map[string]any{name: json.RawMessage(value), name + "2": value}})
		if err != nil {
			if got != nil {
				t.Fatal("an error and a value")
			}
			return
		}
		if bytes.ContainsAny(got, "<>&\n\r\u2028\u2029") {
			t.Fatalf("unsafe in a script: %s", got)
		}
		parsed, err := parseStrict(got)
		if err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		object, ok := parsed.(map[string]any)
		if !ok || object["contactId"] != testID || object["webChatId"] != testID || object["baseUrl"] != widget.BaseURL() || hasProto(parsed) {
			t.Fatalf("got %s", got)
		}
		reserved := 0
		for key := range object {
			if strings.EqualFold(key, "contactId") || strings.EqualFold(key, "webChatId") || strings.EqualFold(key, "baseUrl") {
				reserved++
			}
		}
		if reserved != 3 {
			t.Fatalf("reserved keys are set by an option: %s", got)
		}
	})
}

func BenchmarkWidgetConfig(b *testing.B) {
	widget := Widget{WebChatID: testID, Options: Options{PrimaryColor: "#1890ff", AllowDrag: new(true)}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := widget.Config(testID, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
