package render

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat"
)

const (
	alice = webchat.ContactID("33333333-3333-4333-8333-333333333333")
	owner = "AAAAAAAAAAAAAAAAAAAAAA"
)

var widget = webchat.Widget{WebChatID: "22222222-2222-4222-8222-222222222222", Options: webchat.Options{PrimaryColor: "</script>&\u2028"}}

func newRenderer(t *testing.T) *Renderer {
	t.Helper()
	r, err := New(widget, "/webchat.js", "/webchat.json", Button{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is what the loader is told, in either form.
type told struct {
	V      int
	JS     string
	SRI    string
	Config map[string]any
	Embed  string
	Again  string
	Epoch  string
	Reason string
	Retry  bool
}

var (
	callLine   = regexp.MustCompile(`(?m)^\(.*\)\((\{"v":.*\})\);$`)
	configLine = regexp.MustCompile(`(?m)^window\.maiagentChatbotConfig = (\{.*\});$`)
)

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// Both forms say the same; the JSON form is not told where to ask again.
func TestAnswer(t *testing.T) {
	r := newRenderer(t)
	config := map[string]any{
		"webChatId": widget.WebChatID, "baseUrl": "https://chat.maiagent.ai/web-chats", "contactId": alice.Reveal(), "primaryColor": "</script>&\u2028",
	}
	const embed = "https://chat.maiagent.ai/js/embed.min.js"
	for name, test := range map[string]struct {
		answer Answer
		want   told
		start  string
	}{
		"a contact":            {Answer{ID: alice, Owner: owner}, told{Config: config, Embed: embed, Epoch: owner}, "window.maiagentChatbotConfig = "},
		"a contact, no owner":  {Answer{ID: alice}, told{Config: config, Embed: embed}, "window.maiagentChatbotConfig = "},
		"options of their own": {Answer{ID: alice, Owner: owner, Config: []byte(`{"a":1}`)}, told{Config: map[string]any{"a": 1.0}, Embed: embed, Epoch: owner}, "window.maiagentChatbotConfig = "},
		"no chat":              {Answer{Reason: "declined", Owner: owner}, told{Reason: "declined", Epoch: owner}, "// maicontact: no chat: declined\n"},
		"no chat for now":      {Answer{Reason: "unavailable", Retry: true}, told{Reason: "unavailable", Retry: true}, "// maicontact: no chat: unavailable\n"},
	} {
		var byJSON, byScript told
		text, err := r.JSON([]byte("before"), test.answer)
		if err != nil || !strings.HasPrefix(string(text), "before") || text[len(text)-1] != '\n' {
			t.Fatalf("%s: %v, %s", name, err, text)
		}
		decode(t, text[len("before"):], &byJSON)
		if !reflect.DeepEqual(byJSON, test.want) {
			t.Errorf("%s: JSON says %+v, want %+v", name, byJSON, test.want)
		}

		text, err = r.Script([]byte("before\n"), test.answer)
		if err != nil || !strings.HasPrefix(string(text), "before\n"+test.start) {
			t.Fatalf("%s: %v, %s", name, err, text)
		}
		for _, bad := range []string{"</script", "\u2028", "<!--", "\u2029"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s: the script holds %q", name, bad)
			}
		}
		if n := strings.Count(string(text), alice.Reveal()); n > 1 {
			t.Errorf("%s: the contact id stands %d times", name, n)
		}
		calls, configs := callLine.FindAllSubmatch(text, -1), configLine.FindAllSubmatch(text, -1)
		if len(calls) != 1 || (len(configs) == 1) != (test.answer.ID != "") || len(configs) > 1 {
			t.Fatalf("%s: %d calls, %d configurations", name, len(calls), len(configs))
		}
		decode(t, calls[0][1], &byScript)
		if len(configs) == 1 {
			decode(t, configs[0][1], &byScript.Config)
		}
		test.want.V, test.want.Again, test.want.Embed = templates.Version, "/webchat.js", ""
		test.want.JS, test.want.SRI = r.loader.path, r.loader.integrity
		if !reflect.DeepEqual(byScript, test.want) {
			t.Errorf("%s: the script says %+v, want %+v", name, byScript, test.want)
		}
	}
}

// What is prepared of the script says what would be written for one answer, and is
// only copied: in the room that the last answer left, nothing is allocated.
func TestPrepared(t *testing.T) {
	r := newRenderer(t)
	for name, a := range map[string]Answer{
		"":                 {ID: alice},
		"owner":            {ID: alice, Owner: owner},
		"alone":            {ID: alice, Alone: true},
		"alone with owner": {ID: alice, Alone: true, Owner: owner},
	} {
		text, err := r.Script(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		_, call, _ := strings.Cut(string(text), ";\n")
		if want := string(r.call(nil, r.options(a))); call != want {
			t.Errorf("%s: the script is called by\n%s\nwant\n%s", name, call, want)
		}
		if n := testing.AllocsPerRun(100, func() { text, _ = r.Script(text[:0], a) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A page of another origin gets every address with ours in it.
func TestAbsolute(t *testing.T) {
	r := newRenderer(t)
	for _, a := range []Answer{{ID: alice, Owner: owner, Origin: "https://shop.test"}, {Reason: "budget", Origin: "https://shop.test"}} {
		text, err := r.Script(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		var got told
		decode(t, callLine.FindSubmatch(text)[1], &got)
		if got.JS != "https://shop.test"+r.loader.path || got.Again != "https://shop.test/webchat.js" || got.Epoch != a.Owner {
			t.Errorf("%+v", got)
		}
	}
}

// What every page view of a known person costs stays small.
func TestWeight(t *testing.T) {
	drag := true
	for name, test := range map[string]struct {
		options webchat.Options
		most    int
	}{
		"default":            {webchat.Options{}, 1000},
		"every typed option": {webchat.Options{PrimaryColor: "#3854d8", AllowDrag: &drag, ButtonSize: "48", ButtonRadius: "50%", ShowChatNotification: &drag}, 1200},
	} {
		r, err := New(webchat.Widget{WebChatID: widget.WebChatID, Options: test.options}, "/webchat.js", "/webchat.json", Button{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []Answer{
			{ID: alice, Owner: owner},
			{Owner: owner, Reason: "too many new visitors", Retry: true},
			{Owner: owner, Reason: "not opened", Closed: true},
		} {
			text, err := r.Script(nil, a)
			if err != nil || len(text) >= test.most {
				t.Errorf("%s: %d bytes, want less than %d; %v", name, len(text), test.most, err)
			}
		}
		if n := len(r.loader.gzipped); n > 6656 {
			t.Errorf("the loader has %d bytes, compressed", n)
		}
	}
}

// What is no contact id is in no answer.
func TestNoContactID(t *testing.T) {
	r := newRenderer(t)
	for _, write := range []func([]byte, Answer) ([]byte, error){r.Script, r.JSON} {
		if text, err := write(nil, Answer{ID: `"};alert(1)//`}); err == nil || text != nil {
			t.Errorf("%v, %s", err, text)
		}
	}
}

// A hint is a line of the script of its own, that nothing in it can leave.
func TestHint(t *testing.T) {
	r := newRenderer(t)
	const line = "\nconsole.warn(\"\\u003c/script\\u003e\\\"look\");\n"
	for _, a := range []Answer{{ID: alice, Owner: owner}, {Reason: "too late", Owner: owner}} {
		plain, err := r.Script(nil, a)
		if err != nil || strings.Contains(string(plain), "console.warn") {
			t.Errorf("%v, %s", err, plain)
		}
		a.Hint = `</script>"look`
		text, err := r.Script(nil, a)
		if err != nil || strings.Count(string(text), line) != 1 || strings.Replace(string(text), line, "\n", 1) != string(plain) {
			t.Errorf("%v, %s", err, text)
		}
		if text, err = r.JSON(nil, a); err != nil || !strings.Contains(string(text), `"hint":"\u003c/script\u003e\"look"`) {
			t.Errorf("%v, %s", err, text)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := newRenderer(t)
	if got, _ := r.ScriptRefusal(nil, Answer{Reason: "cross-site", Hint: "look"}); string(got) != "// maicontact: no chat: cross-site\n" {
		t.Errorf("script: %s", got)
	}
	if got, _ := r.JSON(nil, Answer{Reason: "not a script"}); string(got) != `{"reason":"not a script"}`+"\n" {
		t.Errorf("JSON: %s", got)
	}
	if got, _ := r.JSON(nil, Answer{Reason: "cross-site", Hint: "look"}); string(got) != `{"reason":"cross-site","hint":"look"}`+"\n" {
		t.Errorf("JSON: %s", got)
	}
}

// The static script holds nothing but the path, by which its ETag differs.
func TestStatic(t *testing.T) {
	r := newRenderer(t)
	text, tag := r.static, r.etag
	if want := "(" + templates.Bootstrap + `)({"v":1,"js":"` + r.loader.path + `","sri":"` + r.loader.integrity + `","again":"/webchat.json","json":true});` + "\n"; string(text) != want {
		t.Errorf("%s", text)
	}
	other, err := New(widget, "/webchat.js", "/other.json", Button{})
	if err != nil {
		t.Fatal(err)
	}
	if otherTag := other.etag; !regexp.MustCompile(`^"[\w-]{22}"$`).MatchString(tag) || tag == otherTag {
		t.Errorf("ETags %s and %s", tag, otherTag)
	}
}

func TestNewChecksTheWidget(t *testing.T) {
	if r, err := New(webchat.Widget{Options: webchat.Options{Extra: map[string]any{"contactId": 1}}}, "/a", "/b", Button{}); r != nil || !errors.Is(err, webchat.ErrOption) {
		t.Errorf("%v, %v", r, err)
	}
}

// An answer costs no more than its buffer.
func BenchmarkScript(b *testing.B) {
	r, err := New(widget, "/webchat.js", "/webchat.json", Button{})
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Script(buffer, Answer{ID: alice, Owner: owner}); err != nil {
			b.Fatal(err)
		}
	}
}
