package browsertest

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// framed is what a frame that leaves the chat to the page above says.
var framed = status{"absent", "framed", 0}

// inFrame is what the page in a frame says, and whether it has a chat's configuration.
type inFrame struct {
	status
	Chat bool `json:"chat"`
}

func frame(tab *chromium.Tab, at string) inFrame {
	return chromium.Eval[inFrame](tab, `({ ...`+at+`.maicontact.status(), chat: !!`+at+`.maiagentChatbotConfig })`)
}

const frameSettled = `document.readyState === 'complete' && frames[0].maicontact && !['waiting', 'loading'].includes(frames[0].maicontact.status().state)`

// A frame has a chat of its own only below a page without one.
func TestFrame(t *testing.T) {
	t.Parallel()
	const iframe = `<iframe src="/inner"></iframe>`
	for form, html := range forms {
		own := inFrame{status{"started", "", 0}, true}
		tests := []struct {
			name, page string
			want       inFrame
			asked      map[string]int
		}{
			{"below a chat", html + iframe, inFrame{framed, false}, map[string]int{"script": 2, "json": 1}},
			{"below a chat to come", `<!doctype html>` + iframe + strings.Replace(html, `<!doctype html>`, ``, 1), inFrame{framed, false}, map[string]int{"script": 2, "json": 1}},
			{"below a chat two pages up", html + `<iframe srcdoc='` + iframe + `'></iframe>`, inFrame{framed, false}, map[string]int{"script": 2, "json": 1}},
			{"below a page without", `<!doctype html><body>` + iframe, own, map[string]int{"script": 1, "json": 1}},
		}
		for _, test := range tests {
			t.Run(form+", "+test.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, test.page, ann)
				s.html["/inner"] = html
				tab := newTab(t)
				tab.Open(s.url + "/")
				at := `frames[0]`
				if strings.Contains(test.page, "srcdoc") {
					at = `frames[0].frames[0]`
					tab.Wait(`document.readyState === 'complete' && frames[0].frames[0]`)
				}
				tab.Wait(strings.ReplaceAll(frameSettled, `frames[0]`, at))
				if asked, viewed := quiet(t, s); asked != test.asked[form] || viewed != 2 {
					t.Errorf("asked %d times, %d pages, want %d and 2", asked, viewed, test.asked[form])
				}
				if got := frame(tab, at); got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
			})
		}
	}
}

// A login in a frame is the business of the page above.
func TestFrameRefreshes(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html+`<iframe src="/inner"></iframe>`, ann)
			s.html["/inner"] = html
			tab := newTab(t)
			tab.Open(s.url + "/")
			tab.Wait(frameSettled)
			settled(tab, "started")
			if got := chromium.Eval[status](tab, `frames[0].maicontact.refresh()`); got != framed {
				t.Errorf("got %+v, want %+v", got, framed)
			}
			s.say(bob)
			tab.Do(`void frames[0].maicontact.refresh()`)
			settledAs(t, s, tab, running("bob", 4)) // each with its frame
		})
	}
}

// Below a page of another origin, or one it cannot be sure of, the static script
// does not ask, and the chat script takes its answer as it is.
func TestFrameOfAnother(t *testing.T) {
	t.Parallel()
	const tell = `<script>setInterval(() => { if (window.maicontact) top.postMessage(maicontact.status(), '*'); }, 10);</script>`
	for form, html := range forms {
		for name, test := range map[string]struct{ page, inner, host string }{
			"another site":      {`<iframe src="{{origin}}/inner"></iframe>`, ``, "localhost"},
			"sandbox":           {`<iframe src="/inner" sandbox="allow-scripts"></iframe>`, ``, "127.0.0.1"},
			"parent is taken":   {`<iframe src="/inner"></iframe>`, `<script>var parent = window;</script>`, "127.0.0.1"},
			"parent is nothing": {`<iframe src="/inner"></iframe>`, `<script>var parent = null;</script>`, "127.0.0.1"},
		} {
			t.Run(form+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, "", ann)
				s.html["/"] = `<!doctype html><script>window.told = {}; onmessage = (e) => { told = e.data; };</script>` + strings.ReplaceAll(test.page, "{{origin}}", s.url)
				s.html["/inner"] = `<!doctype html><script>window.note = () => {};</script>` + test.inner + html + tell +
					`<script>addEventListener('load', () => maicontact.refresh().then(() => maicontact.refresh()));</script>`
				tab := newTab(t)
				tab.Open(strings.Replace(s.url, "127.0.0.1", test.host, 1) + "/")
				want, times := framed, 0
				if form == "script" {
					want, times = status{"started", "", 0}, 1
				}
				tab.Wait(`told.state === '` + want.State + `'`)
				s.say(bob)
				asked, viewed := quiet(t, s)
				if got := chromium.Eval[status](tab, `told`); got != want || asked != times || viewed != 2 {
					t.Errorf("got %+v, asked %d times, %d pages, want %+v, %d and 2", got, asked, viewed, want, times)
				}
			})
		}
	}
}
