package webchattest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// dumpDOM opens a page in Chromium and returns what its document has become.
func dumpDOM(t *testing.T, address string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("Chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--virtual-time-budget=4000", "--dump-dom", address)
	command.WaitDelay = 5 * time.Second
	output, err := command.Output()
	if err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return string(output)
}

// part returns the marked parts of a page, without their inner tags.
func part(dom, name string) []string {
	var list []string
	tag := regexp.MustCompile(`(?s)<(\w+)[^>]* data-maiagent="` + name + `"[^>]*>(.*?)</`)
	if name == "identity" {
		tag = regexp.MustCompile(`(?s)<(p)[^>]* data-maiagent="identity"[^>]*>(.*?)</p>`)
	}
	for _, match := range tag.FindAllStringSubmatch(dom, -1) {
		list = append(list, regexp.MustCompile(`<[^>]*>`).ReplaceAllString(match[2], ""))
	}
	return list
}

// The page allows the chat host to be asked and its script to be run, and no
// styles at all.
func TestEmbedInBrowser(t *testing.T) {
	t.Parallel()
	maiagent := NewServer(Options{})
	defer maiagent.Close()
	alice := create(t, maiagent.Simulation, "Alice <img src=x> Chen").ID
	gone := create(t, maiagent.Simulation, "Gone").ID
	maiagent.Delete(gone)

	const use = `window.addEventListener("load", () => setTimeout(() => {
		MaiAgent.events.on("messageReply", data => { document.title = "replied: " + data.content.length; });
		MaiAgent.control.open();
		MaiAgent.chat.send("Hello <b>there</b>");
		document.body.dataset.open = MaiAgent.control.isOpen();
		document.body.dataset.keys = Object.keys(localStorage).join();
	}, 100));`
	config := func(contact string) string {
		return `window.maiagentChatbotConfig = {webChatId: "` + DefaultWebChatID + `", baseUrl: "` + maiagent.ChatURL() +
			`/web-chats", primaryColor: "gold", buttonSize: "48", buttonRadius: "8px"` + contact + `};`
	}
	script := `<script src="` + maiagent.ChatURL() + `/js/embed.min.js" defer></script>`
	pages := map[string]string{
		"/known":   `<script>` + config(`, contactId: "`+alice+`"`) + use + `</script>` + script,
		"/visitor": `<script>` + config("") + `</script>` + script,
		"/gone":    `<script>` + config(`, contactId: "`+gone+`"`) + `</script>` + script,
		"/config":  script,
		"/late": `<script>` + config(`, contactId: "`+alice+`"`) + `window.addEventListener("load", () => setTimeout(() => {
			const s = document.createElement("script");
			s.src = "` + maiagent.ChatURL() + `/js/embed.min.js";
			document.body.append(s);
		}, 50));</script>`,
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline' "+maiagent.URL+"; connect-src "+maiagent.URL)
		_, _ = io.WriteString(w, "<!doctype html><title>Shop</title><body><h1>Shop</h1>"+pages[r.URL.Path])
	}))
	defer site.Close()

	dom := dumpDOM(t, site.URL+"/known")
	identity := strings.Join(part(dom, "identity"), "|")
	if !strings.HasPrefix(identity, "You are talking as Alice &lt;img src=x&gt; Chen #") || strings.Contains(dom, "<img") {
		t.Errorf("identity = %q", identity)
	}
	messages := part(dom, "message")
	if len(messages) != 3 || messages[1] != "Hello &lt;b&gt;there&lt;/b&gt;" || !strings.Contains(messages[2], "Thank you, Alice") {
		t.Errorf("messages = %q", messages)
	}
	for _, want := range []string{
		"<title>replied: ", `data-open="true"`, `data-keys="maiagent-history:` + DefaultWebChatID + ":" + alice + `"`,
		`data-state="known"`, "width: 48px", "border-radius: 8px", "--maiagent-primary: gold", "--maiagent-on-primary: #14181f",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if t.Failed() {
		t.Log(dom)
	}

	for path, want := range map[string]struct {
		bubbles  int
		identity string
	}{
		"/visitor": {1, "You are talking as Anonymous visitor"},
		"/gone":    {1, "This chat does not know whom it is talking to"},
		"/config":  {0, ""},
		"/late":    {0, ""}, // nobody called document.body.onload
	} {
		dom := dumpDOM(t, site.URL+path)
		if got := strings.Join(part(dom, "identity"), "|"); got != want.identity || strings.Count(dom, `data-maiagent="bubble"`) != want.bubbles {
			t.Errorf("%s: identity %q\n%s", path, got, dom)
		}
	}

	dom = dumpDOM(t, maiagent.ChatURL()+"/web-chats/"+DefaultWebChatID)
	if got := strings.Join(part(dom, "identity"), "|"); got != "You are talking as Anonymous visitor" || strings.Contains(dom, `hidden=""`) {
		t.Errorf("stand-alone page: %q\n%s", got, dom)
	}
}
