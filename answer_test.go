package maicontact_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/templates"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// loader is which loader a script fetches.
type loader struct {
	V       int
	JS, SRI string
}

// loaderOf reads it.
func loaderOf(t *testing.T, response *http.Response) (l loader) {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(callLine.FindSubmatch(body)[1], &l); err != nil {
		t.Fatal(err)
	}
	if l.V != templates.Version || l.JS == "" || l.SRI == "" {
		t.Errorf("the loader is %+v", l)
	}
	return l
}

// told is what the loader is told, in either form.
type told struct {
	Opened bool
	Open   map[string]any
	Config map[string]any
	Embed  string
	Again  string
	Epoch  string
	Reason string
	Retry  bool
}

var callLine = regexp.MustCompile(`(?m)^\(.*\)\((\{"v":.*\})\);$`)

// listen reads an answer in the form of the route that gave it.
func listen(t *testing.T, response *http.Response) told {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := body
	if response.Header.Get("Content-Type") != "application/json" {
		calls := callLine.FindAllSubmatch(body, -1)
		if len(calls) != 1 {
			t.Fatalf("the loader is called %d times:\n%s", len(calls), body)
		}
		var options map[string]any
		if err := json.Unmarshal(calls[0][1], &options); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"v", "js", "sri"} { // see loaderOf
			delete(options, name)
		}
		if text, err = json.Marshal(options); err != nil {
			t.Fatal(err)
		}
	}
	var got told
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if line := configLine.FindSubmatch(body); line != nil {
		if err := json.Unmarshal(line[1], &got.Config); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// Both forms say the same. The person has one epoch in every browser and
// process, and another person has another.
func TestEpoch(t *testing.T) {
	var config maicontact.Config
	s := newSite(t, func(c *maicontact.Config, _ *webchattest.Options) { config = *c })
	s.member("u-alice", alice)
	s.member("u-bob", bob)
	config.API.HTTPClient = &http.Client{Transport: webchattest.InProcess(s.sim)}
	epochs := map[string]string{}
	ask := func(who string, b *browser) {
		t.Helper()
		script, byJSON := listen(t, b.send("GET", "/webchat.js")), listen(t, b.send("GET", "/webchat.json", "Sec-Fetch-Dest", "empty"))
		want := told{Config: script.Config, Again: "/webchat.js", Epoch: script.Epoch}
		if len(script.Epoch) != 22 || script.Config["contactId"] == nil || !reflect.DeepEqual(script, want) {
			t.Fatalf("%s: the script says %+v, want %+v", who, script, want)
		}
		want.Again, want.Embed = "", config.Widget.EmbedURL()
		if !reflect.DeepEqual(byJSON, want) {
			t.Errorf("%s: JSON says %+v, the script %+v", who, byJSON, script)
		}
		if before, ok := epochs[who]; ok && before != script.Epoch {
			t.Errorf("%s: the epoch changed", who)
		}
		for other, epoch := range epochs {
			if other != who && epoch == script.Epoch {
				t.Errorf("%s and %s have one epoch", who, other)
			}
		}
		epochs[who] = script.Epoch
	}
	first, second, visitor := s.browser(), s.browser(), s.browser()
	first.login("u-alice")
	second.login("u-alice")
	for _, process := range []string{"first", "second"} {
		ask("alice", first)
		ask("alice", second)
		ask("a visitor", visitor)
		ask("another visitor of "+process, s.browser())
		s.build(config)
	}
	second.login("u-bob")
	ask("bob", second)
	second.logout()
	ask("after logout", second)
}
