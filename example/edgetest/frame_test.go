package edgetest

import (
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A page that shows another page of its own site in a frame is one page to its
// visitor: one chat, and no reload. With the static script also one contact; the
// chat script of the frame has been answered before any loader runs, and on a
// first visit neither of the two that are asked for at once comes with a cookie.
func TestFrameOfOurOwn(t *testing.T) {
	t.Parallel()
	for form, html := range map[string]string{"script": tagged, "static": static} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			most := map[string]int{"script": 2, "static": 1}[form]
			s := newShop(t)
			// As slow as a service elsewhere is.
			s.sim.Inject(webchattest.Fault{Kind: webchattest.Slow, Operation: webchattest.CreateContact, Delay: 300 * time.Millisecond})
			s.page("/", html+`<iframe src="/inner"></iframe>`)
			s.page("/inner", html+`quick view`)
			tab := browser.Tab(t)
			tab.Open(s.url + "/")
			settled(tab, "started")
			s.quiet()
			settled(tab, "started")
			if n, views := len(s.sim.Contacts()), s.count("GET /"); n < 1 || n > most || views != 1 {
				t.Errorf("a first visit made %d contacts, and loaded the page %d times", n, views)
			}
			if state := chromium.Eval[string](tab, `frames[0].maicontact.status().state`); state == "started" {
				t.Error("a second chat in the frame")
			}
		})
	}
}

// A page of another site that shows ours in frames makes contacts for nobody:
// the browser sends no Lax cookie there and keeps none. Each answer is to
// somebody new, so the loader must not ask because of it, nor load the page
// anew. Before the first answer only the static script can know.
func TestFramesOfAnotherSite(t *testing.T) {
	t.Parallel()
	for form, html := range map[string]string{"script": tagged, "static": static} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			most := map[string]int{"script": 3}[form]
			s := newShop(t)
			s.page("/", html)
			s.page("/evil", `<!doctype html>`+strings.Repeat(`<iframe src="`+s.url+`/"></iframe>`, 3))
			tab := browser.Tab(t)
			tab.Expect(".")
			tab.Open(strings.Replace(s.url, "127.0.0.1", "localhost", 1) + "/evil")
			s.quiet()
			if n := len(s.sim.Contacts()); n > most {
				t.Errorf("3 frames made %d contacts, want at most %d; asked %d+%d times, %d views", n, most, s.count("GET /webchat.js"), s.count("GET /webchat.json"), s.count("GET /"))
			}
		})
	}
}
