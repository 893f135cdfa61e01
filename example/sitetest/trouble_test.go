package sitetest

import (
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// blockChat makes the tab's browser refuse the chat host, as an ad blocker
// does.
func (p person) blockChat() {
	p.w.t.Helper()
	p.block(p.w.origin(chatHost) + "/*")
}

func (p person) block(pattern string) {
	p.w.t.Helper()
	p.Expect(`ERR_BLOCKED_BY_CLIENT`)
	_, err := chromedp.Call(p.Context(), network.SetBlockedURLs, network.SetBlockedURLsParams{
		URLPatterns: []*network.BlockPattern{{URLPattern: pattern, Block: true}},
	})
	if err != nil {
		p.w.t.Fatal(err)
	}
}

// status is what the page's maicontact.status() tells.
type status struct{ State, Reason string }

// down is the status while MaiAgent is down. It is one of two: the client
// repeats its calls, and the request may not wait for the last of them.
var down = []status{{"waiting", "unavailable"}, {"waiting", "budget"}}

// wantStatus waits for the state, and wants the page to be whole, without a
// chat, and to hold nothing but one of the reasons.
func (p person) wantStatus(page string, want ...status) {
	p.w.t.Helper()
	p.Wait(`window.maicontact && 'epoch' in maicontact.status() && maicontact.status().state === '` + want[0].State + `'`) // of the loader
	if got := chromium.Eval[status](p.Tab, `maicontact.status()`); !slices.Contains(want, got) {
		p.w.t.Errorf("the status is %+v, want one of %+v", got, want)
	}
	type rest struct {
		Who             string
		Chats, Products int
	}
	got := chromium.Eval[rest](p.Tab, `({
		who: document.querySelector('#who').textContent,
		chats: document.querySelectorAll('[data-maiagent]').length,
		products: document.querySelectorAll('.card').length,
	})`)
	if want := (rest{page, 0, 6}); got != want {
		p.w.t.Errorf("the page has %+v, want %+v", got, want)
	}
}

// wantLine waits for what the page says of a chat that is not there. Only a
// chat that runs is promised.
func (p person) wantLine(want string) {
	p.w.t.Helper()
	p.Wait(`document.querySelector('#chat-line').textContent === ` + strconv.Quote(want) +
		` && document.querySelector('#chat-promise').checkVisibility({ visibilityProperty: true }) === ` + strconv.FormatBool(want == ""))
}

// An ad blocker costs the chat and nothing else: the shop works, and no page
// throws.
func TestBlockedEmbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	p.blockChat()
	blocked := status{"blocked", "embed did not load"}
	p.visit()
	p.wantStatus(visitor.Page, blocked)
	p.signUp("Alice")
	p.wantStatus("Alice", blocked)
	p.wantLine("The chat could not be loaded. An ad blocker or the network may keep it away.")
	p.logOut()
	p.wantStatus(visitor.Page, blocked)
}

// The page does not wait for a slow embed; the chat starts when it comes.
func TestSlowEmbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hold()
	p := w.person(t)
	p.Open(w.origin(shopHost) + "/")
	p.wantStatus(visitor.Page, status{"loading", ""})
	if chromium.Eval[string](p.Tab, `document.readyState`) == "loading" {
		t.Error("the document waits for the embed")
	}
	w.release()
	p.wantSeen(visitor)
	w.wantContacts("Anonymous")
}

// While MaiAgent is down there is no chat, for anybody; then it comes by
// itself, with the contact of the person who is there.
func TestMaiAgentDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := w.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	p := w.person(t)
	p.visit()
	p.wantStatus(visitor.Page, down...)
	p.signUp("Alice")
	p.wantStatus("Alice", down...)
	p.wantLine("There is no chat right now. This page tries again by itself.")
	w.wantContacts("")
	up()
	p.wantSeen(member("Alice"))
	p.wantLine("")
	w.wantContacts("Alice")
}

// A blocker may keep the chat's own script away, too.
func TestBlockedScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	p.block(w.origin(shopHost) + "/webchat.js")
	p.visit()
	p.wantLine("The chat could not be loaded. Something keeps its script away.")
	p.signUp("Alice")
	p.wantLine("The chat could not be loaded. Something keeps its script away.")
	w.wantContacts("Alice") // by the member's own page
}

// What was wrong with a form is shown at once, with no animation.
func TestFormProblemInView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	p.visit()
	p.wantSeen(visitor)
	const behavior = `getComputedStyle(document.documentElement).scrollBehavior`
	if got := chromium.Eval[string](p.Tab, behavior); got != "smooth" {
		t.Errorf("on the page that links scroll, scrolling is %q", got)
	}
	p.Expect("401")
	p.submit("/login", "email", "nobody@example.test", "password", password)
	p.Wait(`(() => { const box = document.querySelector('.problems').getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; })()`)
	if got := chromium.Eval[string](p.Tab, behavior); got != "auto" {
		t.Errorf("on the page that opens at the problem, scrolling is %q", got)
	}
}

// Without JavaScript the shop works. Nothing is made for a visitor; a member's
// own page asks for the member's contact by itself.
func TestNoScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := person{browser.WholeTab(t), w}
	if _, err := chromedp.Call(p.Context(), emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	wantWho := func(want string) {
		t.Helper()
		p.Wait(`document.readyState === 'complete' && document.querySelector('#who').textContent === '` + want + `'`)
	}
	p.visit()
	wantWho(visitor.Page)
	w.wantContacts("")
	p.signUp("Alice")
	wantWho("Alice")
	p.logOut()
	wantWho(visitor.Page)
	for _, x := range w.since(0) {
		if x.Path == "/webchat.js" {
			t.Error("the script was asked for")
		}
	}
	if chromium.Eval[bool](p.Tab, `!!window.maicontact`) {
		t.Error("JavaScript has run: the test proves nothing")
	}
	w.wantContacts("Alice")
}
