package sitetest

import (
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

// The chat keeps what was said in the browser, under the contact's id. That goes
// with every change of person, before a chat starts or where none does, in each
// tab; the cart, which the shop keeps there, stays.
func TestStorage(t *testing.T) {
	t.Parallel()
	for _, visitors := range []string{"on-load", "on-open"} {
		t.Run(visitors, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, visitors)
			p := w.person(t)
			p.visit()
			p.Do(`localStorage.setItem('cart', 'two lamps'); sessionStorage.setItem('MaiAgent.left', 'open')`)
			p.signUp("Alice")
			id := p.wantSeen(member("Alice"))
			if got := chromium.Eval[string](p.Tab, `String(sessionStorage.getItem('MaiAgent.left'))`); got != "null" {
				t.Errorf("sessionStorage keeps %q of the visitor", got)
			}
			p.say("my secret wish")
			other := p.another()
			other.visit()
			other.wantSeen(member("Alice"))
			isAlices := func(entry string) bool {
				return strings.Contains(entry, id) && strings.Contains(entry, "my secret wish")
			}
			if kept := p.stored(); !slices.ContainsFunc(kept, isAlices) {
				t.Fatalf("the chat keeps %q", kept)
			}
			p.reload()
			p.wantSeen(member("Alice"))
			if kept := p.stored(); !slices.ContainsFunc(kept, isAlices) {
				t.Errorf("after another page of Alice's the chat keeps %q", kept)
			}
			for _, step := range []struct {
				do   func()
				want seen
			}{
				{p.logOut, visitor},
				{func() { p.signUp("Bob") }, member("Bob")},
			} {
				step.do()
				for _, tab := range []person{p, other} {
					if visitors == "on-open" && step.want == visitor {
						tab.Wait(`maicontact.status().state === 'closed' && document.querySelector('#who')?.textContent === 'You are a visitor'`)
					} else {
						if visitors == "on-open" && tab == other {
							other.visit() // a page that has no chat yet is not loaded anew
						}
						tab.Wait(`document.querySelector('#who')?.textContent === '` + step.want.Page + `'`)
						tab.wantSeen(step.want)
					}
				}
				kept := p.stored()
				if slices.ContainsFunc(kept, isAlices) || slices.ContainsFunc(kept, func(entry string) bool { return strings.Contains(entry, id) }) {
					t.Errorf("as %s: the browser keeps %q", step.want.Page, kept)
				}
				if !slices.Contains(kept, "cart = two lamps") {
					t.Errorf("as %s: the cart is gone: %q", step.want.Page, kept)
				}
			}
		})
	}
}
