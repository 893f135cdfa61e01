package browsertest

import (
	"slices"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// What is in the page's storage under the vendor's names is that of one person:
// whoever is answered next does not find it when the chat starts, and nothing else
// is touched. Storage that is forbidden stops no chat.
func TestStorage(t *testing.T) {
	t.Parallel()
	const (
		fill = `for (const kept of [localStorage, sessionStorage]) {
			for (const item of ['maiagent-history', 'MAIAGENT_draft', 'maiagent', 'cart', 'my-maiagent']) kept.setItem(item, 'x');
		}`
		items = `[localStorage, sessionStorage].map((kept) => Object.keys(kept).filter((item) => /maiagent|cart/i.test(item)).sort().join()).join(' and ')`
		all   = "MAIAGENT_draft,cart,maiagent,maiagent-history,my-maiagent and MAIAGENT_draft,cart,maiagent,maiagent-history,my-maiagent"
		some  = "cart,my-maiagent and cart,my-maiagent"
	)
	page := `<!doctype html><body><script src="/webchat.js" defer></script>`
	for name, test := range map[string]struct {
		first, then string
		state       string // of the second page
		want        string
	}{
		"the same person":      {ann, ann, "started", all},
		"another person":       {ann, bob, "started", some},
		"nobody":               {ann, bobDeclined, "absent", some},
		"it is not known who":  {ann, declined, "absent", all},
		"somebody, after none": {bobDeclined, ann, "started", some},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, page, test.first)
			s.embed = `document.body.onload = () => note([localStorage, sessionStorage].map((kept) => Object.keys(kept).filter((item) => /^maiagent/i.test(item)).length).join());`
			tab := newTab(t)
			tab.Open(s.url)
			tab.Wait(`window.maicontact && !['waiting', 'loading'].includes(maicontact.status().state)`)
			tab.Do(fill)
			s.say(test.then)
			tab.Open(s.url)
			settled(tab, test.state)
			if got := chromium.Eval[string](tab, items); got != test.want {
				t.Errorf("the storage has %q, want %q", got, test.want)
			}
			if test.state == "started" && test.want == some && !slices.Contains(chromium.Eval[[]string](tab, `notes`), "0,0") {
				t.Error("when the chat started the storage was not clear")
			}
		})
	}
	t.Run("a chat that runs, and writes until its page has gone", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, page, ann)
		s.embed = `document.body.onload = () => { const contact = window.maiagentChatbotConfig.contactId;
			addEventListener('pagehide', () => { for (const kept of [localStorage, sessionStorage]) kept.setItem('maiagent-left-' + contact, 'x'); }); };`
		tab := newTab(t)
		tab.Open(s.url)
		settled(tab, "started")
		tab.Do(fill)
		s.say(bob)
		tab.Do(`window.left = true; maicontact.refresh()`)
		tab.Wait(`!window.left`)
		settled(tab, "started")
		if got := chromium.Eval[string](tab, items); got != some {
			t.Errorf("the storage has %q, want %q", got, some)
		}
	})
	t.Run("storage that is forbidden", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, page, ann)
		tab := newTab(t)
		tab.Before(`for (const kept of ['localStorage', 'sessionStorage']) Object.defineProperty(window, kept, { get() { throw new Error('forbidden'); } });`)
		tab.Open(s.url)
		settled(tab, "started")
	})
}
