package browsertest

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// The forms in which a page has the chat.
const (
	staticTag = `<!doctype html><html><head><script src="/webchat-static.js" defer></script></head><body>`
	plainTag  = `<!doctype html><html><head><script src="/webchat.js" defer></script></head><body>`
)

var forms = map[string]string{"script": plainTag, "json": staticTag}

// outcome is all that a test of who is there looks at.
type outcome struct {
	State  string   `json:"state"`
	Reason string   `json:"reason"`
	Epoch  string   `json:"epoch"`
	Chat   string   `json:"chat"`  // contact id in the vendor's global
	Notes  []string `json:"notes"` // of the page as it is now
	Views  int      `json:"-"`
}

func outcomeOf(s *site, tab *chromium.Tab) outcome {
	o := chromium.Eval[outcome](tab, `(() => {
		const config = window.maiagentChatbotConfig;
		return { ...maicontact.status(), chat: config ? config.contactId : '', notes };
	})()`)
	o.Views = s.timesViewed()
	return o
}

// settledAs waits for the outcome, and then looks once more when the page has
// done what it had queued.
func settledAs(t *testing.T, s *site, tab *chromium.Tab, want outcome) {
	t.Helper()
	tab.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().state === '` + want.State +
		`' && maicontact.status().reason === '` + want.Reason + `' && maicontact.status().epoch === '` + want.Epoch + `'`)
	deadline(t, func() bool { return s.timesViewed() >= want.Views })
	settled(tab, want.State)
	if got := outcomeOf(s, tab); encode(got) != encode(want) || got.Views != want.Views {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func running(who string, views int) outcome {
	return outcome{State: "started", Epoch: "epoch-" + who, Chat: "c-" + who, Notes: []string{ran, "chat started as c-" + who}, Views: views}
}

// refresh asks who is there; the page may be gone before the answer is.
const refresh = `void maicontact.refresh()`

// What the second answer does to a chat that waits, loads or runs.
func TestEpoch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, first, second string
		held                bool // the embed, until the second answer is there
		want                outcome
	}{
		{name: "waiting, then the same", first: annWaits, second: ann, want: running("ann", 1)},
		{name: "waiting, then another", first: annWaits, second: bob, want: running("bob", 1)},
		{name: "waiting, then another declines", first: annWaits, second: bobDeclined,
			want: outcome{State: "absent", Reason: "declined", Epoch: "epoch-bob", Notes: []string{}, Views: 1}},
		{name: "absent, then another", first: bobDeclined, second: ann, want: running("ann", 1)},
		{name: "started, then the same", first: ann, second: ann, want: running("ann", 1)},
		{name: "started, then the same must wait", first: ann, second: annWaits, want: running("ann", 1)},
		{name: "started, then not known", first: ann, second: retry, want: running("ann", 1)},
		{name: "started, then no answer", first: ann, second: empty, want: running("ann", 1)},
		{name: "started, then another", first: ann, second: bob, want: running("bob", 2)},
		{name: "absent, then the same has a contact", first: annErased, second: ann, want: running("ann", 1)},
		{name: "started, then the same is erased", first: ann, second: annErased,
			want: outcome{State: "absent", Reason: "erased", Epoch: "epoch-ann", Notes: []string{}, Views: 2}},
		{name: "started, then another declines", first: ann, second: bobDeclined,
			want: outcome{State: "absent", Reason: "declined", Epoch: "epoch-bob", Notes: []string{}, Views: 2}},
		{name: "loading, then the same", first: ann, second: ann, held: true, want: running("ann", 1)},
		{name: "loading, then not known", first: ann, second: retry, held: true, want: running("ann", 1)},
		{name: "loading, then another", first: ann, second: bob, held: true, want: running("bob", 2)},
	}
	for form, html := range forms {
		for _, test := range tests {
			t.Run(form+", "+test.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, html, test.first)
				if test.held {
					s.embed = "/* held */" + usesBody
				}
				tab := newTab(t)
				tab.Open(s.url + "/")
				tab.Wait(`document.readyState === 'complete' && window.maicontact && maicontact.status().epoch`)
				if first := map[string]string{ann: "started", annWaits: "waiting"}[test.first]; first != "" && !test.held {
					settled(tab, first)
				}
				s.say(test.second)
				tab.Do(refresh)
				deadline(t, func() bool { return s.timesAsked() > 1 })
				if test.held {
					if test.want.Views == 1 {
						tab.Wait(`maicontact.status().attempts === 1 && !document.querySelector('body script[src*="webchat"]')`)
					} else {
						deadline(t, func() bool { return s.timesViewed() > 1 })
					}
					s.release()
				}
				settledAs(t, s, tab, test.want)
			})
		}
	}
}

// full makes the loader believe that it has loaded the page anew too often.
const full = `sessionStorage.setItem('maicontact /webchat reloads', JSON.stringify([Date.now(), Date.now(), Date.now()]));`

// The vendor's script that comes when its person has gone does not run, and
// the chat that ran is taken away, also when the page may not be loaded anew.
func TestChangedAndStays(t *testing.T) {
	t.Parallel()
	const parts = `document.body.onload = () => { start(); const d = document.createElement('div'); d.className = 'chat'; document.body.append(d); };`
	want := outcome{State: "blocked", Reason: "identity keeps changing", Epoch: "epoch-ann", Notes: []string{}, Views: 1}
	for form, html := range forms {
		t.Run(form+", loading", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, ann, bob)
			s.embed = "/* held */" + parts
			tab := newTab(t)
			tab.Before(full)
			tab.Open(s.url + "/")
			tab.Wait(`document.querySelector('script[src*="embed"]')`)
			tab.Do(`maicontact.refresh()`)
			s.release()
			tab.Wait(`performance.getEntriesByType('resource').some((e) => e.name.includes('embed') && e.responseEnd > 0)`)
			settledAs(t, s, tab, want)
		})
		t.Run(form+", started", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, ann, bob)
			s.embed = parts
			tab := newTab(t)
			tab.Before(full)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Wait(`document.querySelectorAll('.chat').length === 1`)
			tab.Do(`maicontact.refresh()`)
			want := want
			want.Notes = []string{ran, "chat started as c-ann"}
			settledAs(t, s, tab, want)
			tab.Wait(`document.querySelectorAll('.chat').length === 0`)
		})
	}
	for name, before := range map[string]string{
		"no session storage":       `Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused'); } });`,
		"session storage is wrong": `sessionStorage.setItem('maicontact /webchat reloads', '{');`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, plainTag, ann, bob)
			tab := newTab(t)
			tab.Before(before)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Do(`maicontact.refresh()`)
			want := want
			want.Notes = []string{ran, "chat started as c-ann"}
			settledAs(t, s, tab, want)
		})
	}
}

// Without cookies each answer is to somebody new: the chat stays.
func TestNoCookies(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html+`<script>{{contact@ann}}</script>`, bob)
			tab := newTab(t)
			tab.Before(`Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false });`)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Do(`maicontact.refresh()`)
			settledAs(t, s, tab, running("ann", 1))
		})
	}
}

// An answer to a former ask counts no more, and leaves nothing behind.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, newest string
		want         outcome
	}{
		{"another", bob, running("bob", 1)},
		{"nobody", bobDeclined, outcome{State: "absent", Reason: "declined", Epoch: "epoch-bob", Notes: []string{}, Views: 1}},
	}
	for _, test := range tests {
		for _, form := range []string{"script", "json", "json without AbortController"} {
			t.Run(form+", "+test.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, staticTag, annWaits, "slow "+ann, test.newest)
				if form == "script" {
					s.html["/"] = plainTag
				}
				tab := newClockTab(t)
				if strings.HasSuffix(form, "AbortController") {
					tab.Before(`delete window.AbortController;`)
				}
				tab.Open(s.url + "/")
				settled(tab, "waiting")
				tab.Do(`window.late = maicontact.refresh(); 0`)
				deadline(t, func() bool { return s.timesAsked() == 2 })
				if form == "script" {
					tab.Do(`document.querySelector('body script[src*="webchat"]').addEventListener('load', () => { window.came = true; })`)
				}
				tab.Do(`maicontact.refresh()`)
				tab.Do(`late`) // both promises are kept by the newest answer
				settledAs(t, s, tab, test.want)
				s.release()
				switch form {
				case "script":
					tab.Wait(`window.came`)
				default:
					tab.Wait(`performance.getEntriesByType('resource').filter((e) => e.name.includes('webchat.json')).length === 3`)
				}
				settledAs(t, s, tab, test.want)
			})
		}
	}
}

// A login without a page load: the chat that waits goes on as the member, one
// that runs is loaded anew once.
func TestSinglePageLogin(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		for name, test := range map[string]struct {
			visitor string
			want    outcome
		}{
			"waiting": {"retry@visitor", running("ann", 1)},
			"started": {"contact@visitor", running("ann", 2)},
		} {
			t.Run(form+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, html, test.visitor)
				tab := newTab(t)
				tab.Open(s.url + "/")
				settled(tab, name)
				s.say(ann)
				tab.Do(refresh)
				settledAs(t, s, tab, test.want)
				if n, want := s.timesAsked(), test.want.Views+1; n != want {
					t.Errorf("asked %d times, want %d", n, want)
				}
				tab.Do(`maicontact.refresh()`)
				settledAs(t, s, tab, test.want)
			})
		}
	}
}

// A page that is loaded anew has its address, and comes back to its place.
func TestChangedKeepsPlace(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/", "/?a=b", "/#place", "/?a=b#place", "//localhost/#place"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, plainTag, ann, bob)
			s.html["//localhost/"] = plainTag
			tab := newTab(t)
			tab.Open(s.url + address)
			settled(tab, "started")
			length := chromium.Eval[int](tab, `history.length`)
			tab.Do(refresh)
			settledAs(t, s, tab, running("bob", 2))
			type place struct {
				Address string `json:"address"`
				Length  int    `json:"length"`
				Kept    string `json:"kept"`
			}
			want := place{s.url + address, length, "maicontact,maicontact /webchat reloads"}
			if got := chromium.Eval[place](tab, `({ address: location.href, length: history.length, kept: Object.keys(sessionStorage).sort().join() })`); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
