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
