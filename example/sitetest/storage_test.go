package sitetest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// say opens the chat, says something, and waits for the reply.
func (p person) say(text string) {
	p.w.t.Helper()
	p.Do(`MaiAgent.control.open(); MaiAgent.chat.send('` + text + `')`)
	p.Wait(`[...document.querySelectorAll('[data-maiagent=message]')].some((m) => m.textContent.includes('Thank you'))`)
}

// stored is what the browser keeps for the shop's origin, and says who it is
// about.
func (p person) stored() []string {
	p.w.t.Helper()
	list := chromium.Eval[[]string](p.Tab, `Object.entries(localStorage).map(([key, value]) => key + ' = ' + value)`)
	slices.Sort(list)
	return list
}

// The chat keeps what was said in the browser, under the contact's id. The
// shop's Clear-Site-Data takes that away at every change of person; without it
// the next person at this computer finds it.
func TestStorage(t *testing.T) {
	t.Parallel()
	for name, clears := range map[string]bool{"with Clear-Site-Data": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if !clears {
				w.edit(nil, func(_ string, h http.Header) { h.Del("Clear-Site-Data") })
			}
			p := w.person(t)
			p.visit()
			p.signUp("Alice")
			id := p.wantSeen(member("Alice"))
			p.say("my secret wish")
			isAlices := func(entry string) bool {
				return strings.Contains(entry, id) && strings.Contains(entry, "my secret wish")
			}
			if kept := p.stored(); len(kept) != 1 || !isAlices(kept[0]) {
				t.Fatalf("the chat keeps %q", kept)
			}
			for _, next := range []struct {
				do   func()
				want seen
			}{
				{p.logOut, visitor},
				{func() { p.signUp("Bob") }, member("Bob")},
			} {
				next.do()
				p.wantSeen(next.want)
				if left := slices.ContainsFunc(p.stored(), isAlices); left == clears {
					t.Errorf("as %s: what Alice said is left in the browser: %t, want %t", next.want.Page, left, !clears)
				}
				// It is there to be found, but the chat does not show it.
				if shown := chromium.Eval[string](p.Tab, `document.querySelector('[data-maiagent=log]').textContent`); strings.Contains(shown, "secret") {
					t.Errorf("the chat of %s shows what Alice said", next.want.Page)
				}
			}
		})
	}
}
