package edgetest

import (
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// What the page adds long after the chat has started is the page's own, also
// when the clock was set back meanwhile.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]string{"right": "0", "set back": "3600000"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.page("/", tagged)
			tab := browser.Tab(t)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Do(`{ const now = Date.now; Date.now = () => now() - ` + back + `; }`)
			if chromium.Eval[bool](tab, `new Promise((done) => setTimeout(() => {
				const mine = document.createElement('p');
				document.body.append(mine);
				setTimeout(() => done(mine.hasAttribute('data-maicontact-part')), 50);
			}, 2500))`) {
				t.Error("the page's own element is taken for the chat's")
			}
		})
	}
}
