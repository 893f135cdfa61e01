package browsertest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// The static script finds the chat with JSON, or says why not.
func TestStaticScript(t *testing.T) {
	t.Parallel()
	const good = `"config":{"webChatId":"w","contactId":"c-ann"},"embed":"{{chat}}/js/embed.min.js"`
	unreachable := outcome{State: "waiting", Reason: "unreachable", Notes: []string{}, Views: 1}
	tests := []struct {
		name, html, answer string
		want               outcome
		problems           string
	}{
		{name: "contact", answer: ann, want: running("ann", 1)},
		{name: "in the body", html: `<!doctype html><html><body><script src="/webchat-static.js"></script>`, answer: ann, want: running("ann", 1)},
		{name: "in the head", html: `<!doctype html><html><head><script src="/webchat-static.js"></script></head><body>`, answer: ann, want: running("ann", 1)},
		{name: "another base address", html: `<!doctype html><html><head><base href="http://localhost:1/"></head><body><script src="{{origin}}/webchat-static.js"></script>`,
			answer: ann, want: running("ann", 1)},
		{name: "twice", html: `<!doctype html><html><body><script src="/webchat-static.js" defer></script><script src="/webchat-static.js" defer></script>`,
			answer: ann, want: running("ann", 1)},
		{name: "after a tag", html: `<!doctype html><html><body><script src="/webchat.js"></script><script src="/webchat-static.js"></script>`,
			answer: ann, want: running("ann", 1)},
		{name: "before a snippet", html: `<!doctype html><html><body><script src="/webchat-static.js"></script><script>{{contact@ann}}</script>`,
			answer: ann, want: running("ann", 1)},
		{name: "no contact", answer: annWaits, want: outcome{State: "waiting", Reason: "unavailable", Epoch: "epoch-ann", Notes: []string{}, Views: 1}},
		{name: "declined", answer: bobDeclined, want: outcome{State: "absent", Reason: "declined", Epoch: "epoch-bob", Notes: []string{}, Views: 1}},
		{name: "refused", answer: refused, want: outcome{State: "absent", Reason: "cross-site", Notes: []string{}, Views: 1}, problems: "403"},
		{name: "server error", answer: broken, want: unreachable, problems: "503"},
		{name: "cut", answer: cut, want: unreachable, problems: "ERR_"},
		{name: "a login page", answer: login, want: unreachable},
		{name: "empty", answer: empty, want: unreachable},
		{name: "null", answer: `json null`, want: unreachable},
		{name: "a list", answer: `json []`, want: unreachable},
		{name: "a text", answer: `json "x"`, want: unreachable},
		{name: "nothing in it", answer: `json {}`, want: unreachable},
		{name: "not a reason", answer: `json {"reason":5}`, want: unreachable},
		{name: "configuration without embed", answer: `json {"config":{"contactId":"c-ann"},"reason":"x"}`, want: unreachable},
		{name: "embed without configuration", answer: `json {"embed":"{{chat}}/js/embed.min.js","reason":"x"}`, want: unreachable},
		{name: "configuration is a list", answer: `json {"config":[],"embed":"{{chat}}/js/embed.min.js"}`, want: unreachable},
		{name: "configuration is a text", answer: `json {"config":"x","embed":"{{chat}}/js/embed.min.js"}`, want: unreachable},
		{name: "embed is a number", answer: `json {"config":{},"embed":5}`, want: unreachable},
		{name: "epoch is a number", answer: `json {` + good + `,"epoch":5}`,
			want: outcome{State: "started", Chat: "c-ann", Notes: []string{ran, "chat started as c-ann"}, Views: 1}},
		{name: "names that are not its to say", answer: `json {` + good + `,"epoch":"epoch-ann","json":"/x","again":"/x","nonce":"x"}`, want: running("ann", 1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, staticTag, test.answer)
			if test.html != "" {
				s.html["/"] = strings.ReplaceAll(test.html, "{{origin}}", s.url)
			}
			tab := newClockTab(t)
			if test.problems != "" {
				tab.Expect(test.problems)
			}
			tab.Open(s.url + "/")
			settledAs(t, s, tab, test.want)
			wantStatus(t, tab, status{test.want.State, test.want.Reason, 0})
			if n := s.timesAsked(); n != 1 {
				t.Errorf("asked %d times, want 1", n)
			}
			if test.want.State != "waiting" {
				return
			}
			s.say(ann)
			tab.Do(`tick()`)
			settledAs(t, s, tab, running("ann", 1))
		})
	}
}

// An answer that comes late starts the chat late, and nothing else.
func TestStaticScriptSlow(t *testing.T) {
	t.Parallel()
	s := newSite(t, staticTag, "slow "+ann)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settledAs(t, s, tab, outcome{State: "waiting", Notes: []string{}, Views: 1})
	s.release()
	settledAs(t, s, tab, running("ann", 1))
}

// A policy that lets scripts in but forbids to connect, and pages that have
// taken away what the loader would use.
func TestStaticScriptBlocked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ policy, before, problems, state string }{
		"connect-src":        {`default-src 'none'; script-src 'self' {{chat}}`, ``, "Content Security Policy|Refused|violates", "waiting"},
		"no fetch":           {``, `window.fetch = undefined;`, ``, "waiting"},
		"fetch throws":       {``, `window.fetch = () => { throw new Error('refused'); };`, ``, "waiting"},
		"no AbortController": {``, `window.AbortController = undefined;`, ``, "started"},
		"no channel":         {``, `window.BroadcastChannel = undefined;`, ``, "started"},
		"channel throws":     {``, `window.BroadcastChannel = class { constructor() { throw new Error('refused'); } };`, ``, "started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, staticTag, ann)
			if test.policy != "" {
				s.headers = http.Header{"Content-Security-Policy": {test.policy}}
			}
			tab := newClockTab(t)
			tab.Before(test.before)
			if test.problems != "" {
				tab.Expect(test.problems)
			}
			tab.Open(s.url + "/")
			want := running("ann", 1)
			if test.state == "waiting" {
				want = outcome{State: "waiting", Reason: "unreachable", Notes: []string{}, Views: 1}
			}
			settledAs(t, s, tab, want)
		})
	}
}

// refresh keeps its promise whatever comes, and a chat that runs goes on.
func TestRefreshNeverRejects(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		for _, first := range []string{ann, annWaits} {
			t.Run(form+", "+first, func(t *testing.T) {
				t.Parallel()
				answers := []string{broken, cut, login, empty, refused}
				s := newSite(t, html, append([]string{first}, answers...)...)
				tab := newClockTab(t)
				tab.Expect("503|403|ERR_|MIME type")
				tab.Open(s.url + "/")
				tab.Wait(`document.readyState === 'complete' && window.maicontact && ['started', 'waiting'].includes(maicontact.status().state) && maicontact.status().epoch`)
				for i, answer := range answers {
					want := status{"started", "", i + 1}
					if first == annWaits {
						want = status{"waiting", "unreachable", i + 1}
						if answer == refused && form == "json" {
							want = status{"absent", "cross-site", i + 1}
						}
					}
					if got := chromium.Eval[status](tab, `maicontact.refresh()`); got != want {
						t.Errorf("%s: got %+v, want %+v", answer, got, want)
					}
				}
				s.shop.CloseClientConnections()
				tab.Do(`document.createElement = () => { throw new Error('of the page'); }; window.fetch = null;`)
				if got := chromium.Eval[status](tab, `maicontact.refresh()`); got.Attempts != len(answers)+1 {
					t.Errorf("got %+v", got)
				}
			})
		}
	}
}
