package browsertest

import (
	"slices"
	"testing"

	"github.com/maicontact/maicontact/example/internal/chromium"
)

const (
	ran     = "embed ran"
	started = "chat started as c-1"
	page    = "page onload"
)

var begun = status{State: "started"}

// TestStart walks how the chat may come to a page, and what the page may do
// with its own onload meanwhile.
func TestStart(t *testing.T) {
	t.Parallel()
	const (
		deferred = `<script src="/webchat.js" defer></script>`
		insert   = `<script>
			function insert(src) {
				const s = document.createElement('script');
				s.src = src;
				document.head.appendChild(s);
			}
		</script>`
		// whenRan runs after the vendor's script did.
		whenRan = `<script>
			document.addEventListener('load', (e) => {
				if (String(e.target.src).includes('embed')) ran();
			}, true);
		</script>`
	)
	tests := []struct {
		name     string
		html     string
		answers  []string
		embed    string
		want     []string // notes, in any order
		status   status
		problems string // pattern; the problem must be seen
	}{
		// Ways to load.
		{name: "deferred", html: `<head>` + deferred + `</head><body>`},
		{name: "async", html: `<head><script src="/webchat.js" async></script></head><body>`},
		{name: "blocking, no body yet", html: `<head><script src="/webchat.js"></script></head><body>`},
		{name: "end of body", html: `<body><script src="/webchat.js"></script>`},
		{name: "module", html: `<body><script type="module" src="/webchat.js"></script>`},
		{name: "snippet in head", html: `<head><script>{{contact}}</script></head><body>`},
		{name: "snippet in body", html: `<body><p>x</p><script>{{contact}}</script><p>y</p>`},
		{name: "inserted after load", html: `<head>` + insert + `</head><body onload="note('page onload'); setTimeout(() => insert('/webchat.js'))">`,
			want: []string{ran, started, page}},
		{name: "inserted by a load listener", html: `<head>` + insert + `<script>addEventListener('load', () => insert('/webchat.js'))</script></head><body>`},
		{name: "evaluated by a script", html: `<body><script>fetch('/webchat.js').then((r) => r.text()).then((text) => (0, eval)(text))</script>`},
		{name: "with a base address", html: `<head><base href="http://localhost:1/none/"><script>{{retry}}</script></head>
			<body><script>{{contact}}</script>`},

		// The page's own handler.
		{name: "body attribute", html: `<head>` + deferred + `</head><body onload="note('page onload')">`, want: []string{ran, started, page}},
		{name: "body attribute, late", html: `<head>` + insert + `</head><body onload="note('page onload')"><script>addEventListener('load', () => insert('/webchat.js'))</script>`,
			want: []string{ran, started, page}},
		{name: "window.onload before", html: `<head><script>window.onload = () => note('page onload')</script>` + deferred + `</head><body>`,
			want: []string{ran, started, page}},
		{name: "body.onload before", html: `<head>` + deferred + `</head><body><script>document.body.onload = () => note('page onload')</script>`,
			want: []string{ran, started, page}},
		{name: "window.onload after", html: whenRan + `<body><script>{{contact}}</script>
			<script>function ran() { window.onload = () => note('page onload'); window.onload(); }</script>`,
			want: []string{ran, started, page}},
		{name: "body.onload after", html: whenRan + `<body><script>{{contact}}</script>
			<script>function ran() { document.body.onload = () => note('page onload'); window.onload(); }</script>`,
			want: []string{ran, started, page}},
		{name: "body attribute after", html: whenRan + `<body><script>{{contact}}</script>
			<script>function ran() { document.body.setAttribute('onload', 'note("page onload")'); window.onload(); }</script>`,
			want: []string{ran, started, page}},
		{name: "window.onload while the vendor's script is coming", embed: "/* held */" + usesBody,
			html: `<body><script>{{contact}}</script><script>window.onload = () => note('page onload'); fetch('/release')</script>`,
			want: []string{ran, started, page}},
		{name: "body.onload while the vendor's script is coming", embed: "/* held */" + usesWindow,
			html: `<body><script>{{contact}}</script><script>document.body.onload = () => note('page onload'); fetch('/release')</script>`,
			want: []string{ran, started, page}},
		{name: "body attribute while the vendor's script is coming", embed: "/* held */" + usesBody,
			html: `<body><script>{{contact}}</script><script>document.body.setAttribute('onload', 'note("page onload")'); fetch('/release')</script>`,
			want: []string{ran, started, page}},
		{name: "taken back while the vendor's script is coming", embed: "/* held */" + usesBody,
			html: `<body onload="note('page onload')"><script>{{contact}}</script><script>window.onload = null; fetch('/release')</script>`},
		{name: "readable as before", embed: "/* held */" + usesBody,
			html: whenRan + `<body><script>
				const mine = () => note('page onload, reads ' + reads());
				const reads = () => window.onload === mine && document.body.onload === mine && 'onload' in document.body;
				window.onload = mine;
				note('before ' + reads());
			</script><script>{{contact}}</script><script>
				note('during ' + reads());
				document.body.onload = null;
				note('cleared ' + (window.onload === null));
				document.body.onload = mine;
				note('set ' + reads());
				function ran() { note('after ' + reads()); }
				fetch('/release');
			</script>`,
			want: []string{"before true", "during true", "cleared true", "set true", ran, "after true", "page onload, reads true", started}},
		{name: "declared as a variable", embed: "/* held */" + usesBody,
			html: `<body><script>{{contact}}</script><script>var onload = () => note('page onload'); fetch('/release')</script>`,
			want: []string{ran, started, page}},
		{name: "declared as a value", embed: "/* held */" + usesBody,
			html: `<body onload="note('page onload')"><script>Object.defineProperty(window, 'onload', { value: null, writable: true, configurable: true })</script>
				<script>{{contact}}</script><script>window.onload = 1; note('reads ' + window.onload); fetch('/release')</script>`,
			want: []string{ran, started, page, "reads 1"}},
		{name: "watched by the page", embed: "/* held */" + usesBody,
			html: `<body><script>{{contact}}</script><script>
				const was = Object.getOwnPropertyDescriptor(window, 'onload');
				Object.defineProperty(window, 'onload', { get: () => 'watched', set: was.set, configurable: true });
				window.onload = () => { note('page onload'); note('reads ' + window.onload); };
				fetch('/release');
			</script>`,
			want: []string{ran, started, page, "reads watched"}},
		{name: "locked by the page", embed: usesBody + `document.body.onload = start;`,
			html: `<body onload="note('page onload')"><script>
				for (const o of [window, document.body]) {
					let p = o, d;
					while (!d) { d = Object.getOwnPropertyDescriptor(p, 'onload'); p = Object.getPrototypeOf(p); }
					Object.defineProperty(o, 'onload', { get: d.get, set: d.set, configurable: false });
				}
			</script><script>{{contact}}</script>`,
			want: []string{ran, started, page}},
		{name: "handler of the page throws", html: `<head>` + deferred + `</head><body onload="note('page onload'); throw new Error('of the page')">`,
			want: []string{ran, started, page}, problems: "of the page"},

		// Ways of the vendor's script.
		{name: "vendor uses window.onload", embed: usesWindow, html: `<head>` + deferred + `</head><body onload="note('page onload')">`, want: []string{ran, started, page}},
		{name: "vendor listens", embed: usesListener, html: `<head>` + deferred + `</head><body onload="note('page onload')">`, want: []string{ran, started, page}},
		{name: "vendor keeps the handler it finds", html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			embed: `var old = document.body.onload; document.body.onload = function (e) { if (old) old(e); start(); };`,
			want:  []string{ran, started, page}},
		{name: "vendor sets both", embed: usesBody + usesWindow, html: `<head>` + deferred + `</head><body>`},
		{name: "vendor reads its own back", html: `<body>` + deferred,
			embed: `document.body.onload = start; note('reads ' + (window.onload === start && document.body.onload === start));`,
			want:  []string{ran, "reads true", started}},
		{name: "vendor's handler gets the event", html: `<body>` + deferred,
			embed: `document.body.onload = function (e) { note([this === window, e.type].join()); };`, want: []string{ran, "true,load"}},
		{name: "vendor starts at once", embed: `start();`, html: `<body>` + deferred, want: []string{ran, started}},
		{name: "vendor's script replaced by an empty one", embed: `return;`, html: `<body>` + deferred, want: []string{ran}},
		{name: "vendor's handler throws", embed: `document.body.onload = function () { note('tried'); throw new Error('of the vendor'); };`,
			html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			want: []string{ran, "tried", page}, status: status{State: "blocked", Reason: "embed failed"}},
		{name: "vendor's script throws", embed: `throw new Error('of the vendor');`, html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			want: []string{ran, page}, status: status{State: "blocked", Reason: "embed failed"}, problems: "of the vendor"},
		{name: "vendor's script is missing", embed: "404", html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			want: []string{page}, status: status{State: "blocked", Reason: "embed did not load"}},
		{name: "vendor's host is down", embed: cut, html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			want: []string{page}, status: status{State: "blocked", Reason: "embed did not load"}, problems: "ERR_EMPTY_RESPONSE"},

		// Never twice.
		{name: "two tags", html: `<head>` + deferred + deferred + `</head><body>`},
		{name: "tag and snippet", html: `<head>` + deferred + `</head><body><script>{{contact}}</script>`},
		{name: "snippet twice and an async tag", html: `<head><script>{{contact}}</script><script src="/webchat.js" async></script></head><body><script>{{contact}}</script>`},
		{name: "again after the start", html: `<head>` + insert + deferred + `</head><body>
			<script>addEventListener('load', () => setTimeout(() => insert('/webchat.js')))</script>`},
		{name: "no contact, then one", html: `<head><script>{{retry}}</script></head><body><script>{{contact}}</script>`},
		{name: "one, then no contact", html: `<head><script>{{contact}}</script></head><body><script>{{declined}}</script>`},
		{name: "forgotten by the page", html: `<head>` + deferred + deferred + `</head><body>
			<script>document.addEventListener('readystatechange', () => { delete window.maicontact; })</script><script>{{contact}}</script>
			<script>document.addEventListener('load', (e) => {
				if (String(e.target.src).includes('embed')) setTimeout(() => { window.maicontact = { status: () => ({ state: 'started', reason: '', attempts: 0 }) }; });
			}, true)</script>`},

		// The page's names.
		{name: "an element called maicontact", html: `<body><div id="maicontact"></div>` + deferred + `<script>addEventListener('load', () => note('is an element ' + (maicontact instanceof Element)))</script>`,
			want: []string{ran, started, "is an element false"}},
		{name: "an object of the page is kept", html: `<body><script>var maicontact = { mine: 1 }; const was = maicontact;</script><script>{{contact}}</script>
			<script>note('kept ' + (maicontact === was && maicontact.mine === 1))</script>`, want: []string{ran, started, "kept true"}},
		{name: "the configuration is read by the vendor only", html: `<body><script>
			let config;
			Object.defineProperty(window, 'maiagentChatbotConfig', { get() { note('read'); return config; }, set(c) { note('set'); config = c; } });
			</script><script>{{contact}}</script>`, want: []string{"set", ran, "read", started}},

		{name: "declined", answers: []string{declined}, html: `<head>` + deferred + `</head><body onload="note('page onload')">`,
			want: []string{page}, status: status{State: "absent", Reason: "declined"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.answers == nil {
				test.answers = []string{contact}
			}
			if test.want == nil {
				test.want = []string{ran, started}
			}
			if test.status == (status{}) {
				test.status = begun
			}
			s := newSite(t, "<!doctype html><html>"+test.html, test.answers...)
			if test.embed != "" {
				s.embed = test.embed
			}
			tab := newTab(t)
			if test.problems != "" {
				tab.Expect(test.problems)
			}
			tab.Open(s.url + "/")
			settled(tab, test.status.State)
			if test.problems != "" {
				tab.WaitProblem(test.problems)
			}

			got := chromium.Eval[[]string](tab, `notes`)
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("got notes %q, want %q", got, test.want)
			}
			if got := chromium.Eval[status](tab, `maicontact.status()`); got != test.status {
				t.Errorf("got status %+v, want %+v", got, test.status)
			}
		})
	}
}

// What the loader leaves behind: one function to ask, and nothing else.
func TestFootprint(t *testing.T) {
	t.Parallel()
	s := newSite(t, `<!doctype html><html><body><script src="/webchat.js"></script>`, contact)
	tab := newTab(t)
	tab.Before(`window.slot = Object.getOwnPropertyDescriptor(window, 'onload'); window.names = ['names', ...Object.getOwnPropertyNames(window)];`)
	tab.Open(s.url + "/")
	settled(tab, "started")
	for expression, want := range map[string]bool{
		`Object.keys(maicontact).join() === 'status,open,refresh'`:                                                           true,
		`Object.keys(maicontact.status()).join() === 'state,reason,attempts,epoch'`:                                          true,
		`Object.getOwnPropertyNames(window).filter((n) => !names.includes(n)).join() === 'maiagentChatbotConfig,maicontact'`: true,
		`Object.prototype.hasOwnProperty.call(document.body, 'onload')`:                                                      false,
		`Object.getOwnPropertyDescriptor(window, 'onload').set === slot.set`:                                                 true,
		`window.onload === null && document.body.onload === null`:                                                            true,
		`JSON.stringify(maiagentChatbotConfig).includes('"contactId":"c-1"')`:                                                true,
		`document.querySelectorAll('script').length === 2`:                                                                   true,
		`document.head.lastElementChild.src === '` + s.chatHost + `/js/embed.min.js'`:                                        true,
		`window.addEventListener === EventTarget.prototype.addEventListener`:                                                 true,
		`document.documentElement.outerHTML.includes('style=')`:                                                              false,
	} {
		if got := chromium.Eval[bool](tab, expression); got != want {
			t.Errorf("%s is %t, want %t", expression, got, want)
		}
	}
}
