package sitetest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/maicontact/maicontact/example/internal/chromium"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// The shop as it is by default, behind a shared cache: visitors open their chat
// by the button, members have theirs at once, and nobody who never opens it has a
// contact.
func TestVisitorsOnOpen(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "on-open")
	shoot := func(p person, name string) {
		if directory := os.Getenv("SCREENSHOTS"); directory != "" {
			if err := os.WriteFile(filepath.Join(directory, name+".png"), p.Screenshot(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const button = `document.querySelector('button[data-maicontact=open]')`
	isClosed := func(p person) {
		t.Helper()
		p.Wait(`window.maicontact && maicontact.status().state === 'closed' && ` + button)
	}
	for range 3 {
		p := w.person(t)
		p.visit()
		isClosed(p)
		p.reload()
		isClosed(p)
	}
	p := w.person(t)
	if err := chromedp.Do(p.Context(), chromedp.EmulateViewport(1000, 560)); err != nil {
		t.Fatal(err)
	}
	p.Expect("preload")
	p.visit()
	isClosed(p)
	p.wantLine("")
	shoot(p, "button")
	w.wantContacts("")

	up := w.sim.Inject(webchattest.Fault{Kind: webchattest.Refuse})
	p.Do(button + `.click()`)
	p.Wait(`maicontact.status().state === 'failed' && document.querySelector('#chat-away').checkVisibility({ visibilityProperty: true })`)
	shoot(p, "button-failed")
	w.wantContacts("")
	up()
	for try := 0; try < 10 && !chromium.Eval[bool](p.Tab, `maicontact.status().state === 'started'`); try++ {
		p.Do(button + `.click()`)
		p.Wait(`['failed', 'started'].includes(maicontact.status().state)`)
	}
	id := p.wantSeen(visitor)
	p.Wait(`MaiAgent.control.isOpen() && !` + button)
	p.reload()
	if again := p.wantSeen(visitor); again != id {
		t.Error("the next page has another contact")
	}
	p.signUp("Alice")
	p.wantSeen(member("Alice"))
	p.logOut()
	isClosed(p)
	if chromium.Eval[bool](p.Tab, `'maiagentChatbotConfig' in window`) {
		t.Error("a configuration stays after logout")
	}
	w.wantContacts("Alice, Anonymous")
	if got, want := w.cache.stored(), []string{"/assets/chat.js", "/assets/icon.svg", "/assets/shop.css", "/webchat.HASH.js"}; !slices.Equal(got, want) {
		t.Errorf("the cache has stored %q, want %q", got, want)
	}
	if w.holdsID(w.cache.text()) {
		t.Error("the cache has stored a contact id")
	}
}
