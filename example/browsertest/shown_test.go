package browsertest

import (
	"slices"
	"strconv"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// A page nobody looks at does not ask; it does when it is looked at again.
func TestHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, tag, retry, contact)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	setHidden(tab, true)
	tab.Do(`tick()`)
	setHidden(tab, true) // a change that shows nothing
	settled(tab, "waiting")
	wantStatus(t, tab, status{"waiting", "unavailable", 0})
	if n := s.timesAsked(); n != 1 {
		t.Errorf("asked %d times while hidden, want 1", n)
	}
	setHidden(tab, false)
	settled(tab, "started")
	setHidden(tab, true)
	setHidden(tab, false)
	tab.Do(`fetch('/idle')`)
	settled(tab, "started")
	wantStatus(t, tab, status{"started", "", 1})
	wantNotes(t, tab, page, ran, started)
	if n := s.timesAsked(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// Looking away and back does not make the page ask before its time.
func TestHiddenAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, tag, retry)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	for range 3 {
		setHidden(tab, true)
		setHidden(tab, false)
	}
	settled(tab, "waiting")
	wantStatus(t, tab, status{"waiting", "unavailable", 0})
	if n := chromium.Eval[int](tab, `timers.length`); n != 1 {
		t.Errorf("%d timers run, want 1", n)
	}
}

// What another tag answers while the page is hidden decides.
func TestHiddenDeclined(t *testing.T) {
	t.Parallel()
	s := newSite(t, tag, retry, declined)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	setHidden(tab, true)
	tab.Do(`tick()`)
	tab.Do(`{ const s = document.createElement('script'); s.src = '/webchat.js'; document.head.append(s); }`)
	settled(tab, "absent")
	setHidden(tab, false)
	tab.Do(`fetch('/idle')`)
	wantStatus(t, tab, status{"absent", "declined", 0})
	if n := s.timesAsked(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// setHidden lets the page believe that it is hidden, or shown.
func setHidden(tab *chromium.Tab, hidden bool) {
	state := "visible"
	if hidden {
		state = "hidden"
	}
	tab.Do(`Object.defineProperty(document, 'hidden', { configurable: true, value: '` + state + `' === 'hidden' });
		Object.defineProperty(document, 'visibilityState', { configurable: true, value: '` + state + `' });
		document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));`)
}

// The same with a window that really is put away.
func TestMinimized(t *testing.T) {
	t.Parallel()
	s := newSite(t, tag, retry, contact)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	minimize(t, tab, cdpbrowser.WindowStateMinimized)
	tab.Wait(`document.hidden`)
	tab.Do(`tick()`)
	tab.Do(`fetch('/idle')`)
	if n := s.timesAsked(); n != 1 {
		t.Errorf("asked %d times while hidden, want 1", n)
	}
	minimize(t, tab, cdpbrowser.WindowStateNormal)
	tab.Wait(`!document.hidden`)
	settled(tab, "started")
	wantNotes(t, tab, page, ran, started)
}

func minimize(t *testing.T, tab *chromium.Tab, state cdpbrowser.WindowState) {
	t.Helper()
	ctx := tab.Context()
	c := chromedp.FromContext(ctx)
	window, err := chromedp.CallBrowser(ctx, cdpbrowser.GetWindowForTarget, cdpbrowser.GetWindowForTargetParams{TargetID: c.Target.TargetID})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetWindowBounds, cdpbrowser.SetWindowBoundsParams{WindowID: window.WindowID, Bounds: &cdpbrowser.Bounds{WindowState: state}})
	if err != nil {
		t.Fatal(err)
	}
}

// A page restored by the back button asks once.
func TestBackForwardCache(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		answers []string
		embed   string
		first   string
		want    status
		asked   int
		notes   []string
	}{
		{"waiting", []string{retry, contact}, usesBody, "waiting", status{"started", "", 1}, 2, []string{page, ran, started}},
		{"still none", []string{retry, retry}, usesBody, "waiting", status{"waiting", "unavailable", 1}, 2, []string{page}},
		{"declined", []string{declined, contact}, usesBody, "absent", status{"started", "", 1}, 2, []string{page, ran, started}},
		{"still declined", []string{declined}, usesBody, "absent", status{"absent", "declined", 1}, 2, []string{page}},
		{"blocked", []string{contact, declined}, "404", "blocked", status{"absent", "declined", 1}, 2, []string{page}},
		{"started", []string{contact}, usesBody, "started", status{"started", "", 1}, 2, []string{page, ran, started}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tag, test.answers...)
			s.html["/other"] = `<!doctype html><title>other</title>`
			s.embed = test.embed
			tab := withNotes(browser.WholeTab(t))
			tab.Before(clockwork + `addEventListener('pageshow', (e) => { if (e.persisted) window.restored = true; })`)
			tab.Open(s.url + "/")
			settled(tab, test.first)
			tab.Do(`{ const a = document.createElement('a'); a.href = '/other'; document.body.append(a); a.click(); }`)
			tab.Wait(`document.title === 'other' && document.readyState === 'complete'`)
			tab.Do(`history.back()`)
			tab.Wait(`location.pathname === '/' && window.restored`)
			tab.Wait(`!document.querySelector('body script[src*="webchat"]')`) // the ask has ended
			tab.Wait(`maicontact.status().state === '` + test.want.State + `' && maicontact.status().attempts === ` + strconv.Itoa(test.want.Attempts))
			settled(tab, test.want.State)
			wantStatus(t, tab, test.want)
			wantNotes(t, tab, test.notes...)
			if n, want := chromium.Eval[int](tab, `timers.length`), map[bool]int{true: 1}[test.want.State == "waiting"]; n != want {
				t.Errorf("%d timers run, want %d", n, want)
			}
			if n := s.timesAsked(); n != test.asked {
				t.Errorf("asked %d times, want %d", n, test.asked)
			}
		})
	}
}

// A page rendered in advance starts its chat, or asks again, when it is shown.
// Chromium renders nothing in advance for a tab that is being watched, so the
// pages go on by themselves and tell the server what they see.
func TestPrerendered(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		answers []string
		want    []string
	}{
		{"contact", []string{contact}, []string{
			"in advance: loading 0 []", "shown: started 0 [" + started + "," + ran + "]",
		}},
		{"no contact yet", []string{retry, contact}, []string{
			"in advance: waiting 0 []", "shown: started 1 [" + started + "," + ran + "]",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, `<!doctype html>
				<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>
				<script>fetch('/held/idle').then(() => { location.href = '/next'; })</script>`, test.answers...)
			s.html["/next"] = `<!doctype html><html><head><script>` + noting + `
				window.setTimeout = () => 0; // being shown is enough
				const told = {};
				const tell = (when) => {
					const s = maicontact.status();
					if (!told[when]) fetch('/note?text=' + encodeURIComponent(when + ': ' + s.state + ' ' + s.attempts + ' [' + notes.sort().join() + ']'));
					told[when] = true;
				};
				addEventListener('error', (e) => note(e.message));
				addEventListener('load', () => {
					if (document.prerendering) tell('in advance');
					setInterval(() => { if (!document.prerendering && maicontact.status().state === 'started') tell('shown'); }, 10);
				});
			</script><script src="/webchat.js" defer></script></head><body>`
			tab := newTab(t)
			open(t, tab, s.url+"/")
			deadline(t, func() bool { return len(s.posted()) > 0 })
			s.release()
			deadline(t, func() bool { return len(s.posted()) > 1 })
			if got := s.posted(); !slices.Equal(got, test.want) {
				t.Errorf("the page told %q, want %q", got, test.want)
			}
		})
	}
}

// open opens a page in the person's browser in a tab that nobody watches.
func open(t *testing.T, tab *chromium.Tab, url string) {
	t.Helper()
	ctx := tab.Context()
	_, err := chromedp.CallBrowser(ctx, target.CreateTarget, target.CreateTargetParams{URL: url, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID})
	if err != nil {
		t.Fatal(err)
	}
}
