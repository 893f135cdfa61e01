package browsertest

import (
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// quiet waits until nobody has asked and no page was loaded for longer than
// tabs wait before they ask, and returns how often both happened.
func quiet(t *testing.T, s *site) (asked, viewed int) {
	t.Helper()
	since := time.Now()
	deadline(t, func() bool {
		if a, v := s.timesAsked(), s.timesViewed(); a != asked || v != viewed {
			asked, viewed, since = a, v, time.Now()
		}
		return time.Since(since) > 1500*time.Millisecond
	})
	return asked, viewed
}

// When the person changes in one tab the others follow, once each.
func TestTabs(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		for _, hidden := range []bool{false, true} {
			name := form
			if hidden {
				name += ", hidden"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, html, ann)
				one := newTab(t)
				one.Open(s.url + "/")
				settled(one, "started")
				two := one.Another()
				two.Before(noting)
				two.Open(s.url + "/")
				settled(two, "started")
				if asked, viewed := quiet(t, s); asked != 2 || viewed != 2 {
					t.Fatalf("two tabs of one person: asked %d times, %d pages", asked, viewed)
				}
				if hidden {
					setHidden(two, true)
				}
				s.say(bob)
				one.Do(refresh)
				settledAs(t, s, one, running("bob", 4))
				settledAs(t, s, two, running("bob", 4))
				// Each tab asked, and asked again as it was loaded anew.
				if asked, viewed := quiet(t, s); asked != 6 || viewed != 4 {
					t.Errorf("asked %d times, %d pages, want 6 and 4", asked, viewed)
				}
			})
		}
	}
}

// A server that names another person each time, because cookies are lost, does
// not keep tabs busy.
func TestTabsOfStrangers(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, stranger)
			const tell = `const timer = setInterval(() => {
				if (!window.maicontact || maicontact.status().reason !== 'identity keeps changing') return;
				clearInterval(timer);
				fetch('/note?text=gave up');
			}, 10);`
			one := newTab(t)
			one.Before(tell)
			one.Open(s.url + "/")
			settled(one, "started")
			two := one.Another()
			two.Before(noting + tell)
			two.Open(s.url + "/")
			deadline(t, func() bool { return len(s.posted()) > 0 })
			asked, viewed := quiet(t, s)
			if viewed < 3 || viewed > 2+2*3 || asked > 2*viewed {
				t.Errorf("asked %d times, %d pages", asked, viewed)
			}
		})
	}
}

// Tabs that are answered differently for good fall silent.
func TestTabsDisagree(t *testing.T) {
	t.Parallel()
	s := newSite(t, plainTag, annWaits)
	tab := newTab(t)
	tab.Before(`
		window.heard = [];
		const other = new BroadcastChannel('maicontact /webchat');
		other.onmessage = (e) => { heard.push(e.data.epoch); other.postMessage({ epoch: 'epoch-bob' }); };`)
	tab.Open(s.url + "/")
	tab.Wait(`heard.length === 1`)
	asked, _ := quiet(t, s)
	if n := chromium.Eval[int](tab, `heard.length`); n != 4 || asked > 8 {
		t.Errorf("told %d times, asked %d times", n, asked)
	}
}

// What another page says is only a reason to ask, and not even that when it
// is no epoch.
func TestHearsay(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, ann)
			tab := newTab(t)
			tab.Before(`window.other = new BroadcastChannel('maicontact /webchat');`)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Do(`for (const data of [null, 'epoch-bob', 1, {}, { epoch: 5 }, { epoch: '' }, { epoch: 'epoch-ann' }]) other.postMessage(data);`)
			if asked, _ := quiet(t, s); asked != 1 {
				t.Errorf("asked %d times, want 1", asked)
			}
			tab.Do(`for (let i = 0; i < 20; i++) other.postMessage({ epoch: 'epoch-bob' });`)
			if asked, _ := quiet(t, s); asked != 2 {
				t.Errorf("asked %d times, want 2", asked)
			}
			settledAs(t, s, tab, running("ann", 1))
		})
	}
}

// A chat that comes back by the back button is that of who is there now.
func TestBackForwardCacheChanged(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		for name, test := range map[string]struct {
			answer string
			want   outcome
		}{
			"the same": {ann, running("ann", 1)},
			"another":  {bob, running("bob", 2)},
		} {
			t.Run(form+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, html, ann)
				tab := withNotes(browser.WholeTab(t))
				tab.Before(`addEventListener('pageshow', (e) => { if (e.persisted) fetch('/note?text=persisted'); })`)
				tab.Open(s.url + "/")
				settled(tab, "started")
				s.say(test.answer)
				tab.Do(`{ const a = document.createElement('a'); a.href = '/idle.html'; document.body.append(a); a.click(); }`)
				tab.Wait(`location.pathname === '/idle.html' && document.readyState === 'complete'`)
				tab.Do(`history.back()`)
				deadline(t, func() bool { return len(s.posted()) == 1 && s.timesAsked() >= 2 })
				settledAs(t, s, tab, test.want)
			})
		}
	}
}

// Looked at again after a minute, the chat is that of who is there now.
func TestSeenAgain(t *testing.T) {
	t.Parallel()
	for form, html := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, ann)
			tab := newTab(t)
			// The clock stands still: a slow machine must not pass the minute.
			tab.Before(`window.ahead = 0; const begun = Date.now(); Date.now = () => begun + ahead;`)
			tab.Open(s.url + "/")
			settled(tab, "started")
			s.say(bob)
			look := func(seconds string) {
				setHidden(tab, true)
				tab.Do(`ahead += 1000 * ` + seconds)
				setHidden(tab, false)
			}
			look("30")
			look("29")
			tab.Do(`fetch('/idle')`)
			settledAs(t, s, tab, running("ann", 1))
			if n := s.timesAsked(); n != 1 {
				t.Fatalf("asked %d times within a minute, want 1", n)
			}
			look("2")
			settledAs(t, s, tab, running("bob", 2))
		})
	}
}
