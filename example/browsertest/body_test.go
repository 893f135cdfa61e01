package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

// builds is a vendor's script that adds a bubble at once, when it starts, and
// a window a little later.
const builds = `
	function add(name) { const d = document.createElement('div'); d.className = 'chat ' + name; document.body.append(d); }
	add('early');
	document.body.onload = () => { start(); add('bubble'); Promise.resolve().then(() => add('window')); };`

// visit replaces the body as navigation without page loads does: from a copy
// of the body taken before where restored is set, with the scripts of the new
// body evaluated again.
const visit = `
	window.loads = 0;
	window.visit = (html, restored) => {
		const body = document.createElement('body');
		body.innerHTML = html;
		if (restored) for (const child of document.body.cloneNode(true).children) if (child.nodeName !== 'SCRIPT') body.append(child.cloneNode(true));
		for (const old of body.querySelectorAll('script')) {
			const script = document.createElement('script');
			for (const { name, value } of old.attributes) script.setAttribute(name, value);
			script.textContent = old.textContent;
			script.onload = () => loads++;
			old.replaceWith(script);
		}
		document.body.replaceWith(body);
	};
	window.chat = () => Array.from(document.body.querySelectorAll('.chat'), (e) => e.className).sort().join();`

// A page whose body is replaced keeps its one chat.
func TestBodyReplaced(t *testing.T) {
	t.Parallel()
	const all = "chat bubble,chat early,chat window"
	tests := []struct {
		name, tag string
		restored  string
		answer    string
		want      outcome
	}{
		{"tag", `<script src="/webchat.js"></script>`, "false", ann, running("ann", 1)},
		{"static", `<script src="/webchat-static.js"></script>`, "false", ann, running("ann", 1)},
		{"no tag", `<p>x</p>`, "false", ann, running("ann", 1)},
		{"tag, with a copy of the chat", `<script src="/webchat.js"></script>`, "true", ann, running("ann", 1)},
		{"tag, another", `<script src="/webchat.js"></script>`, "false", bob, running("bob", 2)},
		{"static, another", `<script src="/webchat-static.js"></script>`, "false", bob, running("bob", 2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			first := plainTag
			if strings.HasPrefix(test.name, "static") {
				first = staticTag
			}
			s := newSite(t, first+`<div class="page">one</div>`, ann)
			s.embed = builds
			tab := newTab(t)
			tab.Before(visit)
			tab.Open(s.url + "/")
			settled(tab, "started")
			tab.Wait(`chat() === '` + all + `'`)
			s.say(test.answer)
			for n := range 2 {
				tab.Do(`visit('<div class="page">next</div>` + test.tag + `', ` + test.restored + `)`)
				if test.tag != `<p>x</p>` {
					deadline(t, func() bool { return s.timesAsked() >= n+2 })
				}
				settledAs(t, s, tab, test.want)
				tab.Wait(`chat() === '` + all + `'`)
				if test.want.Views > 1 {
					break
				}
				if test.tag != `<p>x</p>` {
					// Of two under way for one address the browser makes one.
					tab.Wait(fmt.Sprintf(`loads > %d`, n))
				}
				if n := chromium.Eval[int](tab, `document.querySelectorAll('.page').length`); test.restored == "false" && n != 1 {
					t.Errorf("%d elements of the page, want 1", n)
				}
			}
		})
	}
}

// What the page has added is not taken along, nor what was there before.
func TestBodyReplacedPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, plainTag+`<div id="mine" class="page"></div>`, ann)
	s.embed = "/* held */" + builds + `{ const d = document.createElement('div'); d.id = 'both'; d.className = 'chat'; document.body.append(d); }`
	tab := newTab(t)
	tab.Before(visit)
	tab.Open(s.url + "/")
	tab.Wait(`document.querySelector('script[src*="embed"]')`)
	tab.Do(`{ const d = document.createElement('div'); d.className = 'page'; document.body.append(d); }`)
	s.release()
	settled(tab, "started")
	tab.Wait(`chat().includes('window')`)
	tab.Do(`visit('<p id="both">of the page</p>')`)
	tab.Wait(`chat() === 'chat bubble,chat early,chat window'`)
	if n := chromium.Eval[int](tab, `document.querySelectorAll('.page').length`); n != 0 {
		t.Errorf("%d elements of the former page have come along", n)
	}
}

// A chat host that hangs delays nothing.
func TestHostHangs(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{
		"tag":     `<!doctype html><html><head><script src="/webchat.js"></script></head><body onload="note('page onload')">`,
		"snippet": `<!doctype html><html><body onload="note('page onload')"><script>{{contact@ann}}</script>`,
		"static":  `<!doctype html><html><head><script src="/webchat-static.js"></script></head><body onload="note('page onload')">`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, html, ann)
			s.embed = "/* held */" + usesBody
			tab := newTab(t)
			tab.Open(s.url + "/")
			tab.Wait(`document.querySelector('script[src*="embed"]')`)
			settled(tab, "loading")
			wantNotes(t, tab, page)
			s.release()
			settled(tab, "started")
			wantNotes(t, tab, page, ran, "chat started as c-ann")
		})
	}
}
