package browsertest

import (
	"net/http"
	"testing"
)

// The chat works under strict policies, and breaks none of them.
func TestPolicy(t *testing.T) {
	t.Parallel()
	const (
		external = `<!doctype html><html><head><script src="/page.js"></script><script src="/webchat.js" defer></script></head><body>`
		inline   = `<!doctype html><html><head><script nonce="n0nce">window.onload = () => note('page onload');</script></head>
			<body><script nonce="n0nce">{{contact}}</script>`
		inlineAgain = `<!doctype html><html><head><script nonce="n0nce">window.onload = () => note('page onload');</script></head>
			<body><script nonce="n0nce">{{retry}}</script>`
		self    = `default-src 'none'; script-src 'self' {{chat}}; base-uri 'none'; form-action 'none'`
		nonce   = `default-src 'none'; script-src 'nonce-n0nce'; base-uri 'none'`
		dynamic = `default-src 'none'; script-src 'nonce-n0nce' 'strict-dynamic'; base-uri 'none'`
	)
	tests := []struct {
		name     string
		html     string
		policies []string
		answers  []string
		state    status
		notes    []string
		problems string
	}{
		{name: "external, allowed by host", html: external, policies: []string{self}, answers: []string{contact}},
		{name: "external, asks again", html: external, policies: []string{self}, answers: []string{retry, retry, contact}, state: status{"started", "", 2}},
		{name: "snippet with a nonce", html: inline, policies: []string{nonce}, answers: []string{contact}},
		{name: "snippet with a nonce, asks again", html: inlineAgain, policies: []string{nonce}, answers: []string{retry, contact}, state: status{"started", "", 2}},
		{name: "snippet, strict-dynamic", html: inline, policies: []string{dynamic}, answers: []string{contact}},
		{name: "snippet, strict-dynamic, asks again", html: inlineAgain, policies: []string{dynamic}, answers: []string{retry, contact}, state: status{"started", "", 2}},
		{name: "snippet with a nonce, tag without one", policies: []string{`default-src 'none'; script-src 'nonce-n0nce' 'self'`}, answers: []string{contact},
			html: `<!doctype html><html><head><script nonce="n0nce">{{retry}}</script><script src="/page.js"></script></head><body><script src="/webchat.js"></script>`},
		{name: "two policies", html: inline, policies: []string{dynamic, nonce}, answers: []string{contact}},
		{name: "trusted types not enforced for others", html: external, policies: []string{self + `; trusted-types 'none'`}, answers: []string{contact}},
		{name: "chat host not allowed", html: external, policies: []string{`default-src 'none'; script-src 'self'`}, answers: []string{contact},
			state: status{"blocked", "embed did not load", 0}, notes: []string{page}, problems: `security: .*embed\.min\.js`},
		{name: "trusted types enforced", html: external, policies: []string{self + `; require-trusted-types-for 'script'`}, answers: []string{contact},
			state: status{"blocked", "embed did not load", 0}, notes: []string{page}, problems: `TrustedScriptURL`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.state == (status{}) {
				test.state = begun
			}
			if test.notes == nil {
				test.notes = []string{page, ran, started}
			}
			s := newSite(t, test.html, test.answers...)
			s.headers = http.Header{"Content-Security-Policy": test.policies}
			s.html["/page.js"] = `window.onload = () => note('page onload');`
			tab := newClockTab(t)
			tab.Before(`window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective));`)
			if test.problems != "" {
				tab.Expect(test.problems)
			}
			tab.Open(s.url + "/")
			for range test.state.Attempts {
				settled(tab, "waiting")
				tab.Wait(`timers.length === 1`)
				tab.Do(`tick()`)
			}
			settled(tab, test.state.State)
			wantStatus(t, tab, test.state)
			wantNotes(t, tab, test.notes...)
			if test.problems != "" {
				tab.WaitProblem(test.problems)
			} else {
				tab.Do(`if (violations.length) throw new Error(violations.join())`)
			}
		})
	}
}
