package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/gorilla/sessions"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The page for those who come from the plain embed keeps its word: the Go code that
// it shows gives the vendor's script what the two tags gave it, and the contact.
func TestFromEmbedPage(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../docs/from-embed.md")
	tags := regexp.MustCompile("(?s)```html\n<script>(.*?)</script>").FindStringSubmatch(page)
	if tags == nil {
		t.Fatal("the page does not show the two tags")
	}
	js := goja.New()
	value, err := js.RunString("var window = {};" + tags[1] + "JSON.stringify(window.maiagentChatbotConfig)")
	if err != nil {
		t.Fatal(err)
	}
	var before map[string]any
	if err := json.Unmarshal([]byte(value.String()), &before); err != nil {
		t.Fatal(err)
	}

	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	allowDrag := true
	id, color := before["webChatId"].(string), before["primaryColor"].(string)
	for _, shown := range []string{`WebChatID: "` + id + `"`, `webchat.Options{PrimaryColor: "` + color + `", AllowDrag: &allowDrag}`} {
		if !strings.Contains(page, shown) {
			t.Errorf("the page's Go code does not have %s", shown)
		}
	}
	mc, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: maiagent.BaseURL(), APIKey: webchattest.DefaultAPIKey},
		InboxID:   webchattest.DefaultInboxID,
		Widget:    webchat.Widget{WebChatID: id, Options: webchat.Options{PrimaryColor: color, AllowDrag: &allowDrag}},
		Namespace: "shop-test",
		Identify:  func(*http.Request) (*maicontact.Member, error) { return &maicontact.Member{ID: "1"}, nil },
		Sessions:  sessions.NewCookieStore([]byte(strings.Repeat("s", 32))),
		Store:     maicontact.NewMemoryStore(),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, w := httptest.NewRequest(http.MethodGet, "/webchat.js", nil), httptest.NewRecorder()
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	mc.Handler(mc.Script()).ServeHTTP(w, r)
	line := configLine.FindStringSubmatch(w.Body.String())
	if line == nil {
		t.Fatalf("the script has no configuration:\n%s", w.Body)
	}
	var after map[string]any
	if err := json.Unmarshal([]byte(line[1]), &after); err != nil {
		t.Fatal(err)
	}
	contacts := maiagent.Contacts()
	if len(contacts) != 1 {
		t.Fatalf("%d contacts", len(contacts))
	}
	want := maps.Clone(before)
	want["contactId"] = contacts[0].ID
	if !reflect.DeepEqual(after, want) {
		t.Errorf("the vendor's script gets %v, want what the tags said and the contact: %v", after, want)
	}
}
