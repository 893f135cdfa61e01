package chromium

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds every wait. It is long because a machine may be slow, not
// because anything here is.
const patience = time.Minute

// Tab is one tab with cookies of its own, as of a person's browser. It is for
// one goroutine. A page that throws, logs an error or a warning, or breaks its
// Content-Security-Policy fails the test, unless [Tab.Expect] allows it.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
	expected []*regexp.Regexp
}

// Tab opens a tab, and closes it when the test ends. Where it is installed, the tab
// is of a Chromium without windows (chromium-headless-shell), which loads and runs
// pages as any, and takes half the processor time.
func (b *Browser) Tab(t testing.TB) *Tab {
	t.Helper()
	return newTab(t, b.require(t, &b.shell, findShell), chromedp.WithNewBrowserContext())
}

// WholeTab is Tab, of a Chromium with all that belongs to one: also the
// back/forward cache, and the switch for JavaScript.
func (b *Browser) WholeTab(t testing.TB) *Tab {
	t.Helper()
	return newTab(t, b.require(t, &b.whole, Find), chromedp.WithNewBrowserContext())
}

// Another opens another tab of the same person's browser, and closes it when
// the test ends.
func (tab *Tab) Another() *Tab {
	tab.t.Helper()
	return newTab(tab.t, tab.ctx)
}

func newTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{t: t}
	var cancel context.CancelFunc
	tab.ctx, cancel = chromedp.NewContext(parent, append(options, chromedp.WithListener(tab.listen))...)
	t.Cleanup(func() {
		for _, problem := range tab.Problems() {
			t.Errorf("the page has a problem: %s", problem)
		}
		cancel()
	})
	if err := chromedp.Do(tab.ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return tab
}

// Context returns the tab's context, for actions of chromedp itself.
func (tab *Tab) Context() context.Context { return tab.ctx }

func (tab *Tab) listen(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		text := event.ExceptionDetails.Text
		if e := event.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		tab.add("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if kind := string(event.Type); kind == "error" || kind == "warning" || kind == "assert" {
			var words []string
			for _, arg := range event.Args {
				words = append(words, cmp.Or(arg.Description, string(arg.Value)))
			}
			tab.add("console: " + strings.Join(words, " "))
		}
	case *cdplog.EventEntryAdded:
		if level := string(event.Entry.Level); level == "error" || level == "warning" {
			tab.add(fmt.Sprintf("%s: %s (%s)", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	}
}

func (tab *Tab) add(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = append(tab.problems, problem)
}

// Expect allows problems that match one of the patterns.
func (tab *Tab) Expect(patterns ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, pattern := range patterns {
		tab.expected = append(tab.expected, regexp.MustCompile(pattern))
	}
}

// Problems returns the problems that were not expected, oldest first.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(tab.problems), func(problem string) bool {
		return slices.ContainsFunc(tab.expected, func(p *regexp.Regexp) bool { return p.MatchString(problem) })
	})
}

// WaitProblem waits for a problem that matches the pattern, expected or not.
func (tab *Tab) WaitProblem(pattern string) {
	tab.t.Helper()
	p := regexp.MustCompile(pattern)
	tab.poll("a problem like "+pattern, func(context.Context) (bool, error) {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		return slices.ContainsFunc(tab.problems, p.MatchString), nil
	})
}

// Before runs a script in each new document of the tab, before its own.
func (tab *Tab) Before(script string) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		tab.t.Fatalf("prepare the tab: %v", err)
	}
}

// Open goes to the address and waits until the document is there, but not for
// what it loads.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: url})
	if err == nil && result.ErrorText != "" {
		err = errors.New(result.ErrorText)
	}
	if err != nil {
		tab.t.Fatalf("open %s: %v", url, err)
	}
}

// Eval evaluates an expression in the tab's page, waits for it when it is a
// promise, and returns its value.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	value, err := eval[T](tab, expression)
	if err != nil {
		tab.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

func eval[T any](tab *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Do evaluates an expression for its effect, which may be to leave the page.
func (tab *Tab) Do(expression string) {
	tab.t.Helper()
	if _, err := eval[chromedp.Void](tab, expression); err != nil && !strings.Contains(err.Error(), "Inspected target navigated") {
		tab.t.Fatalf("evaluate %s: %v", expression, err)
	}
}

// SetCookie sets a cookie of the page's site, or takes it away where the value is
// empty. Chromium does so a moment after it was told, so this waits for it.
func (tab *Tab) SetCookie(name, value string) {
	tab.t.Helper()
	set, there := name+"="+value+"; path=/", ""
	if value == "" {
		set, there = set+"; max-age=0", "!"
	}
	tab.Do(`void (document.cookie = '` + set + `')`)
	tab.Wait(there + `('; ' + document.cookie).includes('; ` + name + `=` + value + `')`)
}

// Wait waits until the expression is true. It survives navigations.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	tab.poll(expression, func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
	})
}

func (tab *Tab) poll(what string, done func(context.Context) (bool, error)) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done(ctx)
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tab.t.Fatalf("waited for %s: %v; problems: %q", what, err, tab.Problems())
		}
	}
}

// Screenshot returns a PNG of what the tab shows.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	png, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatalf("screenshot: %v", err)
	}
	return png
}
