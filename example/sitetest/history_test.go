package sitetest

import (
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// The back button leads to the pages of a person who has left. They are made
// anew, for whoever is there now.
func TestBackAfterLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	p.visit()
	p.wantSeen(visitor)
	p.signUp("Alice")
	alice := p.wantSeen(member("Alice"))
	p.say("my secret wish")
	p.logOut()
	stranger := p.wantSeen(visitor)

	p.leave(`history.back()`)
	if p.wantSeen(visitor) != stranger {
		t.Error("back after the logout: another contact than before")
	}
	if text := chromium.Eval[string](p.Tab, `document.documentElement.outerHTML`); strings.Contains(text, alice) ||
		strings.Contains(text, "Alice") || strings.Contains(text, email("Alice")) || strings.Contains(text, "secret") {
		t.Error("the page still knows Alice")
	}
	p.leave(`history.forward()`)
	if p.wantSeen(visitor) != stranger {
		t.Error("and forward again: another contact than before")
	}
	w.wantContacts("Alice, Anonymous, Anonymous")
}

func TestBackAfterAnotherLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(t)
	p.visit()
	p.signUp("Alice")
	alice := p.wantSeen(member("Alice"))
	p.signUp("Bob")
	bob := p.wantSeen(member("Bob"))
	p.leave(`history.back()`)
	if p.wantSeen(member("Bob")) != bob || bob == alice {
		t.Error("back after another's login: not Bob's contact")
	}
	if text := chromium.Eval[string](p.Tab, `document.documentElement.outerHTML`); strings.Contains(text, "Alice") {
		t.Error("the page still knows Alice")
	}
}

// A page in another tab, with the chat open, is the new person's from its next
// load on.
func TestOtherTabAfterLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.person(t)
	one.visit()
	one.signUp("Alice")
	one.wantSeen(member("Alice"))
	two := one.another()
	two.visit()
	two.wantSeen(member("Alice"))
	two.say("my secret wish")
	one.logOut()
	stranger := one.wantSeen(visitor)
	two.reload()
	if two.wantSeen(visitor) != stranger {
		t.Error("the two tabs have different contacts")
	}
	if text := chromium.Eval[string](two.Tab, `document.documentElement.outerHTML`); strings.Contains(text, "Alice") || strings.Contains(text, "secret") {
		t.Error("the other tab still knows Alice")
	}
	w.wantContacts("Alice, Anonymous, Anonymous")
}
