package sitetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// counting counts the pages that a tab has loaded. The tab's name outlives
// them.
const counting = `window.name = Number(window.name) + 1;`

// away makes every page of a tab believe that it is hidden.
const away = `
	Object.defineProperty(document, 'hidden', { configurable: true, value: true });
	Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });`

func (p person) loads() int {
	p.w.t.Helper()
	return chromium.Eval[int](p.Tab, `Number(window.name)`)
}

// quiet waits until the shop was asked nothing for longer than a tab waits
// before it asks.
func (w *world) quiet() {
	w.t.Helper()
	n, since := 0, time.Now()
	for end := time.Now().Add(patience); time.Since(since) < 1200*time.Millisecond; time.Sleep(20 * time.Millisecond) {
		if now := len(w.since(0)); now != n {
			n, since = now, time.Now()
		}
		if time.Now().After(end) {
			w.t.Fatal("the tabs never fall silent")
		}
	}
}

// Who logs out or in in one tab is followed by the other one: it loads itself
// anew, once, and shows the same person, also while nobody looks at it.
func TestOtherTabFollows(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"shown": ``, "in the background": away} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			one := w.person(t)
			one.Before(counting)
			one.visit()
			one.wantSeen(visitor)
			two := one.another()
			two.Before(counting + before)
			two.visit()
			ids := []string{two.wantSeen(visitor)}
			for _, step := range []struct {
				name string
				do   func()
				want seen
			}{
				{"sign-up", func() { one.signUp("Alice") }, member("Alice")},
				{"logout", one.logOut, visitor},
				{"another's sign-up", func() { one.signUp("Bob") }, member("Bob")},
				{"login over a login", func() { one.logIn("Alice") }, member("Alice")},
			} {
				if step.want == visitor {
					two.say("my secret wish")
				}
				// No page is loaded anew more than three times in a minute; these changes
				// stand for those of a day.
				two.Do(`sessionStorage.removeItem('maicontact /webchat reloads')`)
				ones, twos := one.loads(), two.loads()
				step.do()
				id := one.wantSeen(step.want)
				two.Wait(`window.maiagentChatbotConfig?.contactId === '` + id + `' && document.readyState === 'complete'`)
				if two.wantSeen(step.want) != id {
					t.Errorf("%s: the tabs have different contacts", step.name)
				}
				w.quiet()
				if got := two.loads() - twos; got != 1 {
					t.Errorf("%s: the other tab has loaded %d pages, want 1", step.name, got)
				}
				if got := one.loads() - ones; got != 1 {
					t.Errorf("%s: the tab itself has loaded %d pages, want 1", step.name, got)
				}
				text := chromium.Eval[string](two.Tab, `document.documentElement.outerHTML`)
				for _, former := range ids {
					if former != id && strings.Contains(text, former) || step.want == visitor && strings.Contains(text, "secret") {
						t.Errorf("%s: the other tab still holds what was the former person's", step.name)
					}
				}
				ids = append(ids, id)
			}
			if ids[1] != ids[4] || ids[0] == ids[2] {
				t.Error("Alice has two contacts, or the second visitor the first one's")
			}
			w.wantContacts("Alice, Anonymous, Anonymous, Bob")
		})
	}
}

// A change that leaves the person the same moves no other tab.
func TestOtherTabStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.person(t)
	one.visit()
	one.signUp("Alice")
	id := one.wantSeen(member("Alice"))
	two := one.another()
	two.Before(counting)
	two.visit()
	two.wantSeen(member("Alice"))
	asked := func() int {
		return len(slices.DeleteFunc(w.since(0), func(x exchange) bool { return x.Path != "/webchat.js" }))
	}
	w.quiet()
	n := asked()
	one.submit("/profile", "phone", "+351 912 000 222")
	one.reload()
	if one.wantSeen(member("Alice")) != id {
		t.Error("Alice has another contact")
	}
	w.quiet()
	if got := asked() - n; two.loads() != 1 || got != 2 && got != 1 {
		t.Errorf("the other tab has loaded %d pages, and the tabs have asked %d times", two.loads(), got)
	}
}
