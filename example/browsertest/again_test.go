package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// clockwork takes the page's timers and chance into the test's hand: tick runs
// the next timer and returns its delay.
const clockwork = `
	window.timers = [];
	window.chance = 0.5;
	Math.random = () => chance;
	window.setTimeout = (f, delay) => timers.push({ f, delay, id: setTimeout.last = (setTimeout.last || 0) + 1 }) && setTimeout.last;
	window.clearTimeout = (id) => { timers = timers.filter((t) => t.id !== id); };
	window.tick = () => { const t = timers.shift(); t.f(); return t.delay; };
`

const (
	tag     = `<!doctype html><html><head><script src="/webchat.js" defer></script></head><body onload="note('page onload')">`
	snippet = `<!doctype html><html><body onload="note('page onload')"><script>{{retry}}</script>`
)

// newClockTab opens a tab whose timers the test runs.
func newClockTab(t *testing.T) *chromium.Tab {
	t.Helper()
	tab := newTab(t)
	tab.Before(clockwork)
	return tab
}

func wantStatus(t *testing.T, tab *chromium.Tab, want status) {
	t.Helper()
	if got := chromium.Eval[status](tab, `maicontact.status()`); got != want {
		t.Errorf("got status %+v, want %+v", got, want)
	}
}

func wantNotes(t *testing.T, tab *chromium.Tab, want ...string) {
	t.Helper()
	got := chromium.Eval[[]string](tab, `notes`)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got notes %q, want %q", got, want)
	}
}

// Without a contact the loader asks again, ever more slowly, until there is
// one, whatever goes wrong on the way.
func TestAskAgain(t *testing.T) {
	t.Parallel()
	const unreachable = "unreachable"
	tests := []struct {
		name     string
		html     string
		answers  []string
		chance   string
		delays   []float64
		reasons  []string // after each delay
		expected string   // problems
	}{
		{
			name: "doubling to a minute", html: tag, chance: "0.5",
			answers: []string{retry, retry, retry, retry, retry, retry, retry, contact},
			delays:  []float64{2000, 4000, 8000, 16000, 32000, 60000, 60000},
			reasons: []string{"unavailable", "unavailable", "unavailable", "unavailable", "unavailable", "unavailable", ""},
		},
		{
			name: "least chance", html: tag, chance: "0",
			answers: []string{retry, retry, contact}, delays: []float64{1000, 2000}, reasons: []string{"unavailable", ""},
		},
		{
			name: "most chance", html: tag, chance: "1",
			answers: []string{retry, retry, contact}, delays: []float64{3000, 6000}, reasons: []string{"unavailable", ""},
		},
		{
			name: "from the snippet", html: snippet, chance: "0.5",
			answers: []string{retry, contact}, delays: []float64{2000, 4000}, reasons: []string{"unavailable", ""},
		},
		{
			name: "snippet with another base address", html: strings.Replace(snippet, "<body", `<head><base href="{{chat}}/"></head><body`, 1), chance: "0.5",
			answers: []string{contact}, delays: []float64{2000}, reasons: []string{""},
		},
		{
			name: "failures of every kind", html: tag, chance: "0.5",
			answers:  []string{retry, broken, cut, login, empty, retry, contact},
			delays:   []float64{2000, 4000, 8000, 16000, 32000, 60000},
			reasons:  []string{unreachable, unreachable, unreachable, unreachable, "unavailable", ""},
			expected: "MIME type|ERR_CONTENT_LENGTH_MISMATCH|503",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.html, test.answers...)
			tab := newClockTab(t)
			tab.Before("chance = " + test.chance)
			if test.expected != "" {
				tab.Expect(test.expected)
			}
			tab.Open(s.url + "/")
			settled(tab, "waiting")
			wantStatus(t, tab, status{"waiting", "unavailable", 0})
			for i, delay := range test.delays {
				if got := chromium.Eval[float64](tab, `tick()`); got != delay {
					t.Fatalf("delay %d is %v ms, want %v", i, got, delay)
				}
				want := status{"waiting", test.reasons[i], i + 1}
				if test.reasons[i] == "" {
					want.State = "started"
					settled(tab, "started")
				} else {
					tab.Wait(`timers.length > 0 && !document.querySelector('body script[src*="webchat"]')`)
					if n := chromium.Eval[int](tab, `timers.length`); n != 1 {
						t.Fatalf("%d timers run, want 1", n)
					}
				}
				wantStatus(t, tab, want)
			}
			wantNotes(t, tab, page, ran, started)
			if n := chromium.Eval[int](tab, `timers.length`); n != 0 {
				t.Errorf("%d timers are left", n)
			}
			if n := chromium.Eval[int](tab, `document.querySelectorAll('body script[src*="webchat"]').length`); n != 0 {
				t.Errorf("%d elements of asks are left", n)
			}
		})
	}
}

// A later answer that declines ends the asking.
func TestAskAgainDeclined(t *testing.T) {
	t.Parallel()
	s := newSite(t, tag, retry, declined)
	tab := newClockTab(t)
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	tab.Do(`tick()`)
	settled(tab, "absent")
	wantStatus(t, tab, status{"absent", "declined", 1})
	if n := chromium.Eval[int](tab, `timers.length`); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

// While one tag waits, another brings the contact: at once, or while an ask is
// under way whose answer then comes too late.
func TestAskAgainOvertaken(t *testing.T) {
	t.Parallel()
	for _, asking := range []bool{false, true} {
		t.Run(fmt.Sprintf("asking=%t", asking), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "", contact)
			s.html["/"] = `<!doctype html><html><body><script>` + strings.ReplaceAll(s.script(retry), "/webchat.js", "/held/webchat.js") + `</script>`
			// Of the same chat, so with the same address.
			s.html["/later.js"] = strings.ReplaceAll(s.script(contact), "/webchat.js", "/held/webchat.js")
			tab := newClockTab(t)
			tab.Open(s.url + "/")
			settled(tab, "waiting")
			if asking {
				tab.Do(`tick()`)
				tab.Wait(`document.querySelector('script[src*="/held/"]')`)
			}
			tab.Do(`{ const s = document.createElement('script'); s.src = '/later.js'; document.head.append(s); }`)
			settled(tab, "started")
			if asking {
				tab.Do(`new Promise((done) => {
					document.querySelector('script[src*="/held/"]').addEventListener('load', done);
					fetch('/release');
				})`)
			}
			settled(tab, "started")
			wantNotes(t, tab, ran, started)
			if n := chromium.Eval[int](tab, `timers.length`); n != 0 {
				t.Errorf("%d timers are left", n)
			}
			if got, want := s.timesAsked(), map[bool]int{false: 0, true: 1}[asking]; got != want {
				t.Errorf("asked %d times, want %d", got, want)
			}
		})
	}
}

// A page that comes back while an ask is under way asks anew; both ends lead to
// one timer.
func TestAskAgainRestored(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", broken)
	s.html["/"] = `<!doctype html><html><body><script>` + strings.ReplaceAll(s.script(retry), "/webchat.js", "/held/webchat.js") + `</script>`
	tab := newClockTab(t)
	tab.Expect("MIME type|503")
	tab.Open(s.url + "/")
	settled(tab, "waiting")
	const restore = `dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));`
	tab.Do(restore)
	if n := chromium.Eval[int](tab, `timers.length`); n != 0 {
		t.Errorf("%d timers run while asking, want none", n)
	}
	tab.Do(restore)
	tab.Do(`fetch('/release')`)
	tab.Wait(`!document.querySelector('script[src*="/held/"]')`)
	wantStatus(t, tab, status{"waiting", "unreachable", 2})
	if n := chromium.Eval[int](tab, `timers.length`); n != 1 {
		t.Errorf("%d timers run, want 1", n)
	}
}
