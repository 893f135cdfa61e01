package sitetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// The forms in which a page has the chat's script.
var forms = map[string]string{"script": "/webchat.js", "static": "/webchat-static.js"}

// answered is the path of what is asked for to know who is there.
var answered = map[string]string{"script": "/webchat.js", "static": "/webchat.json"}

// wantChat waits for the one chat of the page to be that of the person, and
// returns the contact id.
func (s *smallSite) wantChat(tab *chromium.Tab, name string) string {
	s.t.Helper()
	tab.Wait(chatStarted + ` && document.readyState === 'complete' && document.querySelector('[data-maiagent=name]').textContent === '` + name + `'`)
	type chat struct {
		Bubbles, Panels int
		ID              string
	}
	got := chromium.Eval[chat](tab, `({
		bubbles: document.body.querySelectorAll('[data-maiagent=bubble]').length,
		panels: document.querySelectorAll('[data-maiagent=panel]').length,
		id: window.maiagentChatbotConfig.contactId,
	})`)
	if c, ok := s.sim.Contact(got.ID); !ok || c.Name != name || got.Bubbles != 1 || got.Panels != 1 {
		s.t.Errorf("as %s: the page has %d bubbles and %d panels, and the contact of %q", name, got.Bubbles, got.Panels, c.Name)
	}
	return got.ID
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// A single-page application logs people in and out without a page load, and
// says so.
func TestSinglePage(t *testing.T) {
	t.Parallel()
	const policy = `default-src 'none'; script-src 'self' {{.Chat}}; connect-src 'self' {{.Chat}}`
	for form, script := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			site := newSmallSite(t, policy, `<!doctype html><html><head><script src="`+script+`" defer></script></head><body><p>Application`)
			tab := browser.Tab(t)
			tab.Before(watching + counting)
			tab.Open(site.URL + "/")
			ids := map[string]string{}
			loads := 0
			for i, step := range []struct {
				path, name, who string
				loads           int // one for each change of person, and none without
			}{
				{"", "Anonymous", "first visitor", 1},
				{"/login?user=Alice", "Alice", "Alice", 2},
				{"/login?user=Alice", "Alice", "Alice", 2},
				{"/logout", "Anonymous", "second visitor", 3},
				{"/login?user=Alice", "Alice", "Alice", 4},
			} {
				switch {
				case step.path == "":
				case step.loads == loads:
					tab.Do(`fetch('` + step.path + `', { method: 'POST' }).then(() => maicontact.refresh())`)
				default: // the page may be gone before the promise is kept
					tab.Do(`void fetch('` + step.path + `', { method: 'POST' }).then(() => maicontact.refresh())`)
				}
				loads = step.loads
				tab.Wait(`Number(window.name) === ` + strconv.Itoa(loads))
				id := site.wantChat(tab, step.name)
				for who, other := range ids {
					if (who == step.who) != (other == id) {
						t.Errorf("step %d: %s and %s have each other's contact, or one of them has a new one", i, step.who, who)
					}
				}
				ids[step.who] = id
				if got := chromium.Eval[[]string](tab, `violations`); len(got) > 0 {
					t.Errorf("step %d: the violations are %q", i, got)
				}
			}
			if got := chromium.Eval[int](tab, `Number(window.name)`); got != loads {
				t.Errorf("the page was loaded %d times, want %d", got, loads)
			}
			site.wantContacts("Alice", "Anonymous", "Anonymous")
		})
	}
}

// visiting is a page that goes to others as Turbo does: it fetches them, puts
// their body in the place of its own, and runs the scripts in it.
const visiting = `window.visit = async (address) => {
	const next = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
	const body = document.adoptNode(next.body);
	for (const inert of body.querySelectorAll('script')) {
		const live = document.createElement('script');
		for (const { name, value } of inert.attributes) live.setAttribute(name, value);
		live.textContent = inert.textContent;
		inert.replaceWith(live);
	}
	document.documentElement.replaceChild(body, document.body);
	history.pushState(null, '', address);
	window.visits = (window.visits || 0) + 1;
};`

// The chat goes along when the body is replaced, and is neither lost nor
// started twice; across a login the page is loaded anew.
func TestBodyReplaced(t *testing.T) {
	t.Parallel()
	for form, script := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			page := func(title string) string {
				return `<!doctype html><html><body><h1>` + title + `</h1><script src="` + script + `"></script></body></html>`
			}
			site := newSmallSite(t, "", page("one"))
			site.pages["/two"], site.pages["/three"] = page("two"), page("three")
			tab := browser.Tab(t)
			tab.Before(visiting + counting)
			tab.Open(site.URL + "/")
			stranger := site.wantChat(tab, "Anonymous")
			tab.Do(`MaiAgent.control.open()`)
			for i, path := range []string{"/two", "/three", "/two"} {
				asks := site.times(answered[form])
				tab.Do(`visit('` + path + `')`)
				eventually(t, func() bool { return site.times(answered[form]) > asks })
				if site.wantChat(tab, "Anonymous") != stranger {
					t.Error("the visitor has another contact")
				}
				if !chromium.Eval[bool](tab, `MaiAgent.control.isOpen() && window.visits === `+string(rune('1'+i))) {
					t.Error("the chat that was open is not, or the page was loaded anew")
				}
			}
			tab.Do(`fetch('/login?user=Alice', { method: 'POST' })`)
			tab.Do(`void visit('/three')`)
			if site.wantChat(tab, "Alice") == stranger {
				t.Error("the member has the visitor's contact")
			}
			if got := chromium.Eval[[]string](tab, `[window.name, location.pathname, document.querySelector('h1').textContent, String(window.visits)]`); got[0] != "2" || got[1] != "/three" || got[2] != "three" || got[3] != "undefined" {
				t.Errorf("after the login the page is %q", got)
			}
			site.wantContacts("Alice", "Anonymous")
		})
	}
}

// A page comes back from the back-forward cache with the chat of who was there
// when it was left. It asks, and loads itself anew when that is another.
func TestBackForwardCache(t *testing.T) {
	t.Parallel()
	for form, script := range forms {
		for _, test := range []struct {
			name, change, want string
			loads              int
		}{
			{"logout", "/logout", "Anonymous", 2},
			{"another's login", "/login?user=Bob", "Bob", 2},
			{"nothing", "", "Alice", 1},
		} {
			t.Run(form+", "+test.name, func(t *testing.T) {
				t.Parallel()
				site := newSmallSite(t, "", `<!doctype html><html><head><script src="`+script+`" defer></script></head><body><p>Application`)
				site.pages["/other"] = `<!doctype html><title>other</title>`
				tab := browser.WholeTab(t)
				tab.Before(`addEventListener('pageshow', (e) => { if (e.persisted) fetch('/persisted', { method: 'POST' }); })`)
				tab.Expect(`persisted`) // nobody answers that
				tab.Open(site.URL + "/other")
				tab.Do(`fetch('/login?user=Alice', { method: 'POST' })`)
				tab.Open(site.URL + "/")
				alice := site.wantChat(tab, "Alice")
				tab.Do(`location.href = '/other'`)
				tab.Wait(`document.title === 'other' && document.readyState === 'complete'`)
				if test.change != "" {
					tab.Do(`fetch('` + test.change + `', { method: 'POST' })`)
				}
				asks := site.times(answered[form])
				tab.Do(`void history.back()`)
				eventually(t, func() bool {
					return site.times("/persisted") == 1 && site.times("/") == test.loads && site.times(answered[form]) == asks+test.loads
				})
				if (site.wantChat(tab, test.want) == alice) != (test.want == "Alice") {
					t.Error("the contact is not that of who is there")
				}
				if got := site.times("/"); got != test.loads {
					t.Errorf("the page was loaded %d times, want %d", got, test.loads)
				}
			})
		}
	}
}
