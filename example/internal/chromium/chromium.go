// Package chromium runs tests in a real Chromium.
package chromium

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// ErrMissing is returned by [Find] when there is no Chromium here.
var ErrMissing = errors.New("no chromium found: install it (apt-get install chromium), or name it in CHROMIUM")

// Find returns the path of the Chromium to use: the one that the environment
// variable CHROMIUM names, or the first of its usual names in PATH.
func Find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// findShell returns the path of a Chromium without windows, where there is one,
// and otherwise what [Find] does.
func findShell() (string, error) {
	if os.Getenv("CHROMIUM") == "" {
		for _, name := range []string{"chromium-headless-shell", "chrome-headless-shell"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
	}
	return Find()
}

// Browser is the Chromium for the tests of a package, started when the first of
// them asks for a tab. The zero value is ready and reaches this machine's loopback
// address only. Close it in TestMain:
//
//	var browser chromium.Browser
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		browser.Close()
//		os.Exit(code)
//	}
//
// It is safe for concurrent use.
type Browser struct {
	// Hosts are names, such as "*.example.test", that lead to 127.0.0.1. With
	// any, certificates are not checked. Set it before the first tab.
	Hosts []string

	shell, whole process
}

// Close stops the browser, if it was started, and removes its files.
func (b *Browser) Close() {
	b.shell.close()
	b.whole.close()
}

// require starts a Chromium for a test. Where there is none the test is skipped,
// but not where CI is set: there it fails.
func (b *Browser) require(t testing.TB, p *process, find func() (string, error)) context.Context {
	t.Helper()
	ctx, err := p.start(find, b.Hosts)
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return ctx
}
