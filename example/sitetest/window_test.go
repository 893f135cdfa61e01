package sitetest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// window is the shop as somebody sees it who only types go run ./example: with
// the simulation that it brings along.
type window struct {
	*chromium.Tab
	t   *testing.T
	url string
}

func openWindow(t *testing.T, width, height int64) window {
	t.Helper()
	command := exec.Command(program)
	command.Env = []string{"ADDR=127.0.0.1:0", "XDG_CACHE_HOME=" + t.TempDir(), "SESSION_KEY=" + sessionKey}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		_, _ = io.Copy(io.Discard, stdout)
		if err := command.Wait(); err != nil {
			t.Errorf("the shop ended with %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "shop: ")
	if err != nil || !ok {
		t.Fatalf("the shop says %q, %v", line, err)
	}
	w := window{browser.Tab(t), t, address}
	if err := chromedp.Do(w.Context(), chromedp.EmulateViewport(width, height)); err != nil {
		t.Fatal(err)
	}
	w.Open(address)
	w.settled("closed")
	return w
}

// click clicks on an element, also on one below an open chat.
func (w window) click(selector string) {
	w.t.Helper()
	w.Wait(`document.querySelector('` + selector + `')`)
	w.Do(`document.querySelector('` + selector + `').click()`)
}

// send clicks a form's button and waits for the page that follows.
func (w window) send(selector string) {
	w.t.Helper()
	w.Wait(`document.querySelector('` + selector + `')`)
	w.Do(`window.left = true; document.querySelector('` + selector + `').click()`)
	w.Wait(`!window.left && document.readyState === 'complete'`)
}

func (w window) fill(action string, fields ...string) {
	w.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		w.Do(`document.querySelector('form[action="` + action + `"]').elements['` + fields[i] + `'].value = '` + fields[i+1] + `'`)
	}
}

func (w window) settled(state string) {
	w.t.Helper()
	w.Wait(`window.maicontact && maicontact.status().state === '` + state + `'`)
}

// said waits for what the page says of a form, which must be in view.
func (w window) said(within, text string) {
	w.t.Helper()
	w.Wait(`(() => {
		const said = document.querySelector('` + within + ` .said');
		if (!said || !said.textContent.includes('` + text + `')) return false;
		const box = said.getBoundingClientRect();
		return box.top >= 0 && box.bottom <= innerHeight;
	})()`)
}

// panel waits for a row of the panel.
func (w window) panel(row, text string) {
	w.t.Helper()
	w.Wait(`[...document.querySelectorAll('#seen > div')].some((d) => d.firstChild.textContent === '` + row + `' && d.lastChild.textContent.includes('` + text + `'))`)
}

// shoot keeps a picture for people to look at where SCREENSHOTS names a directory.
func (w window) shoot(name string) {
	w.t.Helper()
	if directory := os.Getenv("SCREENSHOTS"); directory != "" {
		if err := os.WriteFile(filepath.Join(directory, name+".png"), w.Screenshot(), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// A walk through the shop window: each form says what it has done where it
// stands, the panel follows the chat and is not covered by it, the cart outlives
// sign-up and logout, and an outage of MaiAgent leaves the shop as it is.
func TestWindow(t *testing.T) {
	t.Parallel()
	w := openWindow(t, 1280, 860)
	w.Expect("503", "preload")
	w.panel("Contact", "None yet: it is made when you open the chat")
	if broken := chromium.Eval[[]string](w.Tab, `[/pu.erh/, /Tasting cups/, /a.pair/].filter((words) => {
		const name = [...document.querySelectorAll('.card h3')].map((h) => h.firstChild).find((text) => words.test(text.data));
		const range = document.createRange(), at = name.data.search(words);
		range.setStart(name, at);
		range.setEnd(name, at + name.data.match(words)[0].length);
		return range.getClientRects().length !== 1;
	}).map(String)`); len(broken) > 0 {
		t.Errorf("lines break within %q", broken)
	}
	w.shoot("window-1-visitor")

	w.send(`form[action="/cart"] button[value="2"]`)
	w.said(`.card:nth-child(2)`, "In your cart")
	w.shoot("window-2-cart")
	w.reload()
	if chromium.Eval[bool](w.Tab, `!!document.querySelector('.said')`) {
		t.Error("it is said twice")
	}

	w.settled("closed")
	w.click(`button[data-maicontact=open]`)
	w.Wait(chatStarted)
	w.Wait(`MaiAgent.control.isOpen() && !document.querySelector('button[data-maicontact=open]')`)
	w.panel("Contact", "Made: yours alone")
	w.Wait(`document.querySelector('#calls-list').textContent.includes('create_contact')`) // without a page load
	w.uncovered()
	w.free("/login")
	w.free("/signup")
	w.shoot("window-3-visitor-chat-open")

	w.fill("/signup", "name", "Alice Chen", "email", "alice@example.test", "password", password)
	w.send(`form[action="/signup"] button`)
	w.said("#account", "you have an account")
	w.settled("started")
	w.panel("In step", "Yes, MaiAgent knows all of it")
	w.cart("1 ×")
	w.shoot("window-4-member")
	w.fill("/profile", "name", "Alice Lin")
	w.send(`form[action="/profile"] button`)
	w.said(`form[action="/profile"]`, "Saved")
	w.Do(`document.querySelector('input[value=vip]').checked = true`)
	w.send(`form[action="/plan"] button`)
	w.said(`form[action="/plan"]`, "Saved")
	w.panel("Answers from", "the shelf at the back")
	w.Wait(chatStarted)
	w.Do(`MaiAgent.control.open(); MaiAgent.chat.send('Which tea goes with the blue bowl?')`)
	w.Wait(`[...document.querySelectorAll('[data-maiagent=message]')].some((m) => m.textContent.includes('Thank you'))`)
	w.uncovered()
	w.free("/profile")
	w.free("/plan")
	w.free("/status")
	w.free("/erase")
	w.shoot("window-5-member-chat-open")
	w.Do(`scrollTo({ top: 0, behavior: 'instant' })`)
	w.shoot("shop")

	w.send(`form[action="/maiagent"] button`)
	w.said(`form[action="/maiagent"]`, "MaiAgent is down")
	w.tick(false)
	w.shoot("window-5-switched-off")
	w.Wait(chatStarted) // hers goes on
	w.send(`form[action="/logout"] button`)
	w.cart("1 ×")
	w.settled("closed")
	w.click(`button[data-maicontact=open]`)
	w.settled("failed")
	w.panel("Contact", "None: it could not be made just now")
	w.away(true)
	w.Do(`scrollTo(0, 0)`)
	w.shoot("window-6-down-visitor")
	w.fill("/signup", "name", "Bob", "email", "bob@example.test", "password", password)
	w.send(`form[action="/signup"] button`)
	w.said("#account", "you have an account")
	w.settled("waiting")
	w.panel("In step", "Waiting for MaiAgent")
	w.Wait(`document.querySelector('#chat-line').textContent.includes('no chat right now')`)
	w.away(true)
	w.shoot("window-7-down-member")
	w.send(`form[action="/maiagent"] button`)
	w.said(`form[action="/maiagent"]`, "up again")
	w.tick(true)
	w.shoot("window-8-up")
	w.settled("started")
	w.away(false)
	w.panel("In step", "Yes, MaiAgent knows all of it")
	w.send(`form[action="/cart"] button[name=empty]`)
	w.said("#cart", "empty")
	w.Wait(chatStarted) // it would be told that she is gone
	w.send(`form[action="/erase"] button`)
	w.said("#account", "Erased")
}

func (w window) reload() {
	w.t.Helper()
	w.Do(`window.left = true; location.reload()`)
	w.Wait(`!window.left && document.readyState === 'complete'`)
}

func (w window) cart(holds string) {
	w.t.Helper()
	w.Wait(`document.querySelector('.cart')?.textContent.includes('` + holds + `')`)
}

// uncovered wants the whole panel to be readable beside the open chat.
func (w window) uncovered() {
	w.t.Helper()
	if !chromium.Eval[bool](w.Tab, `(() => {
		const ours = document.querySelector('main > .panel').getBoundingClientRect();
		const chat = document.querySelector('[data-maiagent=panel]').getBoundingClientRect();
		return chat.width > 0 && ours.width > 0 && ours.right < chat.left && ours.top >= 0 && ours.bottom <= innerHeight &&
			document.querySelector('main > .panel').scrollHeight <= document.querySelector('main > .panel').clientHeight;
	})()`) {
		w.t.Error("the panel is not whole beside the chat")
	}
}

// free wants nobody who fills a form in to hit the open chat instead.
func (w window) free(action string) {
	w.t.Helper()
	if missed := chromium.Eval[[]string](w.Tab, `[...document.querySelectorAll('form[action="`+action+`"] :is(input, button)')].filter((field) => {
		field.scrollIntoView({ block: 'center', behavior: 'instant' });
		const box = field.getBoundingClientRect();
		return [box.left + 4, box.right - 4].some((x) => !field.contains(document.elementFromPoint(x, box.top + box.height / 2)));
	}).map((field) => field.name || field.textContent)`); len(missed) > 0 {
		w.t.Errorf("the chat covers %q of %s", missed, action)
	}
}

// tick wants what is said of the outage to be marked as good news, or not.
func (w window) tick(want bool) {
	w.t.Helper()
	if got := chromium.Eval[string](w.Tab, `getComputedStyle(document.querySelector('form[action="/maiagent"] .said'), '::before').content`); strings.Contains(got, "✓") != want {
		w.t.Errorf("before what is said stands %s", got)
	}
}

// away waits for one of the two lines that share a place at the top of the page: the
// chat is promised, or said to be away.
func (w window) away(want bool) {
	w.t.Helper()
	seen := func(id string) string {
		return `document.querySelector('` + id + `').checkVisibility({ visibilityProperty: true })`
	}
	yes, no := "#chat-promise", "#chat-away"
	if want {
		yes, no = no, yes
	}
	w.Wait(seen(yes) + ` && !` + seen(no))
}

// On a phone the header takes two lines, with the shop's name, the way to every part
// of the page, a long name, a cart and a badge; nothing is wider than the screen, and
// nothing is cut.
func TestWindowOnPhone(t *testing.T) {
	t.Parallel()
	w := openWindow(t, 390, 844)
	if _, err := chromedp.Call(w.Context(), emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}); err != nil {
		t.Fatal(err)
	}
	header := func() {
		t.Helper()
		if got := chromium.Eval[[]float64](w.Tab, `[document.querySelector('.top').getBoundingClientRect().height, document.documentElement.scrollWidth]`); got[0] > 108 || got[1] > 390 {
			t.Errorf("the header is %v high, the page %v wide", got[0], got[1])
		}
		if cut := chromium.Eval[[]string](w.Tab, `[...document.querySelectorAll('.top nav a, .brand span, .who :is(a, button), #calls-list td')].filter((e) => {
			const box = e.getBoundingClientRect();
			return box.width < 20 || box.height < (e.matches('nav a') ? 24 : 16) || box.left < 0 || box.right > 390 || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline';
		}).map((e) => e.textContent)`); len(cut) > 0 {
			t.Errorf("%q cannot be seen whole", cut)
		}
	}
	header()
	w.shoot("window-phone-1-visitor")
	w.send(`form[action="/cart"] button[value="1"]`)
	w.fill("/signup", "name", "Alice Chen of the Small Telephone and of the Long and Winding Names", "email", "alice@example.test", "password", password)
	w.send(`form[action="/signup"] button`)
	w.said("#account", "you have an account")
	w.Do(`document.querySelector('input[value=vip]').checked = true`)
	w.send(`form[action="/plan"] button`)
	w.said(`form[action="/plan"]`, "Saved")
	w.settled("started")
	w.Wait(`document.querySelector('#calls-list td')`)
	header()
	w.shoot("window-phone-2-plan")
	w.Do(`scrollTo(0, 0)`)
	w.shoot("window-phone-3-member")
	w.Do(`document.querySelector('#calls').scrollIntoView({ behavior: 'instant' })`)
	w.shoot("window-phone-4-calls")
}
